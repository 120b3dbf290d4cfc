// What was told of a request follows from entries alone, whatever was spoiled of them.
import { expect, test } from 'vitest';
import type { Reader } from '#db/store.ts';
import { draftEntry } from '#server/gate/leaf.ts';
import { toldInLog } from './told.ts';

type News = ['too-few' | 'enough', approval: string, spoiled?: 'spoiled'];

function logOf(news: readonly News[]) {
  const all = news.map(([what, approval, spoiled], seq) => {
    const act = `approval.${what}` as const;
    const by = { actor: 'system:approvals', role: 'system', commission: null, session: null } as const;
    const { leaf, event } = draftEntry(
      {
        ...{ t: seq, act, outcome: 'done', ...by, request: 'r', policy: 'p', node: 'n' },
        ...{ address: 'local', workstation: '' },
      },
      { detail: { approval, precinct: 'D1' } },
    );
    return { trail: { seq, act }, leaf, json: spoiled ? null : event };
  });
  const page = async ({ act, before = all.length }: { act: string; before?: number }, limit: number) =>
    all
      .filter(({ trail }) => trail.act === act && trail.seq < before)
      .toReversed()
      .slice(0, limit);
  return { audit: { page } } as unknown as Reader;
}
const told = async (...news: News[]) => [...(await toldInLog(logOf(news), 0)).keys()];

test('told until it is over, and again when it comes back', async () => {
  expect(await told(['too-few', 'a'], ['too-few', 'b'], ['enough', 'a'])).toEqual(['b']);
  expect(await told(['too-few', 'a'], ['enough', 'a'], ['too-few', 'a'])).toEqual(['a']);
});

test('an end that no longer opens may be that of any told before it: they are told again', async () => {
  expect(await told(['too-few', 'a'], ['enough', 'b', 'spoiled'], ['too-few', 'c'])).toEqual(['c']);
  expect(await told(['too-few', 'a', 'spoiled'], ['too-few', 'b'])).toEqual(['b']);
});
