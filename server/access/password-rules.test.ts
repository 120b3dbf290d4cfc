// What a new password may be (R45; ASVS 6.2).
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { coresOf, createPasswordRules } from './password-rules.ts';
import { readPasswordPolicy } from './policy-files.ts';

const rules = createPasswordRules(readPasswordPolicy(join(import.meta.dirname, '..', '..', 'policies')));
const owner = {
  login: 'aibek.toktosunov',
  surname: 'Токтосунов',
  givenName: 'Айбек',
  patronymic: 'Маратович',
};
const rule = (password: string) => rules.judge(password, owner).rule;

describe('a new password', () => {
  test('ASVS 6.2.1 has at least eight characters: seven are refused, eight accepted', () => {
    expect(rule('Kx7#mQ2')).toBe('too-short');
    expect(rule('Kx7#mQ2z')).toBeNull();
  });

  test('ASVS 6.2.9 may have 64 and 128 characters; all of them count', () => {
    const long = (n: number) => `Kx7#${'walnut orbit kettle lamp '.repeat(6)}`.slice(0, n);
    expect(rule(long(64))).toBeNull();
    expect(rule(long(128))).toBeNull();
    expect(rule(`${long(128)}z`)).toBe('too-long');
  });

  test('characters are counted, not bytes or UTF-16 units, after NFC', () => {
    expect(rule('Kx7#😀😀')).toBe('too-short');
    expect(rule('Kx7#й\u0438\u0306ө')).toBe('too-short');
    expect(rule('Kx7#йүүң')).toBeNull();
  });

  test('R45 asks for all four groups, and Cyrillic letters are none of them', () => {
    expect(rule('kx7#mq2z')).toBe('needs-upper');
    expect(rule('KX7#MQ2Z')).toBe('needs-lower');
    expect(rule('Kxr#mQtz')).toBe('needs-digit');
    expect(rule('Kx7fmQ2z')).toBe('needs-special');
    expect(rule('Жж7#ЖжЖж7')).toBe('needs-upper');
    expect(rule('Kx7жmQ2z')).toBe('needs-special');
  });

  test.each([
    'Password1!',
    'P@ssw0rd',
    'Qwerty123!',
    'Welcome1!',
    'Summer2024!',
    '!QAZ2wsx',
    'Abcd1234!',
    'Iloveyou1!',
  ])('ASVS 6.2.4 6.2.12 %s is a common one with additions', (password) => {
    expect(rule(password)).toBe('common');
  });

  test.each([
    ['Aibek.toktosunov1', 'about-you'],
    ['xT0ktosun0v#9', 'about-you'],
    ['Xk9#токтосунов', 'about-you'],
    ['Zx9#Marat0vich', 'about-you'],
    ['Kuzot#2025q', 'commission-word'],
    ['Zq4-Sh@iloo', 'commission-word'],
    ['my-Auditor-77', 'commission-word'],
    ['Пароль-Xk9', 'commission-word'],
  ] as const)('ASVS 6.2.11 %s is refused: %s', (password, expected) => {
    expect(rule(password)).toBe(expected);
  });

  test('what a guesser finds within a million tries is refused', () => {
    expect(rule('Aa1!Aa1!')).toBe('too-easy');
    expect(rules.judge('correct-Horse-9-battery', owner)).toEqual({ rule: null, score: 4 });
  });

  test('control characters, NUL among them, are refused', () => {
    expect(rule('Kx7#mQ2z\u0000')).toBe('control-character');
    expect(rule('Kx7#mQ2z\n')).toBe('control-character');
  });

  test('judging the longest password stays quick: only forty characters are estimated', () => {
    const verdict = rules.judge(`Kx7#${'aB3$'.repeat(31)}`, owner);
    expect(verdict.score).not.toBeNull();
  });
});

test('the core of a password is what remains without the usual additions', () => {
  expect(coresOf('p@ssw0rd!2024')).toContain('password');
  expect(coresOf('!qaz2wsx')).toContain('1qaz2wsx');
  expect(coresOf('monkey-xk29!fl0q')).not.toContain('monkey');
});
