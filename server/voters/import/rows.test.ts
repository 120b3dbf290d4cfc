/** Defends: doubtful data are kept and flagged, impossible data are refused with field and reason, hostile text never escapes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold } from '#server/lib/fold.ts';
import { seenIdentifiers } from './identifiers.ts';
import { type FieldSource, findColumns, type Mapping, OWN_MAPPING } from './mapping.ts';
import { createRowReader, type RowOutcome, textFault } from './rows.ts';

const HEADER = ['pin', 'surname', 'given_name', 'patronymic', 'birth_date', 'sex', 'address', 'precinct'];
const GOOD = {
  pin: '10502199012345',
  surname: 'Үсөнбаева',
  given_name: 'Жаңыл',
  patronymic: 'Асан кызы',
  birth_date: '1990-02-05',
  sex: 'F',
  address: 'Бишкек ш., Чүй пр., 5',
  precinct: '1001',
};

function readerOf(mapping: Mapping = OWN_MAPPING, header = HEADER) {
  const found = findColumns(mapping, header);
  if (found.kind !== 'columns') throw new Error(found.faults.join());
  const precincts = new Set(['1001', '1002']);
  const seen = seenIdentifiers(mapping.identifier.scheme === 'kg-pin', 16);
  return createRowReader({ mapping, columns: found.columns, precincts, today: '2026-01-15', seen });
}

function read(changes: Partial<typeof GOOD>, mapping?: Mapping): RowOutcome {
  return readerOf(mapping)(Object.values({ ...GOOD, ...changes }), 7);
}

test('a good row is kept as written and folded for search', () => {
  expect(read({ surname: ' Үсөнбаева\u00a0' })).toEqual({
    kind: 'row',
    row: {
      pin: '10502199012345',
      identifierScheme: 'kg-pin',
      surname: 'Үсөнбаева',
      givenName: 'Жаңыл',
      patronymic: 'Асан кызы',
      birthDate: '1990-02-05',
      sex: 'F',
      address: 'Бишкек ш., Чүй пр., 5',
      precinct: '1001',
      fold: 'усонбаева жаныл асан кызы',
      flags: [],
    },
  });
});

test.each([
  ['a PIN of the other sex', { sex: 'M' }, ['pin-sex']],
  ['a PIN of another birth date', { birth_date: '1990-02-06' }, ['pin-birth-date']],
  ['a Latin letter among Cyrillic', { surname: 'Yсөнбаева' }, ['mixed-alphabet']],
  ['a no-break space in a name', { given_name: 'Асел\u00a0Айым' }, ['unusual-space']],
  ['a space of no width in a name', { surname: 'Аса\u200bнов' }, ['unusual-space']],
  ['a year of birth alone', { birth_date: '1990' }, ['birth-year-only']],
  ['neither birth date nor sex', { birth_date: '', sex: ' ' }, ['no-birth-date', 'no-sex']],
])('%s is flagged, never refused', (_claim, changes, flags) => {
  expect(read(changes)).toMatchObject({ kind: 'row', row: { flags } });
});

test.each([
  ['a PIN of 13 digits', { pin: '1050219901234' }, 'pin-not-14-digits', 'identifier'],
  ['no PIN', { pin: ' ' }, 'missing', 'identifier'],
  ['no surname', { surname: ' ' }, 'missing', 'surname'],
  ['a surname nobody can see', { surname: '\u200b' }, 'missing', 'surname'],
  ['no precinct', { precinct: '' }, 'missing', 'precinct'],
  ['an unknown precinct', { precinct: '9999' }, 'precinct-unknown', 'precinct'],
  ['a sex that is neither F nor M', { sex: 'U' }, 'sex-unknown', 'sex'],
  ['a sex named like an object’s own property', { sex: 'constructor' }, 'sex-unknown', 'sex'],
  ['an impossible birth date', { birth_date: '1990-02-30' }, 'date-impossible', 'birth_date'],
  ['a birth date in the future', { birth_date: '2026-02-01' }, 'date-out-of-range', 'birth_date'],
  ['a birth date in another pattern', { birth_date: '05.02.1990' }, 'date-unreadable', 'birth_date'],
  ['a line break in the address', { address: 'Чүй\n5' }, 'control-character', 'address'],
  ['a mark that turns the text around', { surname: 'Аса\u202eнов' }, 'control-character', 'surname'],
  ['a letter lost in decoding', { surname: 'Аса\ufffdов' }, 'unreadable-character', 'surname'],
  ['half a surrogate pair', { surname: 'Аса\ud800ов' }, 'unreadable-character', 'surname'],
  ['a name past its bound', { given_name: 'а'.repeat(121) }, 'too-long', 'given_name'],
])('%s is refused, naming the field', (_claim, changes, reason, field) => {
  expect(read(changes)).toEqual({ kind: 'rejected', row: 7, reason, field });
});

test('a record with too few or too many fields is refused as a whole', () => {
  const reader = readerOf();
  for (const fields of [Object.values(GOOD).slice(1), [...Object.values(GOOD), '']]) {
    expect(reader(fields, 2)).toEqual({ kind: 'rejected', row: 2, reason: 'column-count', field: null });
  }
});

test('a repeated identifier is refused, naming the row that brought it first', () => {
  const reader = readerOf();
  expect(reader(Object.values(GOOD), 2).kind).toBe('row');
  expect(reader(Object.values({ ...GOOD, surname: 'Асанова' }), 9)).toMatchObject({
    reason: 'identifier-repeated',
    firstRow: 2,
  });
});

test('a refused row does not claim its identifier: the corrected one may follow', () => {
  const reader = readerOf();
  expect(reader(Object.values({ ...GOOD, precinct: '9999' }), 2).kind).toBe('rejected');
  expect(reader(Object.values(GOOD), 3).kind).toBe('row');
});

test('only kg-pin asks for 14 digits; a foreign identifier is text and raises no PIN flags', () => {
  const mapping: Mapping = { ...OWN_MAPPING, identifier: { scheme: 'foreign:us-nc', column: 'pin' } };
  expect(read({ pin: 'DU994065', sex: 'M' }, mapping)).toMatchObject({
    kind: 'row',
    row: { pin: 'DU994065', identifierScheme: 'foreign:us-nc', flags: [] },
  });
  expect(read({ pin: 'x'.repeat(65) }, mapping)).toMatchObject({ reason: 'too-long', field: 'identifier' });
});

test('what a list writes for the sex is read as its mapping says', () => {
  const sex: FieldSource = { column: 'sex', values: { Female: 'F', U: '' } };
  const mapping: Mapping = { ...OWN_MAPPING, fields: { ...OWN_MAPPING.fields, sex } };
  expect(read({ sex: 'Female' }, mapping)).toMatchObject({ kind: 'row', row: { sex: 'F' } });
  expect(read({ sex: 'U' }, mapping)).toMatchObject({ kind: 'row', row: { sex: null } });
  expect(read({ sex: 'toString' }, mapping)).toMatchObject({ kind: 'rejected', reason: 'sex-unknown' });
});

test('columns that are not mapped never reach the row', () => {
  const reader = readerOf(OWN_MAPPING, [...HEADER, 'party', 'race']);
  const outcome = reader([...Object.values(GOOD), 'DEM', 'W'], 2);
  expect(outcome.kind).toBe('row');
  expect(JSON.stringify(outcome)).not.toMatch(/DEM|"W"/);
});

test('any text in any field is kept exactly or refused with a reason, and never throws', () => {
  const field = fc.constantFrom(...(Object.keys(GOOD) as (keyof typeof GOOD)[]));
  fc.assert(
    fc.property(field, fc.string({ unit: 'binary', maxLength: 30 }), (name, text) => {
      const outcome = read({ [name]: text });
      if (outcome.kind === 'rejected') expect(outcome.reason).toMatch(/^[a-z0-9-]+$/);
      else {
        const { surname, givenName, patronymic, address } = outcome.row;
        const kept: Record<string, string> = { surname, given_name: givenName, patronymic, address };
        if (name in kept) expect(kept[name]).toBe(text.trim());
        expect(outcome.row.fold).toBe(fold(outcome.row.fold));
        expect(textFault(surname + givenName + patronymic + address, 1000)).toBeNull();
      }
    }),
    { numRuns: 2000 },
  );
});
