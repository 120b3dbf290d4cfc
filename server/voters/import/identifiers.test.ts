/** Defends: a repeated identifier is found at any size, a new one is never called repeated. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seenIdentifiers } from './identifiers.ts';

test('the set answers as a Map would, for PINs and for foreign identifiers', () => {
  const pins = fc.array(fc.stringMatching(/^[12]010119\d0000\d\d$/), { maxLength: 200 });
  const foreign = fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.stringMatching(/^0{0,3}\d{1,2}$/)), {
    maxLength: 200,
  });
  for (const [isNumeric, lists] of [
    [true, pins],
    [false, foreign],
  ] as const) {
    fc.assert(
      fc.property(lists, (identifiers) => {
        const seen = seenIdentifiers(isNumeric, 4);
        const expected = new Map<string, number>();
        identifiers.forEach((identifier, index) => {
          expect(seen.firstRow(identifier, index + 1)).toBe(expected.get(identifier) ?? 0);
          if (!expected.has(identifier)) expected.set(identifier, index + 1);
        });
      }),
    );
  }
});

test('among 200,000 consecutive identifiers none is taken for another', () => {
  for (const isNumeric of [true, false]) {
    const seen = seenIdentifiers(isNumeric);
    let repeated = 0;
    for (let at = 0; at < 200_000; at++) {
      const serial = String(at).padStart(8, '0');
      if (seen.firstRow(isNumeric ? `105021${serial}` : `OH${serial}`, at + 2) !== 0) repeated++;
    }
    expect(repeated).toBe(0);
    expect(seen.firstRow(isNumeric ? '10502100000007' : 'OH00000007', 999_999)).toBe(9);
  }
});
