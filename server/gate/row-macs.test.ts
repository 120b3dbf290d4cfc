// Codes on the way to the log: every row that is written bears its own, and a changed row a new one only if it bore the right one.
import { expect, test } from 'vitest';
import type { Change, Reader } from '#db/store.ts';
import { createRowMacs } from '#server/lib/row-macs.ts';
import { endOtherSessions, endSessions } from './credentials.ts';
import { withMacs } from './row-macs.ts';

const macs = createRowMacs(Buffer.alloc(32, 7), true);
type Fields = Record<string, unknown>;
const session: Fields = {
  id: 's1',
  officer: 'o1',
  rotation: 'r1',
  stage: 'totp',
  startedAt: 1,
  endsAt: 9,
  factorAt: null,
  factorBy: null,
  stepUpFor: null,
  stepUpAt: null,
};
session.mac = macs.of('session', 'mac', session);

function readerOf(rows: Record<string, Fields>): Reader {
  return {
    access: { session: async (id: string) => rows[id] ?? null, unendedSessions: async () => [] },
    officers: { byId: async (id: string) => (rows[id] ? { officer: rows[id] } : null) },
  } as unknown as Reader;
}
const reader = readerOf({ s1: session });
const update = (set: Fields, key: Fields = { id: 's1' }) =>
  ({ op: 'update', table: 'session', key, set }) as unknown as Change;
const coded = async (changes: Change[], from = reader) =>
  (await withMacs(macs, from, changes)).changes as unknown as { row: Fields; set: Fields; expect?: Fields }[];

test('a new row bears the code of what it says, whatever it came with', async () => {
  const [one] = await coded([
    { op: 'insert', table: 'session', row: { ...session, mac: 'x' } } as unknown as Change,
  ]);
  expect(one!.row.mac).toBe(session.mac);
});

test('rows that are loaded bear theirs, column by column', async () => {
  const columns = ['code', 'level', 'parent', 'path'] as const;
  const load: Change = {
    op: 'load',
    table: 'commission',
    columns: [...columns],
    rows: [['1001', 'PEC', 'T1', '/CEC/T1/1001/']],
  };
  const [done] = (await withMacs(macs, reader, [load])).changes as { columns: string[]; rows: string[][] }[];
  const row = Object.fromEntries(done!.columns.map((name, i) => [name, done!.rows[0]![i]]));
  expect(macs.holds('commission', 'mac', row as never)).toBe(true);
});

test('a changed row gets the code of what it becomes, and only if it is still what was read', async () => {
  const [one] = await coded([update({ stage: 'open', factorAt: 5 })]);
  const becomes = { ...session, stage: 'open', factorAt: 5 };
  expect(one).toMatchObject({
    set: { mac: macs.of('session', 'mac', becomes) },
    expect: { mac: session.mac },
  });
});

test('two changes of one row in a unit: the second goes on from the first', async () => {
  const [first, second] = await coded([update({ stepUpFor: 'a:b' }), update({ rotation: 'r2' })]);
  expect(second!.expect!.mac).toBe(first!.set.mac);
  const becomes = { ...session, stepUpFor: 'a:b', rotation: 'r2' };
  expect(second!.set.mac).toBe(macs.of('session', 'mac', becomes));
  const row = { ...session, id: 's2' };
  const insert = { op: 'insert', table: 'session', row } as unknown as Change;
  const [made, changed] = await coded([insert, update({ rotation: 'r2' }, { id: 's2' })]);
  expect(changed!.expect!.mac).toBe(made!.row.mac);
});

test('what no code covers is changed without one; a row that is not there, too', async () => {
  const [seen] = await coded([update({ seenAt: 7 })]);
  expect(seen!.set).toEqual({ seenAt: 7 });
  const [nobody] = await coded([update({ stage: 'open' }, { id: 'none' })]);
  expect(nobody!.set).toEqual({ stage: 'open' });
});

test('a forged row stays without a right code, whatever is changed of it', async () => {
  const forged = readerOf({ s1: { ...session, officer: 'o2' } });
  const [one] = await coded([update({ stage: 'open' })], forged);
  expect(one!.set).toEqual({ stage: 'open' });
});

