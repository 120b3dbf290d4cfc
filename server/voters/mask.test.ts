/** Claims: a masked field shows at most two characters of what it hides, and neither its length nor its shape. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskAddress, maskBirthDate, maskIdentifier } from './mask.ts';

/** Everything a mask let through: what is not a dot or the full stop of a date. */
const shown = (masked: string) => Array.from(masked.replace(/[•.]/g, ''));
const pin = fc.stringMatching(/^[12]\d{13}$/);
const day = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const anything = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string(), pin, day);

describe('a masked field', () => {
  it('shows at most two characters, whatever it was given', () => {
    fc.assert(
      fc.property(anything, (text) => {
        for (const mask of [maskIdentifier, maskBirthDate, maskAddress]) {
          expect(shown(mask(text)).length).toBeLessThanOrEqual(2);
          expect(mask(text) === '').toBe(text === '');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('of a PIN shows the last two digits, never the birth date inside', () => {
    expect(maskIdentifier('10503198700134')).toBe('••••••••••••34');
    fc.assert(
      fc.property(pin, (text) => {
        expect(maskIdentifier(text)).toBe(`••••••••••••${text.slice(-2)}`);
      }),
    );
  });

  it('of a foreign identifier hides its length, and all of a short one', () => {
    expect(maskIdentifier('AB-1234567890-77')).toBe('••••••••••••77');
    expect(maskIdentifier('12345678')).toBe('••••••••••••78');
    expect(maskIdentifier('1234567')).toBe('••••••••••••••');
    expect(maskIdentifier('ABCDEF😀😀')).toBe('••••••••••••😀😀');
  });

  it('of a birth date shows the century and whether the day is known', () => {
    expect(maskBirthDate('1987-03-05')).toBe('••.••.19••');
    expect(maskBirthDate('1987')).toBe('19••');
    expect(maskBirthDate('05.03.1987')).toBe('••.••.••••');
  });

  it('of two addresses looks the same', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        expect(maskAddress(a)).toBe(maskAddress(b));
      }),
    );
  });
});
