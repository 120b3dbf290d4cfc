/** Defends: whatever the file's order, what is accepted is one tree, parents first, and every refused row says why. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Level, levels } from '#server/contract/vocabulary.ts';
import { COMMISSION_COLUMNS, type CommissionsOptions, readCommissions } from './commissions.ts';

type Short = [code: string, level: string, parent: string];

async function* piecesOf(text: string) {
  yield Buffer.from(text);
}

const textOf = (rows: Short[]) =>
  [
    COMMISSION_COLUMNS.join(),
    ...rows.map((row) => [...row, `${row[0]} шк`, `${row[0]} ик`, `${row[0]} ec`, 'Чүй 1'].join()),
  ].join('\n');

async function read(rows: Short[] | string, options: Partial<CommissionsOptions> = {}) {
  const text = typeof rows === 'string' ? rows : textOf(rows);
  const outcome = await readCommissions({ input: { stream: piecesOf(text) }, known: new Map(), ...options });
  if (outcome.kind !== 'read') throw new Error(outcome.faults.join('\n'));
  return {
    ...outcome,
    codes: outcome.accepted.map(({ code }) => code),
    reasons: outcome.rejected.map(({ row, reason, field }) => [row, reason, field]),
  };
}

const TREE: Short[] = [
  ['CEC', 'CEC', ''],
  ['D1', 'DEC', 'CEC'],
  ['T1', 'TEC', 'D1'],
  ['T2', 'TEC', 'CEC'],
  ['1001', 'PEC', 'T1'],
  ['1002', 'PEC', 'T2'],
];

test('in any order of the file, each parent comes before its children', async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(TREE, { minLength: TREE.length }), async (rows) => {
      const { accepted, codes, rejected } = await read(rows);
      expect(rejected).toEqual([]);
      expect(codes.toSorted()).toEqual(TREE.map(([code]) => code).toSorted());
      for (const { code, parent } of accepted) {
        if (parent !== null) expect(codes.indexOf(parent)).toBeLessThan(codes.indexOf(code));
      }
    }),
  );
});

test('whatever the rows say, what is accepted is one tree of descending levels', async () => {
  const code = fc.constantFrom(...'abcdefg');
  const row = fc.tuple(code, fc.constantFrom(...levels), fc.oneof(code, fc.constant('')));
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
      const { accepted, rejected } = await read(rows);
      expect(accepted.length + rejected.length).toBe(rows.length);
      const placed = new Map<string, Level>();
      for (const { code: own, level, parent } of accepted) {
        expect(placed.has(own)).toBe(false);
        if (parent === null) expect([level, placed.size]).toEqual(['CEC', 0]);
        else expect(levels.indexOf(placed.get(parent)!)).toBeLessThan(levels.indexOf(level));
        if (parent !== null) expect(placed.has(parent)).toBe(true);
        placed.set(own, level);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['an unknown parent', [['T9', 'TEC', 'D9']], 'parent-unknown', 'parent'],
  ['a parent of the same level', [['T9', 'TEC', 'T1']], 'level-order', 'parent'],
  ['a parent of a lower level', [['D9', 'DEC', 'T1']], 'level-order', 'parent'],
  ['a parent of its own', [['T9', 'TEC', 'T9']], 'cycle', 'parent'],
  ['a second centre', [['C2', 'CEC', '']], 'second-centre', 'level'],
  ['no parent below the centre', [['T9', 'TEC', '']], 'missing', 'parent'],
  ['a level there is not', [['T9', 'UIK', 'D1']], 'level-unknown', 'level'],
  ['a code already in the file', [['T1', 'TEC', 'D1']], 'code-repeated', 'code'],
  ['a code that could be a path', [['../T', 'TEC', 'D1']], 'code-malformed', 'code'],
  ['no code', [['', 'TEC', 'D1']], 'missing', 'code'],
] as [string, Short[], string, string][])(
  '%s is refused, naming the column',
  async (_claim, rows, reason, field) => {
    expect((await read([...TREE, ...rows])).reasons).toEqual([[8, reason, field]]);
  },
);

test('a circle is refused whole, and so is everything below a refused row', async () => {
  const { codes, reasons } = await read([
    ['CEC', 'CEC', ''],
    ['1001', 'PEC', 'T1'],
    ['T1', 'TEC', 'D1'],
    ['D1', 'DEC', 'T1'],
    ['T2', 'TEC', 'nowhere'],
    ['1002', 'PEC', 'T2'],
  ]);
  expect(codes).toEqual(['CEC']);
  expect(reasons).toEqual([
    [3, 'parent-refused', 'parent'],
    [4, 'cycle', 'parent'],
    [5, 'cycle', 'parent'],
    [6, 'parent-unknown', 'parent'],
    [7, 'parent-refused', 'parent'],
  ]);
});

test('commissions there are already may be parents, and are not taken twice', async () => {
  const known = new Map<string, Level>([
    ['CEC', 'CEC'],
    ['D1', 'DEC'],
  ]);
  const { codes, reasons } = await read(TREE, { known });
  expect(codes).toEqual(['T1', 'T2', '1001', '1002']);
  expect(reasons).toEqual([
    [2, 'already-registered', 'code'],
    [3, 'already-registered', 'code'],
  ]);
});

test('the error file holds the refused rows with their reasons, in the language asked for', async () => {
  const errorsPath = join(mkdtempSync(join(tmpdir(), 'commissions-')), 'errors.csv');
  await read([...TREE, ['T9', 'TEC', 'D9']], { errorsPath, lang: 'ky' });
  expect(readFileSync(errorsPath, 'utf8').split('\r\n')[1]).toBe(
    '8,parent: мындай жогорку комиссия жок; кодун текшериңиз же аны кошуңуз,T9,TEC,D9,T9 шк,T9 ик,T9 ec,Чүй 1',
  );
});

test('missing and repeated columns refuse the list by name', async () => {
  await expect(read('code,level,parent,name_ky,name_ru,name_ru,name_en\n')).rejects.toThrow(
    /"name_ru" appears more than once[\s\S]*"address" is missing/,
  );
  await expect(read('')).rejects.toThrow('empty');
});
