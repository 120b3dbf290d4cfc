/** Defends: 14 digits or refused, disagreement is only a flag, a mask never shows sex or birth date. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskPin, parsePin, pinDisagreements } from './pin.ts';

test('only 14 ASCII digits are a PIN; white space around them is forgiven', () => {
  expect(parsePin(' 10502199012345\u00a0')).toEqual({ kind: 'pin', pin: '10502199012345' });
  for (const text of [
    '',
    '1050219901234',
    '105021990123456',
    '1.0502199E+13',
    '1050219901234O',
    '1050219 901234',
    '١٠٥٠٢١٩٩٠١٢٣٤٥',
  ]) {
    expect(parsePin(text)).toEqual({ kind: 'refused', reason: 'not-14-digits' });
  }
});

test('a PIN that disagrees with the sex or the birth date is flagged, never refused', () => {
  const pin = '10502199012345';
  expect(pinDisagreements(pin, 'F', '1990-02-05')).toEqual([]);
  expect(pinDisagreements(pin, 'M', '1990-02-05')).toEqual(['sex']);
  expect(pinDisagreements(pin, 'F', '1990-05-02')).toEqual(['birth-date']);
  expect(pinDisagreements(pin, 'F', '1991-02-05')).toEqual(['birth-date']);
  expect(pinDisagreements(pin, 'F', '1990-02-06')).toEqual(['birth-date']);
  expect(pinDisagreements('90000000000000', 'M', '1990-02-05')).toEqual(['sex', 'birth-date']);
  expect(parsePin('90000000000000').kind).toBe('pin');
});

test('what is unknown is not compared, and a year alone is compared as a year', () => {
  expect(pinDisagreements('10502199012345', null, null)).toEqual([]);
  expect(pinDisagreements('10502199012345', null, '1990')).toEqual([]);
  expect(pinDisagreements('10502199012345', null, '1991')).toEqual(['birth-date']);
});

test('a mask keeps the length and hides all but the last digits, sex and birth date always', () => {
  expect(maskPin('10502199012345')).toBe('••••••••••2345');
  expect(maskPin('ABCDEFGHIJKLMNOPQRST')).toBe(`${'•'.repeat(16)}QRST`);
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Z0-9]{0,20}$/), (identifier) => {
      const masked = maskPin(identifier);
      expect(masked).toHaveLength(identifier.length);
      expect(masked.replace(/•/g, '').length).toBeLessThanOrEqual(Math.min(4, identifier.length / 3));
    }),
  );
});
