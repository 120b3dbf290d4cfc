/** Defends: totals add up, a dry run equals a real one, batches wait for each other, a corrected error file goes in again. */
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Mapping, OWN_MAPPING } from './mapping.ts';
import { type ImportOptions, type ImportOutcome, importVoters, type VoterSink } from './pipeline.ts';
import type { VoterImportRow } from './rows.ts';

const directory = mkdtempSync(join(tmpdir(), 'import-'));
let files = 0;
const newPath = () => join(directory, `${files++}.csv`);
const HEADER = 'pin,surname,given_name,patronymic,birth_date,sex,address,precinct';
const pin = (serial: number) => `1050219901${String(serial).padStart(4, '0')}`;
const line = (serial: number, precinct = '1001') =>
  `${pin(serial)},Асанова,Айгүл,,1990-02-05,F,"Чүй пр., ${serial}",${precinct}`;

/** A sink that remembers, and refuses the identifiers it holds already, as the store would. */
function rememberingSink(known: Iterable<string> = []) {
  const held = new Set(known);
  const batches: VoterImportRow[][] = [];
  const through: number[] = [];
  const refusals = (batch: readonly VoterImportRow[]) => ({
    rejected: batch.flatMap((row, index) =>
      held.has(row.pin) ? [{ index, reason: 'already-registered' }] : [],
    ),
  });
  const sink: VoterSink = {
    async write(batch, throughRow) {
      const answer = refusals(batch);
      for (const row of batch) held.add(row.pin);
      batches.push([...batch]);
      through.push(throughRow);
      return answer;
    },
    check: async (batch) => refusals(batch),
  };
  return { sink, batches, through, held };
}

function run(text: string | Uint8Array, options: Partial<ImportOptions> = {}): Promise<ImportOutcome> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
  }
  const { sink } = rememberingSink();
  const precincts = new Set(['1001']);
  return importVoters({
    input: { stream: pieces(), size: bytes.length },
    mapping: OWN_MAPPING,
    precincts,
    sink,
    today: '2026-01-15',
    ...options,
  });
}

const MIXED = [HEADER, line(1), line(2, '9999'), line(1), '"x"y', line(3), '', '1,2', line(4)].join('\n');

test('every row is accepted or rejected, and a dry run gives the totals of a real run', async () => {
  const expected = { kind: 'imported', rows: 7, accepted: 2, rejected: 5, flagged: {} };
  for (const dryRun of [true, false]) {
    const { sink, batches } = rememberingSink([pin(3)]);
    expect(await run(MIXED, { sink, dryRun })).toEqual(expected);
    expect(batches).toHaveLength(dryRun ? 0 : 1);
  }
});

test('the error file names row and reason without being read for it, and goes in again once corrected', async () => {
  const errorsPath = newPath();
  const { sink, held } = rememberingSink();
  await run(MIXED, { sink, errorsPath });
  expect(statSync(errorsPath).mode & 0o777).toBe(0o600);
  const errors = readFileSync(errorsPath, 'utf8').trimEnd().split('\r\n');
  expect(errors[0]).toBe(`row,reason,${HEADER}`);
  expect(errors.slice(1).map((text) => Number.parseInt(text, 10))).toEqual([3, 4, 5, 8]);
  expect(errors[1]).toBe(
    `3,"precinct: there is no such precinct; check the code, or import the commissions first",${line(2, '9999')}`,
  );
  expect(errors[2]).toContain('First in row 2');
  expect(errors[3]).toContain('"""x""y"');

  const corrected = newPath();
  writeFileSync(corrected, [errors[0], errors[1]?.replace('9999', '1001'), errors[2]].join('\n'));
  const again = await importVoters({
    input: { path: corrected },
    mapping: OWN_MAPPING,
    precincts: new Set(['1001']),
    sink,
    today: '2026-01-15',
    errorsPath,
  });
  expect(again).toMatchObject({ rows: 2, accepted: 1, rejected: 1 });
  expect(held).toContain(pin(2));
  expect(readFileSync(errorsPath, 'utf8').split('\r\n')[1]).toMatch(/^3,identifier: is in the list already/);
});

test('batches are written one after another, and reading waits for writing', async () => {
  let open = 0;
  let most = 0;
  const sizes: number[] = [];
  const sink: VoterSink = {
    async write(batch) {
      most = Math.max(most, ++open);
      sizes.push(batch.length);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return { rejected: [] };
    },
  };
  const text = [HEADER, ...Array.from({ length: 200 }, (_, serial) => line(serial))].join('\r\n');
  expect(await run(text, { sink, batchSize: 20 })).toMatchObject({ rows: 200, accepted: 200 });
  expect(most).toBe(1);
  expect(Math.max(...sizes)).toBeLessThan(25);
});

test('an import that was cut off goes on after the last row dealt with, whose refusals are on file before it is', async () => {
  const lines = Array.from({ length: 60 }, (_, serial) => line(serial, serial % 10 === 0 ? '9999' : '1001'));
  const text = [HEADER, ...lines, line(1)].join('\n');
  const whole = rememberingSink();
  await run(text, { sink: whole.sink });

  const errorsPath = newPath();
  const { sink, through, held } = rememberingSink();
  const failing: VoterSink = {
    async write(batch, throughRow) {
      const rejected = readFileSync(errorsPath, 'utf8').split('\r\n').slice(1, -1);
      expect(rejected).toHaveLength(Math.ceil((throughRow - 1) / 10));
      if (through.length === 2) throw new Error('the disk is full');
      return sink.write(batch, throughRow);
    },
  };
  await expect(run(text, { sink: failing, batchSize: 10, errorsPath })).rejects.toThrow('the disk is full');
  const startRow = (through.at(-1) ?? 0) + 1;
  const rest = await run(text, { sink, startRow, batchSize: 10, errorsPath });
  expect(rest).toMatchObject({ kind: 'imported', rows: 62 - startRow + 1 });
  expect(held).toEqual(whole.held);
  const numbers = readFileSync(errorsPath, 'utf8')
    .split('\r\n')
    .slice(1, -1)
    .map((row) => Number.parseInt(row, 10));
  expect(new Set(numbers)).toEqual(new Set([2, 12, 22, 32, 42, 52, 62]));
});

