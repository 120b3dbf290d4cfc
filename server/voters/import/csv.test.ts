/** Defends: what csv-parse accepts is read the same, whatever the pieces; what breaks the rules is handed on, not lost. */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CsvFault, createCsvReader } from './csv.ts';
import { readSpectrum } from './spectrum.ts';

interface Read {
  records: string[][];
  rows: number[];
  broken: { fault: CsvFault; row: number; raw: string }[];
  overruns: number;
}

function readPieces(pieces: string[], delimiter = ',', maxRecordLength = 65_536): Read {
  const read: Read = { records: [], rows: [], broken: [], overruns: 0 };
  const reader = createCsvReader({
    delimiter,
    maxRecordLength,
    sink: {
      record(fields, row) {
        read.records.push(fields);
        read.rows.push(row);
      },
      broken: (fault, row, raw) => read.broken.push({ fault, row, raw }),
    },
  });
  for (const piece of pieces) reader.push(piece);
  reader.end();
  read.overruns = reader.overruns();
  return read;
}

function cut(text: string, lengths: number[]): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const length of lengths) {
    pieces.push(text.slice(from, from + length));
    from += length;
  }
  return [...pieces, text.slice(from)];
}

const lengths = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 40 });
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

test('a written table is read back, whatever its line ends, quotes, delimiter and pieces', () => {
  const field = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'ab ңө,;\t"\n\r'), maxLength: 8 }),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  );
  const table = fc.array(fc.array(field, { minLength: 1, maxLength: 5 }), { maxLength: 8 });
  const lineEnd = fc.constantFrom('\n', '\r\n');
  fc.assert(
    fc.property(
      table,
      fc.constantFrom(',', ';', '\t'),
      lineEnd,
      fc.boolean(),
      lengths,
      (rows, delimiter, eol, ends, sizes) => {
        const written = rows.map((fields) =>
          fields.map((text) => (/^$|[,;\t"\n\r]/.test(text) ? quoted(text) : text)).join(delimiter),
        );
        const text = written.join(eol) + (ends && written.length > 0 ? eol : '');
        const read = readPieces(cut(text, sizes), delimiter);
        expect(read.records).toEqual(rows);
        expect(read.rows).toEqual(rows.map((_, index) => index + 1));
        expect(read.broken).toEqual([]);
      },
    ),
    { numRuns: 1000 },
  );
});

test('any text that csv-parse accepts is read as csv-parse reads it', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab,,""\n\r\n\n '), maxLength: 24 });
  let accepted = 0;
  fc.assert(
    fc.property(text, lengths, (csv, sizes) => {
      let expected: string[][];
      try {
        expected = parse(csv, {
          record_delimiter: ['\r\n', '\n'],
          relax_column_count: true,
          skip_empty_lines: true,
        });
      } catch {
        return; // csv-parse refuses it; what is done then has tests of its own
      }
      accepted++;
      expect(readPieces(cut(csv, sizes)).records).toEqual(expected);
    }),
    { numRuns: 4000 },
  );
  expect(accepted).toBeGreaterThan(500);
});

test('the pieces never matter: any text is read the same whole and cut', () => {
  const text = fc.string({ unit: fc.constantFrom(...'abң,"\n\r'), maxLength: 60 });
  fc.assert(
    fc.property(text, lengths, fc.constantFrom(12, 65_536), (csv, sizes, bound) => {
      const whole = readPieces([csv], ',', bound);
      const inPieces = readPieces(cut(csv, sizes), ',', bound);
      if (bound > csv.length) expect(inPieces).toEqual(whole);
      expect(inPieces.rows.length + inPieces.broken.length).toBeGreaterThanOrEqual(csv.trim() === '' ? 0 : 1);
    }),
    { numRuns: 2000 },
  );
});

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ['a comma in quotes', 'to,at\nАсан,"Чүй 5, Бишкек"\n', [{ to: 'Асан', at: 'Чүй 5, Бишкек' }]],
  ['empty fields, quoted or not', 'a,b,c\n1,"",\n', [{ a: '1', b: '', c: '' }]],
  ['doubled quotes', 'a\n"he said ""no"""\n', [{ a: 'he said "no"' }]],
  [
    'JSON in a field',
    'k,v\n1,"{""type"": ""Point"", ""at"": [1.5, 2]}"\n',
    [{ k: '1', v: '{"type": "Point", "at": [1.5, 2]}' }],
  ],
  ['a line end in quotes', 'a,b\n"one\ntwo",2\n', [{ a: 'one\ntwo', b: '2' }]],
  ['CRLF, in quotes too', 'a,b\r\n"one\r\ntwo",2\r\n', [{ a: 'one\r\ntwo', b: '2' }]],
  ['letters beyond Latin', 'a\nʤөү', [{ a: 'ʤөү' }]],
])('the reader of csv-spectrum gives %s as its JSON would', (_claim, csv, expected) => {
  expect(readSpectrum('case', bytes(csv))).toEqual(expected);
});

test('a CRLF case of csv-spectrum whose copy lost its carriage returns is read as it was written', () => {
  expect(readSpectrum('newlines_crlf', bytes('a,b\n"one\ntwo",2\n'))).toEqual([{ a: 'one\r\ntwo', b: '2' }]);
});

test('a record with broken quotes is handed on whole, and the next line is read', () => {
  const read = readPieces(['a,b\n"x"y,1\n\n2,3\n"never closed,4\n5,6']);
  expect(read.records).toEqual([
    ['a', 'b'],
    ['2', '3'],
    ['5', '6'],
  ]);
  expect(read.rows).toEqual([1, 4, 6]);
  expect(read.broken).toEqual([
    { fault: 'quotes', row: 2, raw: '"x"y,1' },
    { fault: 'unclosed', row: 5, raw: '"never closed,4' },
  ]);
});

test('a quote inside an unquoted field is an ordinary character', () => {
  expect(readPieces(['ОсОО "Ромашка",5\'10"\n']).records).toEqual([['ОсОО "Ромашка"', '5\'10"']]);
});

test('a record past the bound is refused without being held, however it arrives', () => {
  const long = 'x'.repeat(50);
  for (const pieces of [
    [`a\n${long},b\nc\n`],
    ['a\n', ...long, ',b', '\n', 'c\n'],
    [`a\n"${long}\nc\n`, 'd\n'],
  ]) {
    const read = readPieces(pieces, ',', 20);
    expect(read.records[0]).toEqual(['a']);
    expect(read.records[1]).toEqual(['c']);
    expect(read.broken).toHaveLength(1);
    expect(read.broken[0]?.raw).toHaveLength(20);
    expect(read.overruns).toBe(1);
  }
});

test('a delimiter that could not delimit is refused', () => {
  for (const delimiter of ['', '"', '\n', ',,'])
    expect(() => readPieces(['a'], delimiter)).toThrow(RangeError);
});
