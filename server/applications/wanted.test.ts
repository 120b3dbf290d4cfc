import { describe, expect, test } from 'vitest';
import { checkApplicant, checkChange } from './wanted.ts';

const today = '2026-11-26';
const check = (kind: string, ...asked: [string, string][]) =>
  checkChange(
    kind,
    asked.map(([field, value]) => ({ field, new: value })),
    today,
  );

describe('what an application asks to change', () => {
  test.each([
    ['pin', '10101199012345'],
    ['surname', 'Өмүралиева'],
    ['surname', 'Дем’яненко-Уулу'],
    ['surname', 'и\u0301ванов'],
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
    ['birthDate', '2026-11-27'],
    ['sex', 'X'],
    ['surname', '   '],
    ['surname', 'А\nБ'],
    ['address', 'x\u0000'],
    ['address', '\u0085'],
    // Read as another name, or as none.
    ['surname', 'Асан\u202eвонасА'],
    ['surname', 'Асан\u200bов'],
    ['surname', 'Асан\u00adов'],
    ['surname', '\u200b\u2060'],
    ['surname', '\u3164'],
    ['surname', '\u2800'],
    ['surname', '- .'],
    ['givenName', 'Айгүл\u{e0041}\u{e0042}'],
    ['givenName', 'Айгүл\ufe0f'],
    ['address', 'Чүй \ue000'],
    ['address', 'Чүй, 1\u2028'],
    ['surname', `А${'\u0301'.repeat(40)}санов`],
  ])('%s cannot be %j; the refusal names the place, never the value', (field, value) => {
    const refusal = check('correction', ['patronymic', 'Жаңыловна'], [field, value]);
    expect(refusal).toMatchObject({ kind: 'invalid-input', field: 'change.1.new' });
    if (value.trim().length > 1) expect(refusal?.detail).not.toContain(value);
  });

  test('a field of another kind, a field named twice, and nothing at all are refused', () => {
    expect(check('correction', ['precinct', '1002'])?.field).toBe('change.0.field');
    expect(check('wrong-precinct', ['surname', 'А'])?.field).toBe('change.0.field');
    expect(check('deceased', ['address', 'А'])?.field).toBe('change.0.field');
    expect(check('correction', ['address', 'А'], ['address', 'Б'])?.field).toBe('change.1.field');
    expect(check('correction')?.field).toBe('change');
    for (const kind of ['deceased', 'disability', 'institution']) expect(check(kind)).toBeNull();
    expect(check('disability', ['precinct', '1002'])).toBeNull();
  });
});

describe('the applicant', () => {
  const named = { surname: 'Өмүралиева', givenName: 'Гүлзат' };

  test('needs a name that can stand in the list, and a day of birth that exists', () => {
    expect(checkApplicant(named, today)).toBeNull();
    expect(checkApplicant({ ...named, birthDate: '', patronymic: '', sex: '' }, today)).toBeNull();
    expect(checkApplicant({ ...named, surname: ' \u00a0' }, today)?.field).toBe('applicant.surname');
    expect(checkApplicant({ ...named, givenName: '\t' }, today)?.field).toBe('applicant.givenName');
    expect(checkApplicant({ ...named, contact: 'a\r\nb' }, today)?.field).toBe('applicant.contact');
    expect(checkApplicant({ ...named, patronymic: 'А\u202eБ' }, today)?.field).toBe('applicant.patronymic');
    expect(checkApplicant({ ...named, surname: '\u200b' }, today)?.field).toBe('applicant.surname');
    for (const birthDate of ['1990-13-01', '2026-11-27'])
      expect(checkApplicant({ ...named, birthDate }, today)?.field).toBe('applicant.birthDate');
  });
});
