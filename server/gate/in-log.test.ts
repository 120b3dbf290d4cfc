/** What speaks against an approval is found under whatever was heaped on it, and is not got rid of by spoiling it. */
import { expect, test } from 'vitest';
import type { Reader } from '#db/store.ts';
import { doneInLog, mayFollowInLog } from './in-log.ts';

type Made = [act: string, outcome: string, actor?: string];

/** A log of these, oldest first, of whose details none opens any more; `length`: how many others lie before the last. */
function logOf(all: readonly Made[], length = all.length) {
  const entries = all.map(([act, outcome, actor], i) => ({
    ...{ seq: i === all.length - 1 ? length - 1 : i, json: null, act },
    leaf: Buffer.from(JSON.stringify({ act, outcome, actor })),
  }));
  const following = async (from: number, limit: number) =>
    entries.filter(({ seq }) => seq >= from).slice(0, limit);
  const ofAct = async (act: string, from: number, to: number) =>
    entries.filter((one) => one.act === act && one.seq >= from && one.seq < to);
  return { audit: { following, ofAct } } as unknown as Reader;
}
const ended = { act: 'emergency.end', after: 0 } as const;
const first: Made = ['system.start', 'done'];

test('one that was done and no longer opens counts, however many others lie before and over it', async () => {
  for (const length of [2, 49_999, 50_000, 50_001, 50_002, 1_000_000]) {
    const reader = logOf([first, ['emergency.end', 'done']], length);
    expect(await mayFollowInLog(reader, ended, () => false), String(length)).toBe(true);
  }
  const heaped: Made[] = Array.from({ length: 600 }, () => ['emergency.end', 'denied']);
  const reader = logOf([first, ['emergency.end', 'done'], ...heaped]);
  expect(await mayFollowInLog(reader, ended, () => false)).toBe(true);
});

test('what was only refused, done before, or another act speaks against nobody, to the last entry', async () => {
  for (const made of [
    ['emergency.end', 'denied'],
    ['voter.view', 'done'],
  ] as Made[])
    expect(await mayFollowInLog(logOf([first, made], 120_000), ended, () => true)).toBe(false);
  expect(await mayFollowInLog(logOf([['emergency.end', 'done']]), ended, () => true)).toBe(false);
});

test('of what one officer says of themselves only their own entries count', async () => {
  const reader = logOf([first, ['session.not-me', 'done', 'a']]);
  const by = (actor: string) =>
    mayFollowInLog(reader, { act: 'session.not-me', after: 0, actor }, () => true);
  expect([await by('a'), await by('b')]).toEqual([true, false]);
});

test('what is called by the act’s name where it is searched, and was another act, is not taken for it', async () => {
  const leaf = Buffer.from(JSON.stringify({ act: 'voter.view', outcome: 'done' }));
  const page = async () => [{ trail: { seq: 0 }, leaf, json: null }];
  const reader = { audit: { page } } as unknown as Reader;
  for await (const found of doneInLog(reader, { act: 'emergency.review' })) expect(found).toBeUndefined();
});
