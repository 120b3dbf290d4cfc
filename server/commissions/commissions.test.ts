// The commission tree: everybody sees the own unit, what lies under it, and the line above; never a neighbour.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRig, type Rig } from '#server/test/access-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

test.each([
  ['precinct-member', '1001', ['1001'], ['CEC', 'D1', 'T1']],
  ['territorial-admin', 'T1', ['T1', '1001', '1002'], ['CEC', 'D1']],
  ['central-admin', 'CEC', ['CEC', 'D1', 'T1', '1001', '1002', 'T2', '2001'], []],
] as const)('8.2.2 a %s of %s lists %j under it and %j above', async (role, unit, under, above) => {
  const client = await rig.logIn(await rig.addOfficer(role, unit));
  const { items } = (await client.get('/api/commissions')).json() as {
    items: { code: string; inScope: boolean; parent: string | null }[];
  };
  const codes = (inScope: boolean) =>
    items.filter((item) => item.inScope === inScope).map((item) => item.code);
  expect(codes(true).toSorted()).toEqual([...under].toSorted());
  expect(codes(false)).toEqual(above);
  const known = new Set<string>();
  for (const { code, parent } of items) {
    expect(parent === null || known.has(parent)).toBe(true);
    known.add(code);
  }
});
