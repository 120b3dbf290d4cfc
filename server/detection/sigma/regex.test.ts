import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMs } from '#server/test/cpu-time.ts';
import { compilePattern, parsePattern } from './pattern.ts';
import { compileRegex } from './regex.ts';

const none = { i: false, m: false, s: false };

describe('regular expressions', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '\\d',
    '\\w',
    '(?:a|b)',
    '\\.',
    '\\b',
    '^',
    '$',
  );
  const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{0,}', '*?');
  const piece = fc
    .tuple(atom, quantifier)
    .map(([one, many]) => (/^(\^|\$|\\b)$/.test(one) ? one : one + many));
  const branch = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
  const group = fc.tuple(branch, branch, quantifier).map(([one, other, many]) => `(${one}|${other})${many}`);
  const source = fc
    .array(fc.oneof(branch, group), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(''));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '1', '.', ' '), maxLength: 12 });

  it('match what JavaScript matches where the two agree on the meaning', () => {
    fc.assert(
      fc.property(source, text, fc.boolean(), (pattern, subject, insensitive) => {
        const expected = new RegExp(pattern, insensitive ? 'i' : '').test(subject);
        expect(compileRegex(pattern, { ...none, i: insensitive })(subject)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('1.3.12 the expressions that stall backtracking engines take steps in proportion to the text', () => {
    const subject = `${'a'.repeat(20_000)}!`;
    for (const pattern of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(a*)*b', '(.*a){12}$'])
      expect(compileRegex(pattern, none)(subject)).toBe(false);
  });

  it('1.3.12 nor are repetitions of nothing counted through, however deep they are nested', () => {
    for (const nothing of ['()', '(a{0})', '(^{0})', '(|b{0})']) {
      const nested = Array.from({ length: 12 }).reduce<string>((inner) => `(${inner}){1000}`, nothing);
      const started = cpuMs();
      try {
        compileRegex(nested, none)('a');
      } catch (fault) {
        expect(String(fault)).toMatch(/too large/);
      }
      expect(cpuMs() - started, nothing).toBeLessThan(1_000);
    }
    expect(compileRegex('^(){3}a(b{0}){5}c$', none)('ac')).toBe(true);
  });

  it('$ also stands before a last line end, as in PCRE, and \\z does not', () => {
    expect(compileRegex('a$', none)('a\n')).toBe(true);
    expect(compileRegex('a\\z', none)('a\n')).toBe(false);
  });

  it('inline flags hold to the end of their group', () => {
    expect(compileRegex('(?i)abc', none)('xABCx')).toBe(true);
    expect(compileRegex('(?i:a)b', none)('AB')).toBe(false);
    expect(compileRegex('(?i:a)b', none)('Ab')).toBe(true);
  });

  it('characters outside the basic plane are one character', () => {
    expect(compileRegex('^.$', none)('😀')).toBe(true);
    expect(compileRegex('^[😀-😂]$', none)('😁')).toBe(true);
    expect(compileRegex('^ӨМ$', { ...none, i: true })('өм')).toBe(true);
  });
});

describe('wildcard patterns', () => {
  it('match what the same regular expression matches', () => {
    const part = fc.constantFrom('a', 'b', '?', '*', 'ab');
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 7 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'B'), maxLength: 10 }),
        (parts, subject) => {
          const source = parts.join('').replaceAll('?', '.').replaceAll('*', '.*');
          const expected = new RegExp(`^${source}$`, 'is').test(subject);
          expect(compilePattern(parsePattern(parts.join('')), false)(subject)).toBe(expected);
        },
      ),
      { numRuns: 3000 },
    );
  });
  it('1.3.12 many wildcards over a long text stay quick', () => {
    const matches = compilePattern(parsePattern(`${'*a'.repeat(50)}*b`), false);
    expect(matches('a'.repeat(50_000))).toBe(false);
  });
});
