import { describe, expect, test } from 'vitest';
import { changeable } from './rules.ts';
import { checkApplicant, checkChange } from './wanted.ts';

const check = (kind: string, ...asked: [string, string][]) =>
  checkChange(
    kind,
    asked.map(([field, value]) => ({ field, new: value })),
    changeable(kind),
  );

describe('what an application asks to change', () => {
  test.each([
    ['pin', '10101199012345'],
    ['surname', 'Өмүралиева'],
    ['birthDate', '1990-01-31'],
    ['sex', 'F'],
    ['address', 'Чүй проспектиси, 1'],
  ])('%s may stand in the list', (field, value) => {
    expect(check('correction', [field, value])).toBeNull();
  });

  test.each([
    ['pin', '1010119901234'],
    ['pin', '1010119901234a'],
    ['pin', '１0101199012345'],
    ['birthDate', '1990-02-30'],
    ['birthDate', '1990'],
    ['sex', 'X'],
    ['surname', '   '],
    ['surname', 'А\nБ'],
    ['address', 'x\u0000'],
    ['address', '\u0085'],
  ])('%s cannot be %j; the refusal names the place, never the value', (field, value) => {
    const refusal = check('correction', ['givenName', 'Жаңыл'], [field, value]);
    expect(refusal).toMatchObject({ kind: 'invalid-input', field: 'change.1.new' });
    if (value.trim().length > 1) expect(refusal?.detail).not.toContain(value);
  });

  test('a field of another kind, a field named twice, and nothing at all are refused', () => {
    expect(check('correction', ['precinct', '1002'])?.field).toBe('change.0.field');
    expect(check('wrong-precinct', ['surname', 'А'])?.field).toBe('change.0.field');
    expect(check('deceased', ['address', 'А'])?.field).toBe('change.0.field');
    expect(check('correction', ['address', 'А'], ['address', 'Б'])?.field).toBe('change.1.field');
    expect(check('correction')?.field).toBe('change');
    expect(check('deceased')).toBeNull();
  });
});

describe('the applicant', () => {
  const named = { surname: 'Өмүралиева', givenName: 'Гүлзат' };

  test('needs a name that can stand in the list, and a day of birth that exists', () => {
    expect(checkApplicant(named)).toBeNull();
    expect(checkApplicant({ ...named, birthDate: '', patronymic: '', sex: '' })).toBeNull();
    expect(checkApplicant({ ...named, surname: ' \u00a0' })?.field).toBe('applicant.surname');
    expect(checkApplicant({ ...named, givenName: '\t' })?.field).toBe('applicant.givenName');
    expect(checkApplicant({ ...named, contact: 'a\r\nb' })?.field).toBe('applicant.contact');
    expect(checkApplicant({ ...named, birthDate: '1990-13-01' })?.field).toBe('applicant.birthDate');
  });
});
