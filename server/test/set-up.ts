// What every rig begins with: a morning, the units of a small country, officers past their first log-in, and rows written past
// the routes.
import type { Change, Row } from '#db/store.ts';
import type { Briefing } from '#server/access/policy-files.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';

export const origin = 'http://localhost:8080';
/** Tuesday 4 November 2025, 09:00 in Bishkek. */
export const morning = Date.UTC(2025, 10, 4, 3, 0, 0);

const tree: readonly (readonly [code: string, level: string, parent: string | null])[] = [
  ['CEC', 'CEC', null],
  ['D1', 'DEC', 'CEC'],
  ['T1', 'TEC', 'D1'],
  ['T2', 'TEC', 'D1'],
  ['1001', 'PEC', 'T1'],
  ['1002', 'PEC', 'T1'],
  ['2001', 'PEC', 'T2'],
];

/** @param as who it is entered under */
export function writerPast(gate: Gate, as: () => Context) {
  return async (changes: Change[]): Promise<void> => {
    const outcome = await gate.change(as(), 'system.init', {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({ kind: 'change', changes, value: null, about: {} }),
    });
    if (outcome.kind !== 'done') throw new Error(`set-up refused: ${outcome.kind}`);
  };
}

export function unitsOfTree(): Change[] {
  const paths = new Map<string, string>();
  return tree.map(([code, level, parent]) => {
    const path = `${parent === null ? '/' : paths.get(parent)}${code}/`;
    paths.set(code, path);
    const name = { nameKy: code, nameRu: code, nameEn: code };
    const row = { code, level, parent, path, ...name, address: '', version: 1 };
    return { op: 'insert', table: 'commission', row };
  });
}

type Person = Pick<
  Row<'officer'>,
  | 'id'
  | 'login'
  | 'surname'
  | 'givenName'
  | 'role'
  | 'commission'
  | 'createdBy'
  | 'activatedBy'
  | 'passwordHash'
  | 'totpSeed'
>;

/** Somebody past the first log-in and cleared: what they are is the rig's, when and under which briefing too. */
export const pastFirstLogIn = (person: Person, at: number, briefing: Briefing) => ({
  patronymic: '',
  state: 'active',
  passwordSetAt: at,
  passwordTemporary: 0,
  passwordExpiresAt: null,
  totpConfirmedAt: at,
  totpStep: 0,
  briefingVersion: briefing.version,
  briefingHash: briefing.hash,
  clearanceOrder: '17-к',
  clearanceLevel: 'personal',
  clearanceUntil: '2027-12-31',
  version: 1,
  ...person,
});