test('a password and factor issued anew need nothing of the old ones: they may have been forged', async () => {
  const issued = {
    ...{ passwordHash: 'new', passwordSetAt: 5, passwordTemporary: 1, passwordExpiresAt: 9 },
    ...{ totpSeed: null, totpConfirmedAt: null },
  };
  const change = { op: 'update', table: 'officer', key: { id: 'o1' }, set: issued } as Change;
  const [one] = await coded([change]);
  expect(one!.set.credentialsMac).toBe(macs.of('officer', 'credentialsMac', { id: 'o1', ...issued }));
  const [half] = await coded([{ ...change, set: { passwordHash: 'new' } } as Change]);
  expect(half!.set).toEqual({ passwordHash: 'new' });
});

test('what was replaced is right no more, once that is durable; what comes again is', async () => {
  const own = createRowMacs(Buffer.alloc(32, 7), true);
  const holds = (row: Fields) => own.holds('session', 'mac', row as never);
  const raise = await withMacs(own, reader, [update({ stepUpFor: 'a:b' })]);
  expect(holds(session)).toBe(true);
  raise.settle();
  expect(holds(session)).toBe(false);
  const raised = { ...session, ...(raise.changes[0] as unknown as { set: Fields }).set };
  (await withMacs(own, readerOf({ s1: raised }), [update({ stepUpFor: null })])).settle();
  expect([holds(session), holds(raised)]).toEqual([true, false]);
});

test('where other servers change rows too, a code that was replaced here may have come back there', async () => {
  const own = createRowMacs(Buffer.alloc(32, 7), false);
  (await withMacs(own, reader, [update({ stepUpFor: 'a:b' })])).settle();
  expect(own.holds('session', 'mac', session as never)).toBe(true);
});

test('an account is no older than it was seen or changed here', async () => {
  const { replaced } = macs;
  expect([replaced.isNewest('v1', 2), replaced.isNewest('v1', 1), replaced.isNewest('v1', 2)]).toEqual([
    true,
    false,
    true,
  ]);
  const change = { op: 'update', table: 'officer', key: { id: 'v2' }, set: { version: 3 } } as Change;
  const { settle } = await withMacs(macs, readerOf({}), [change]);
  expect(replaced.isNewest('v2', 1)).toBe(true);
  settle();
  expect([replaced.isNewest('v2', 2), replaced.isNewest('v2', 3)]).toEqual([false, true]);
});

test('sessions that were ended stay ended, but the one that goes on and what began since', async () => {
  const open = {
    ...reader,
    access: { ...reader.access, unendedSessions: async () => [{ id: 's1' }, { id: 's2' }] },
  };
  const from = open as unknown as Reader;
  const { replaced } = macs;
  const ended = (...ids: string[]) => ids.map((id) => replaced.isEnded(id));
  const { settle } = await withMacs(macs, from, [...endOtherSessions('o1', 's1', 50, 'password-changed')]);
  expect(ended('s1', 's2')).toEqual([false, false]);
  settle();
  expect(ended('s1', 's2', 's3')).toEqual([false, true, false]);
  (await withMacs(macs, from, [endSessions('o1', 60, 'not-me')])).settle();
  (await withMacs(macs, from, [update({ endedAt: 70 }, { id: 's9' })])).settle();
  expect(ended('s1', 's9', 's3')).toEqual([true, true, false]);
});

test('every column a new code was made from must still be there when it is written', async () => {
  const [one] = await coded([update({ stage: 'open' })]);
  const { id: _, ...rest } = session;
  expect(one!.expect).toEqual(rest);
});

test('what a use case read otherwise than it is now gets no new code, and its own expectation stays', async () => {
  const shown: Fields = { ...session, factorAt: 4 };
  shown.mac = macs.of('session', 'mac', shown);
  for (const [row, factorAt] of [
    [session, 4],
    [shown, null],
  ] as const) {
    const change = { ...update({ stage: 'open' }), expect: { factorAt } } as Change;
    const [one] = await coded([change], readerOf({ s1: row }));
    expect(one!.set).toEqual({ stage: 'open' });
    // Read at different times, both rows were right: the code that was read last decides which it is.
    expect(one!.expect).toMatchObject({ factorAt, mac: row.mac });
  }
});

test('many rows at once are not changed in what their codes are of', async () => {
  const change = { op: 'update-all', table: 'officer', key: { role: 'auditor' }, set: { state: 'active' } };
  await expect(withMacs(macs, reader, [change as Change])).rejects.toThrow('row by row');
  const ended = { op: 'update-all', table: 'session', key: { officer: 'o1' }, set: { endedAt: 5 } } as Change;
  expect((await withMacs(macs, reader, [ended])).changes).toEqual([ended]);
});
