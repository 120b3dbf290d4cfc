import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalValue, canonicalJson } from './canonical.ts';

const { value } = fc.letrec<{ value: CanonicalValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), { maxKeys: 6 }),
  ),
}));

describe('canonical JSON (RFC 8785)', () => {
  it('orders keys by UTF-16 code units, as the example of RFC 8785 §3.2.3', () => {
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(canonicalJson(keys)).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
  });

  it('escapes only what must be escaped, and with the short forms', () => {
    expect(canonicalJson('\u0000\b\t\n\f\r\u001f"\\/\u007f\u2028€')).toBe(
      '"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\u007f\u2028€"',
    );
  });

  it('gives one text for one value, whatever order its keys were written in', () => {
    fc.assert(
      fc.property(value, (any) => {
        const text = canonicalJson(any);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(any)));
        expect(canonicalJson(reversed(any))).toBe(text);
        expect(canonicalJson(JSON.parse(text) as CanonicalValue)).toBe(text);
      }),
    );
  });

  it('sorts keys that look like numbers as text', () => {
    expect(canonicalJson({ '10': 1, '9': 2, a: 3 })).toBe('{"10":1,"9":2,"a":3}');
  });

  it.each<[string, unknown, string]>([
    ['a fraction', { n: 1.5 }, '$.n holds the number 1.5'],
    ['a number too big to be exact', [2 ** 53], '$[0] holds the number 9007199254740992'],
    ['not a number', { a: [{ b: Number.NaN }] }, '$.a[0].b holds the number NaN'],
    ['undefined', { a: undefined }, '$.a holds a value of type undefined'],
    ['a hole', new Array(2), '$[0] holds a value of type undefined'],
    ['a bigint', 1n, '$ holds a value of type bigint'],
    ['a date', { at: new Date(0) }, '$.at holds an object of a class'],
    ['bytes', { raw: new Uint8Array(2) }, '$.raw holds an object of a class'],
    ['a function', { toJSON: () => 'x' }, '$.toJSON holds a value of type function'],
    ['a lone surrogate', { name: 'a\ud800' }, '$.name holds a lone surrogate'],
    ['a lone surrogate in a key', { '\udc00': 1 }, 'a key with a lone surrogate'],
  ])('refuses %s and names its place', (_, refused, message) => {
    expect(() => canonicalJson(refused as CanonicalValue)).toThrow(TypeError);
    expect(() => canonicalJson(refused as CanonicalValue)).toThrow(message);
  });

  it('refuses a cycle instead of running on', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(() => canonicalJson(cycle as CanonicalValue)).toThrow('a cycle');
  });
});

function reversed(any: CanonicalValue): CanonicalValue {
  if (Array.isArray(any)) return any.map(reversed);
  if (typeof any !== 'object' || any === null) return any;
  return Object.fromEntries(
    Object.entries(any)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
