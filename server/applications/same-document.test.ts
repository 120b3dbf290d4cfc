/** The same passport shown for several applications is found without opening one, and only within reach. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { begin, done, step } from '#server/test/attacks/scene.ts';
import { type ConsoleRig, type Officer, openConsole } from '#server/test/console-rig.ts';

let rig: ConsoleRig;
const officers: Record<string, Officer> = {};

beforeAll(async () => {
  rig = await openConsole();
  for (const precinct of ['1001', '1002', '2001'])
    officers[precinct] = await rig.logIn('precinct-member', precinct);
});
afterAll(() => rig.close());

async function withPassport(precinct: string, series: string, number: string): Promise<string> {
  const at = await begin(officers[precinct]!, (await rig.addVoter(precinct)).id);
  await step(officers[precinct]!, at, 'check-identity', { photoMatched: true, passport: { series, number } });
  return at.id;
}
const same = async (by: Officer, id: string) =>
  done<{ sameDocument: number | null; passport: string | null }>(await by.get(`/api/applications/${id}`));

test('it is counted however it was typed, by whoever sees both, and by nobody else', async () => {
  const first = await withPassport('1001', 'AC', '7654321');
  expect(await same(officers['1001']!, first)).toMatchObject({ sameDocument: 0, passport: 'AC •••••••' });
  await withPassport('1001', 'ас', '765-43-21');
  await withPassport('1002', 'AC', '7654321');
  await withPassport('2001', 'AC', '7654321');
  await withPassport('1001', 'AC', '7654322');
  expect((await same(officers['1001']!, first)).sameDocument).toBe(1);
  expect((await same(await rig.logIn('territorial-admin', 'T1'), first)).sameDocument).toBe(2);
});

test('where no document was shown yet there is nothing to count', async () => {
  const { id } = await begin(officers['1001']!, (await rig.addVoter('1001')).id);
  expect(await same(officers['1001']!, id)).toMatchObject({ sameDocument: null, passport: null });
});

test('neither the row nor an entry holds the number, and the index does not give it away', async () => {
  const id = await withPassport('1001', 'AC', '5550123');
  await rig.store.settled();
  const row = await rig.store.reader.applications.byId(id);
  const { passportIndex } = row!.application;
  expect(passportIndex).toMatch(/^1\.[\w-]{22}$/);
  expect(JSON.stringify(row)).not.toContain('5550123');
  const [entry] = await rig.store.reader.audit.entriesAt([rig.size() - 1]);
  expect(entry!.json).not.toMatch(/5550123|passport_?index/i);
  expect(entry!.json).not.toContain(passportIndex);
});
