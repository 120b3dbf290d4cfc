/** Defends: a mapping is refused with all its faults named, another purpose is refused, headers are judged without quoting them. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkMapping, findColumns, OWN_MAPPING, parseMapping } from './mapping.ts';

const MINIMAL = {
  identifier: { scheme: 'kg-pin', column: 'pin' },
  fields: { surname: { column: 'last_name' }, precinct: { constant: '1001' } },
};

function faultsOf(value: unknown): string {
  const outcome = checkMapping(value);
  return outcome.kind === 'refused' ? outcome.faults.join('\n') : '';
}

test('a minimal mapping takes the defaults of our own layout', () => {
  const outcome = checkMapping(MINIMAL);
  if (outcome.kind !== 'mapping') throw new Error(outcome.faults.join());
  expect(outcome.mapping).toEqual({
    ...MINIMAL,
    dateFormat: 'YYYY-MM-DD',
    delimiter: ',',
    encoding: 'utf-8',
  });
  expect(checkMapping(OWN_MAPPING).kind).toBe('mapping');
});

const ready = new URL('../../../policies/mappings/', import.meta.url);
test.each(readdirSync(ready).filter((file) => file.endsWith('.json') && file !== 'mapping.schema.json'))(
  'the ready mapping %s is valid, and stores neither party, race nor telephone',
  (file) => {
    const outcome = parseMapping(readFileSync(new URL(file, ready), 'utf8'));
    if (outcome.kind !== 'mapping') throw new Error(outcome.faults.join());
    expect(JSON.stringify(outcome.mapping)).not.toMatch(/party|race|ethnic|phone/i);
  },
);

test('a list collected for another purpose is refused, and told why (R04)', () => {
  expect(checkMapping({ ...MINIMAL, purpose: 'voter-list' }).kind).toBe('mapping');
  expect(faultsOf({ ...MINIMAL, purpose: 'social-payments' })).toContain('R04');
});

test.each([
  ['no identifier', { fields: MINIMAL.fields }, '"identifier" is missing'],
  ['no surname', { ...MINIMAL, fields: { precinct: { constant: '1' } } }, '"surname" is missing'],
  [
    'an unknown field',
    { ...MINIMAL, fields: { ...MINIMAL.fields, party: { column: 'p' } } },
    '"party" is not known here',
  ],
  [
    'a foreign scheme without a name',
    { ...MINIMAL, identifier: { scheme: 'foreign:', column: 'x' } },
    'foreign:NAME',
  ],
  [
    'a column and a constant',
    { ...MINIMAL, fields: { ...MINIMAL.fields, address: { column: 'a', constant: 'b' } } },
    'either "column" or "constant"',
  ],
  ['neither of them', { ...MINIMAL, fields: { ...MINIMAL.fields, sex: {} } }, 'mapping /fields/sex'],
  ['a date pattern without a month', { ...MINIMAL, dateFormat: 'YYYY-DD' }, '/dateFormat'],
  ['a delimiter of two characters', { ...MINIMAL, delimiter: '||' }, '/delimiter: must be one character'],
  ['an encoding not read here', { ...MINIMAL, encoding: 'koi8-r' }, '/encoding: must be one of'],
  ['a list of mappings', [MINIMAL], 'mapping /'],
])('%s is refused by name', (_claim, value, expected) => {
  expect(faultsOf(value)).toContain(expected);
});

test('what is not JSON is refused without quoting it: it may be the voter list itself', () => {
  const outcome = parseMapping('Асанова,Айгүл,10502199012345');
  if (outcome.kind !== 'refused') throw new Error('accepted');
  expect(outcome.faults.join()).toMatch(/not JSON(?!.*Асан)/);
});

test('missing and repeated columns are named, and nothing else of the first row is', () => {
  const outcome = findColumns(OWN_MAPPING, [
    'PIN',
    'surname',
    'given_name',
    'surname',
    'Асанова',
    'race',
    'race',
  ]);
  if (outcome.kind !== 'refused') throw new Error('accepted');
  const faults = outcome.faults.join('\n');
  expect(outcome.faults).toHaveLength(7);
  expect(faults).toContain('column "pin" (identifier) is missing: the list writes it "PIN"');
  expect(faults).toContain('column "surname" (surname) appears more than once');
  expect(faults).toContain('column "precinct" (precinct) is missing');
  expect(faults).not.toMatch(/Асанова|race/);
});

test('the columns may stand in any order, among others', () => {
  const mapping = { ...OWN_MAPPING, fields: { surname: { column: 's' }, precinct: { constant: '1001' } } };
  expect(findColumns(mapping, ['row', 'reason', ' s ', 'pin', 'race'])).toEqual({
    kind: 'columns',
    columns: { count: 5, identifier: 3, fields: { surname: { index: 2 }, precinct: { constant: '1001' } } },
  });
});