test('progress counts bytes and rows', async () => {
  const seen: [number, number, number][] = [];
  const text = [HEADER, line(1), line(2)].join('\n');
  const total = Buffer.byteLength(text);
  await run(text, { onProgress: (...progress) => seen.push(progress) });
  expect(seen.length).toBeGreaterThan(1);
  expect(seen.at(-1)).toEqual([total, total, 1]);
});

test('a byte order mark, CRLF and windows-1251 are read', async () => {
  const { sink, batches } = rememberingSink();
  await run(`\ufeff${HEADER}\r\n${line(1)}\r\n`, { sink });
  const mapping: Mapping = { ...OWN_MAPPING, delimiter: ';', encoding: 'windows-1251' };
  const cyrillic = [0xc0, 0xf1, 0xe0, 0xed]; // Асан
  const row = [...Buffer.from(`${pin(2)};`), ...cyrillic, ...Buffer.from(';;;1990;F;;1001')];
  const bytes = Uint8Array.from([...Buffer.from(`${HEADER.replaceAll(',', ';')}\n`), ...row]);
  await run(bytes, { sink, mapping });
  expect(batches.flat().map(({ surname }) => surname)).toEqual(['Асанова', 'Асан']);
});

test.each([
  ['utf-16', 'utf16le', '\ufeff'],
  ['utf-16', 'utf16be', '\ufeff'],
  ['utf-16', 'utf16le', ''],
  ['utf-16le', 'utf16le', '\ufeff'],
  ['utf-16be', 'utf16be', ''],
] as const)(
  'a list declared %s is read as %s, and what is refused goes in again by the same mapping',
  async (encoding, order, mark) => {
    const mapping: Mapping = { ...OWN_MAPPING, encoding };
    const text = `${mark}${HEADER}\r\n${line(1)}\r\n${line(2, '9999')}\r\n`;
    const little = Buffer.from(text, 'utf16le');
    const { sink, batches } = rememberingSink();
    const errorsPath = newPath();
    const outcome = await run(order === 'utf16be' ? little.swap16() : little, { sink, mapping, errorsPath });
    expect(outcome).toMatchObject({ kind: 'imported', accepted: 1, rejected: 1 });
    expect(batches.flat().map(({ surname }) => surname)).toEqual(['Асанова']);
    expect(await run(readFileSync(errorsPath), { mapping })).toMatchObject({
      kind: 'imported',
      accepted: 0,
      rejected: 1,
    });
  },
);

test.each([
  ['lines that end with CR alone', `${HEADER}\r${line(1)}\r`, /CR alone/],
  ['an empty file', '', /empty/],
  ['a file without a header', `${line(1)}\n${line(2)}`, /column "pin" \(identifier\) is missing/],
  ['UTF-16', '\ufeff', /UTF-16/],
  ['a file whose quotes never close', `${HEADER}\n${`"${'x'.repeat(70_000)}\n`.repeat(102)}`, /never end/],
])('%s is refused as a whole, with no voter in the message', async (claim, text, expected) => {
  const bytes = claim === 'UTF-16' ? Buffer.from(text, 'utf16le') : text;
  const outcome = await run(bytes);
  if (outcome.kind !== 'refused') throw new Error('accepted');
  expect(outcome.faults.join('\n')).toMatch(expected);
  expect(outcome.faults.join('\n')).not.toMatch(/Асанова|10502/);
});

test('the error file may not be the list itself', async () => {
  const path = newPath();
  writeFileSync(path, MIXED);
  const options = {
    mapping: OWN_MAPPING,
    precincts: new Set<string>(),
    sink: rememberingSink().sink,
    today: '2026-01-15',
  };
  await expect(importVoters({ ...options, input: { path }, errorsPath: path })).rejects.toThrow('overwrite');
  expect(readFileSync(path, 'utf8')).toBe(MIXED);
});

test('an import that was cut and goes on names every refused row once', async () => {
  const rows = Array.from({ length: 40 }, (_, n) => line(n + 1, n % 4 === 0 ? '9999' : '1001'));
  const text = [HEADER, ...rows].join('\n');
  const whole = newPath();
  await run(text, { errorsPath: whole });
  const errorsPath = newPath();
  const { sink, through, held } = rememberingSink();
  const cutting: VoterSink = {
    async write(batch, throughRow) {
      if (through.length === 2) throw new Error('cut');
      return sink.write(batch, throughRow);
    },
  };
  await expect(run(text, { sink: cutting, batchSize: 3, errorsPath })).rejects.toThrow('cut');
  const startRow = through.at(-1)! + 1;
  await run(text, { sink, batchSize: 3, errorsPath, startRow });
  expect(held.size).toBe(30);
  const refused = (path: string) => readFileSync(path, 'utf8').split('\r\n');
  expect(refused(errorsPath)).toEqual(refused(whole));
});
