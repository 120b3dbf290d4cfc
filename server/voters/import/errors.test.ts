/** Defends: the error file is private, can be corrected and imported again by the same mapping, and loses nothing. */
import { mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createErrorFile } from './errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'errors-'));
let files = 0;
const newPath = () => join(directory, `${files++}.csv`);
const common = { delimiter: ',', encoding: 'utf-8', append: false } as const;

test('the file is readable by its owner only, even when a wider one stood there', async () => {
  const path = newPath();
  writeFileSync(path, 'old', { mode: 0o644 });
  const file = createErrorFile({ ...common, path, header: ['pin'] });
  file.add(2, 'identifier: is empty', ['']);
  await file.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toBe('row,reason,pin\r\n2,identifier: is empty,\r\n');
});

test('a symbolic link is not followed', async () => {
  const path = newPath();
  symlinkSync(newPath(), path);
  const file = createErrorFile({ ...common, path, header: ['pin'] });
  file.add(2, 'x', ['1']);
  await expect(file.close()).rejects.toThrow();
});

test('nothing is made when nothing failed', async () => {
  const path = newPath();
  const file = createErrorFile({ ...common, path, header: ['pin'] });
  await file.flush();
  await file.close();
  expect(() => statSync(path)).toThrow();
});

test('any row comes back from the file as it went in', async () => {
  const field = fc.string({ unit: fc.constantFrom(...'aң,;" \n\r='), maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(field, { minLength: 2, maxLength: 2 }),
      fc.constantFrom(',', ';'),
      async (row, delimiter) => {
        const path = newPath();
        const file = createErrorFile({ ...common, delimiter, path, header: ['a', 'b'] });
        file.add(7, 'why', row);
        await file.close();
        expect(parse(readFileSync(path), { delimiter })).toEqual([
          ['row', 'reason', 'a', 'b'],
          ['7', 'why', ...row],
        ]);
      },
    ),
    { numRuns: 60 },
  );
});

test('an error file that fails again has its leading columns replaced, not doubled', async () => {
  const path = newPath();
  const file = createErrorFile({ ...common, path, header: ['row', 'reason', 'pin'] });
  file.add(2, 'second reason', ['91', 'first reason', '123']);
  await file.close();
  expect(readFileSync(path, 'utf8')).toBe('row,reason,pin\r\n2,second reason,123\r\n');
});

test('a resumed import adds to its error file; windows-1251 stays windows-1251', async () => {
  const path = newPath();
  for (const [append, row] of [
    [false, 2],
    [true, 9],
  ] as const) {
    const file = createErrorFile({ path, header: ['аты'], delimiter: ';', encoding: 'windows-1251', append });
    file.add(row, 'эмне', ['Асан']);
    await file.close();
  }
  expect(new TextDecoder('windows-1251').decode(readFileSync(path))).toBe(
    'row;reason;аты\r\n2;эмне;Асан\r\n9;эмне;Асан\r\n',
  );
});
