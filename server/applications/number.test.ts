import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { begin } from '#server/test/attacks/scene.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import { numberFor } from './number.ts';

const id = '3f9a1c00-aabb-4ccd-8eef-001122334455';

test('a number is precinct, day and six digits of the id, or as many more as make it no other’s', async () => {
  const among = (...taken: string[]) =>
    numberFor('1001', '2026-11-22', id, async (number) => taken.includes(number));
  expect(await among()).toBe('1001-20261122-3f9a1c');
  expect(await among('1001-20261122-3f9a1d')).toBe('1001-20261122-3f9a1c');
  expect(await among('1001-20261122-3f9a1c')).toBe('1001-20261122-3f9a1c0');
  const shorter = [6, 7, 8].map((length) => `1001-20261122-${'3f9a1c00aabb'.slice(0, length)}`);
  expect(await among(...shorter)).toBe('1001-20261122-3f9a1c00a');
});

test('where every beginning of it is taken it is the whole id, and the search ends', async () => {
  expect(await numberFor('1', '2026-11-22', id, async () => true)).toBe(
    '1-20261122-3f9a1c00aabb4ccd8eef001122334455',
  );
});

test.each(engines)('a number that stands in the database is taken, no other is, on %s', async (engine) => {
  const { rig, close } = await openOn(engine);
  try {
    const made = await begin(await rig.logIn('precinct-member', '1001'), (await rig.addVoter('1001')).id);
    const { number } = (await rig.store.reader.applications.byId(made.id))!.application;
    const { hasNumber } = rig.store.reader.applications;
    expect(number).toBe(`1001-20251104-${made.id.slice(0, 6)}`);
    expect([await hasNumber(number), await hasNumber(`1001-20251104-${randomUUID()}`)]).toEqual([
      true,
      false,
    ]);
  } finally {
    await close();
  }
});
