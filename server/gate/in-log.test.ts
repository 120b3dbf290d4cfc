/** What speaks against an approval is found under whatever was heaped on it, and is not got rid of by spoiling it. */
import { expect, test } from 'vitest';
import type { Reader } from '#db/store.ts';
import { mayBeInLog } from './in-log.ts';

/** A log of these outcomes, oldest first, of whose details none opens any more. */
function logOf(outcomes: readonly string[]) {
  let pages = 0;
  const page = async ({ before = outcomes.length }: { before?: number }, limit: number) => {
    pages += 1;
    return outcomes
      .map((outcome, seq) => ({ trail: { seq }, leaf: Buffer.from(JSON.stringify({ outcome })), json: null }))
      .slice(Math.max(0, before - limit), before)
      .reverse();
  };
  return { reader: { audit: { page } } as unknown as Reader, pages: () => pages };
}
const ended = { act: 'officer.end-sessions', from: 0 };
const refused = (count: number) => Array.from({ length: count }, () => 'refused');

test('one that was done and no longer opens counts, however many refused ones lie over it', async () => {
  const { reader, pages } = logOf(['done', ...refused(2_600)]);
  expect(await mayBeInLog(reader, ended, () => false)).toBe(true);
  expect(pages()).toBeGreaterThan(2);
});

test('what was only refused speaks against nobody, to the last entry', async () => {
  for (const count of [0, 1, 500, 2_600])
    expect(await mayBeInLog(logOf(refused(count)).reader, ended, () => true)).toBe(false);
});
