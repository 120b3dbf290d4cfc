/** What speaks against an approval is found under whatever was heaped on it, and is not got rid of by spoiling it. */
import { expect, test } from 'vitest';
import type { Reader } from '#db/store.ts';
import { mayBeInLog, mayFollowInLog } from './in-log.ts';

/** A log of these outcomes, oldest first, of whose details none opens any more. */
function logOf(outcomes: readonly string[], act = 'officer.end-sessions') {
  let pages = 0;
  const page = async ({ before = outcomes.length }: { before?: number }, limit: number) => {
    pages += 1;
    return outcomes
      .map((outcome, seq) => ({
        trail: { seq },
        leaf: Buffer.from(JSON.stringify({ act, outcome })),
        json: null,
      }))
      .slice(Math.max(0, before - limit), before)
      .reverse();
  };
  return { reader: { audit: { page } } as unknown as Reader, pages: () => pages };
}
const ended = { act: 'officer.end-sessions', from: 0 } as const;
const refused = (count: number) => Array.from({ length: count }, () => 'refused');

test('one that was done and no longer opens counts, however many refused ones lie over it', async () => {
  const { reader, pages } = logOf(['done', ...refused(2_600)]);
  expect(await mayBeInLog(reader, ended, () => false)).toBe(true);
  expect(pages()).toBeGreaterThan(2);
});

test('what is called by the act’s name where it is searched, and was another act, is not taken for it', async () => {
  expect(await mayBeInLog(logOf(['done'], 'voter.view').reader, ended, () => true)).toBe(false);
});

test('what was only refused speaks against nobody, to the last entry', async () => {
  for (const count of [0, 1, 500, 2_600])
    expect(await mayBeInLog(logOf(refused(count)).reader, ended, () => true)).toBe(false);
});

test('what the entries behind one say is found however many others there are, and without what is searched', async () => {
  const entry = (seq: number, act: string, outcome: string) => ({
    ...{ seq, json: null, leaf: Buffer.from(JSON.stringify({ act, outcome })) },
  });
  const others = Array.from({ length: 1_300 }, (_, seq) => entry(seq, 'voter.view', 'done'));
  const follows = (...last: [string, string][]) => {
    const all = [...others, ...last.map(([act, outcome], i) => entry(others.length + i, act, outcome))];
    const followingOf = async (act: string, from: number, limit: number) =>
      all
        .slice(from)
        .filter(({ leaf }) => JSON.parse(leaf.toString()).act === act)
        .slice(0, limit);
    const reader = { audit: { followingOf } } as unknown as Reader;
    return mayFollowInLog(reader, { act: 'emergency.end', after: 3 }, () => false);
  };
  expect(await follows(['emergency.end', 'done'])).toBe(true);
  expect(await follows(['emergency.end', 'denied'], ['voter.view', 'done'])).toBe(false);
  expect(await follows()).toBe(false);
});
