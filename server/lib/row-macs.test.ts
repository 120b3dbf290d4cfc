// Codes of rows: of exactly this row, in this table, under this key.
import { expect, test } from 'vitest';
import { createRowMacs, type MacTable, macTables } from './row-macs.ts';

const macs = createRowMacs(Buffer.alloc(32, 1), true);
const cases = Object.entries(macTables).flatMap(([table, columns]) =>
  Object.entries(columns).map(([column, fields]) => [table as MacTable, column, fields] as const),
);
const rowOf = (fields: readonly string[]) =>
  Object.fromEntries(fields.map((field, i) => [field, i % 2 ? `value ${i}` : i]));
const holds = (on: typeof macs, table: MacTable, column: string, row: object) =>
  on.holds(table, column as never, row as never);

test.each(cases)('%s.%s holds of the row it was made of, and of no other', (table, column, fields) => {
  const row = rowOf(fields);
  const bears = { ...row, [column]: macs.of(table, column, row) };
  expect(holds(macs, table, column, bears)).toBe(true);
  expect(holds(macs, table, column, { ...bears, else: 'beside it' })).toBe(true);
  for (const field of fields)
    for (const other of ['', 'other', -1, null])
      expect([field, holds(macs, table, column, { ...bears, [field]: other })]).toEqual([field, false]);
  expect(holds(createRowMacs(Buffer.alloc(32, 2), true), table, column, bears)).toBe(false);
});

test('no code, half of one, or the code of another column or table is none', () => {
  const row = { id: 'a', passwordHash: 'h', totpConfirmedAt: 1 };
  const code = macs.of('officer', 'credentialsMac', row);
  for (const wrong of [null, '', code.slice(1), `${code}=`, macs.of('officer', 'dutyMac', row)])
    expect(holds(macs, 'officer', 'credentialsMac', { ...row, credentialsMac: wrong })).toBe(false);
});

test('a code that was right of one table is not remembered for another of as many columns', () => {
  for (const [table, column, fields] of cases)
    for (const [other, otherColumn, otherFields] of cases) {
      if (table === other || fields.length !== otherFields.length) continue;
      const row = rowOf(fields);
      const code = macs.of(table, column, row);
      expect(holds(macs, table, column, { ...row, [column]: code })).toBe(true);
      const alike = { ...rowOf(otherFields), [otherColumn]: code };
      expect([table, other, holds(macs, other, otherColumn, alike)]).toEqual([table, other, false]);
    }
  expect(new Set(cases.map(([, , fields]) => fields.length)).size).toBeLessThan(cases.length);
});

test('values that read alike when joined have codes of their own', () => {
  const of = (id: string, passwordHash: string | null) =>
    macs.of('officer', 'credentialsMac', { id, passwordHash, totpConfirmedAt: null });
  const codes = [of('a', 'b'), of('a,b', ''), of('a', null), of('a', 'null'), of('', 'a'), of('a","b', '')];
  expect(new Set(codes).size).toBe(codes.length);
});
