import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalValue, canonicalJson } from '../canonical.ts';
import { isCanonicalJson } from './leaf.ts';

const accepts = (text: string) => isCanonicalJson(Buffer.from(text));

/** The slow way: parse, write canonically, compare. */
function bySerialising(bytes: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return canonicalJson(JSON.parse(text) as CanonicalValue) === text;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}

const words = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom('a', 'b', '"', '\\', '\n', '\u0001', '\u001f', 'ө', '\u{1f600}', '\ufb33'),
  }),
);
const { value } = fc.letrec<{ value: CanonicalValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    words,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(words, tie('value'), { maxKeys: 6 }),
  ),
}));

describe('the check of a stored leaf', () => {
  it('accepts whatever canonicalJson writes', () => {
    fc.assert(
      fc.property(value, (any) => {
        expect(accepts(canonicalJson(any))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with parsing and writing again on any change of a byte', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.nat(255), (any, place, byte) => {
        const bytes = Buffer.from(canonicalJson(any));
        bytes[place % bytes.length] = byte;
        expect(isCanonicalJson(bytes), bytes.toString()).toBe(bySerialising(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with parsing and writing again on members in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(words, fc.nat(3)), { maxLength: 4 }), (members) => {
        const text = `{${members.map(([key, n]) => `${JSON.stringify(key)}:${n}`).join(',')}}`;
        expect(accepts(text), text).toBe(bySerialising(Buffer.from(text)));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    '',
    ' {}',
    '{} ',
    '{"a": 1}',
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":1,}',
    '[1,]',
    '01',
    '-0',
    '1.0',
    '1e3',
    '-',
    '9007199254740992',
    '99999999999999999999',
    '"\\/"',
    '"\\u0041"',
    '"\\u000a"',
    '"\\u001F"',
    '"\\ud800"',
    '"a',
    '"\\',
    '{"a":1',
    'tru',
    'nulll',
    '{"\\u0001":1,"\\n":1,"\\u0002":1}',
  ])('refuses %j', (text) => {
    expect(accepts(text)).toBe(false);
    expect(bySerialising(Buffer.from(text))).toBe(false);
  });

  it('looks only at the part of the buffer it is given, and at no more than 65,535 bytes', () => {
    const buffer = Buffer.from('[1]{"a":true}x');
    expect(isCanonicalJson(buffer, 3, 13)).toBe(true);
    expect(isCanonicalJson(buffer, 3, 12)).toBe(false);
    expect(isCanonicalJson(buffer, 3, 14)).toBe(false);
    expect(accepts(`"${'a'.repeat(65_533)}"`)).toBe(true);
    expect(accepts(`"${'a'.repeat(65_534)}"`)).toBe(false);
    expect(
      isCanonicalJson(Buffer.concat([Buffer.from('"'), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('"')])),
    ).toBe(false);
    expect(accepts(`${'['.repeat(64)}${']'.repeat(64)}`)).toBe(true);
    expect(accepts(`${'['.repeat(65)}${']'.repeat(65)}`)).toBe(false);
  });
});
