import { describe, expect, it } from 'vitest';
import { parseRules } from './document.ts';
import { createEngine } from './engine.ts';
import { RuleFaults } from './faults.ts';
import type { SigmaEvent } from './fields.ts';
import { compileRules } from './ruleset.ts';
import type { Placeholders } from './values.ts';

/** Does a rule with this detection section match the event? */
function matches(
  detection: Record<string, unknown>,
  event: SigmaEvent,
  placeholders: Placeholders = {},
): boolean {
  const rule = JSON.stringify({ title: 'Rule', logsource: {}, detection });
  return (
    createEngine(compileRules(parseRules(rule, 'rule.yml'), { placeholders })).push(event, 0, 0).length === 1
  );
}
/** Does `field|modifiers: value` match? */
function item(key: string, value: unknown, event: SigmaEvent, placeholders: Placeholders = {}): boolean {
  return matches({ selection: { [key]: value }, condition: 'selection' }, event, placeholders);
}
function faultOf(detection: Record<string, unknown>): string {
  try {
    matches(detection, {});
  } catch (thrown) {
    if (thrown instanceof RuleFaults) return thrown.message;
    throw thrown;
  }
  return 'no fault';
}
const itemFault = (key: string, value: unknown) =>
  faultOf({ selection: { [key]: value }, condition: 'selection' });

describe('search identifiers', () => {
  it('a map wants all its fields, a list of maps any of its maps', () => {
    const map = { selection: { a: 'x', b: 'y' }, condition: 'selection' };
    expect(matches(map, { a: 'x', b: 'y' })).toBe(true);
    expect(matches(map, { a: 'x' })).toBe(false);
    const list = { selection: [{ a: 'x' }, { b: 'y' }], condition: 'selection' };
    expect(matches(list, { b: 'y' })).toBe(true);
    expect(matches(list, { a: 'y', b: 'x' })).toBe(false);
  });
  it('a list of values wants any of them, with all every one of them', () => {
    expect(item('a', ['x', 'y'], { a: 'y' })).toBe(true);
    expect(item('a|contains|all', ['x', 'y'], { a: 'x' })).toBe(false);
    expect(item('a|contains|all', ['x', 'y'], { a: 'yx' })).toBe(true);
  });
  it('keywords stand anywhere in any value, in any case, numbers and nested values too', () => {
    const keywords = { keywords: ['EVIL', 4625, 'a*c'], condition: 'keywords' };
    expect(matches(keywords, { message: 'the evil one' })).toBe(true);
    expect(matches(keywords, { deep: [{ id: 4625 }] })).toBe(true);
    expect(matches(keywords, { message: 'xx abbbc xx' })).toBe(true);
    expect(matches(keywords, { evil: 'fine' })).toBe(false);
    expect(matches({ keywords: 'evil', condition: 'keywords' }, { m: 'devil' })).toBe(true);
  });
  it('with all, every keyword stands in some value', () => {
    const keywords = { keywords: { '|all': ['one', 'two'] }, condition: 'keywords' };
    expect(matches(keywords, { a: 'one', b: 'two' })).toBe(true);
    expect(matches(keywords, { a: 'one' })).toBe(false);
  });
  it('keywords may be regular expressions', () => {
    expect(matches({ k: { '|re': 'ab+c' }, condition: 'k' }, { m: 'xabbcx' })).toBe(true);
  });
});

describe('fields', () => {
  it('a dotted name is a key or a path, the key first', () => {
    expect(item('event.action', 'x', { 'event.action': 'x' })).toBe(true);
    expect(item('event.action', 'x', { event: { action: 'x' } })).toBe(true);
    expect(item('a.b.c', 'x', { 'a.b': { c: 'x' } })).toBe(true);
    expect(item('a.b.c', 'x', { a: { 'b.c': 'x' } })).toBe(true);
    expect(item('a.b', 'x', { 'a.b': 'y', a: { b: 'x' } })).toBe(false);
  });
  it('a name of many steps is read without trying every way to split it first', () => {
    const deep = Array(60).fill('a').join('.');
    expect(item(deep, 'x', { a: { [Array(59).fill('a').join('.')]: 'x' } })).toBe(true);
    let nested: unknown = { b: 'x' };
    for (let i = 0; i < 50_000; i++) nested = [nested];
    expect(item('a.b', 'x', { a: nested })).toBe(false);
  });
  it('an array matches by any element, also on the way to the field', () => {
    expect(item('a', 'x', { a: ['y', 'x'] })).toBe(true);
    expect(item('a.b', 'x', { a: [{ b: 'y' }, { b: 'x' }] })).toBe(true);
    expect(item('a', 'x', { a: [] })).toBe(false);
  });
  it('what the event inherits is not a field', () => {
    expect(item('constructor.name', 'Object', {})).toBe(false);
    expect(item('toString|exists', true, {})).toBe(false);
  });
});

describe('values', () => {
  it('strings are compared whole and without regard to case, in every alphabet', () => {
    expect(item('a', 'Whoami', { a: 'WHOAMI' })).toBe(true);
    expect(item('a', 'Өмүрбек', { a: 'өмҮРБЕК' })).toBe(true);
    expect(item('a', 'who', { a: 'whoami' })).toBe(false);
    expect(item('a|cased', 'Whoami', { a: 'whoami' })).toBe(false);
  });
  it('a letter without case is one letter, wherever in a word it stands', () => {
    expect(item('a', '?stanbul', { a: 'İstanbul' })).toBe(true);
    expect(item('a', 'İstanbul', { a: 'İSTANBUL' })).toBe(true);
    expect(item('a', 'ΟΔΟΣ', { a: 'οδοσ' })).toBe(true);
    expect(item('a', 'ΟΔΟΣ', { a: 'οδος' })).toBe(true);
    expect(item('a|startswith', 'ΟΔΟΣ', { a: 'ΟΔΟΣΑ' })).toBe(true);
    expect(item('a|fieldref|startswith', 'b', { a: 'ΟΔΟΣΑ', b: 'ΟΔΟΣ' })).toBe(true);
  });
  it('wildcards: * is any length, ? is one character', () => {
    expect(item('a', 'pro?.exe', { a: 'prog.exe' })).toBe(true);
    expect(item('a', 'pro?.exe', { a: 'pro.exe' })).toBe(false);
    expect(item('a', 'a*b*c', { a: 'a-b-b-c' })).toBe(true);
    expect(item('a', 'a*b*c', { a: 'a-c-b' })).toBe(false);
    expect(item('a', 'x?y', { a: 'x😀y' })).toBe(true);
    expect(item('a', '*', { a: '' })).toBe(true);
  });
  it('a backslash is itself, and escapes a wildcard or a backslash', () => {
    expect(item('a', 'C:\\Windows', { a: 'c:\\windows' })).toBe(true);
    expect(item('a', 'C:\\\\Windows', { a: 'c:\\windows' })).toBe(true);
    expect(item('a', '\\*', { a: '*' })).toBe(true);
    expect(item('a', '\\*', { a: '\\x' })).toBe(false);
    expect(item('a', '\\\\*', { a: '\\x' })).toBe(true);
    expect(item('a', '\\\\\\*', { a: '\\*' })).toBe(true);
    expect(item('a', '\\\\\\*', { a: '\\x' })).toBe(false);
    expect(item('a', '\\\\\\\\', { a: '\\\\' })).toBe(true);
    expect(item('a', '\\\\\\', { a: '\\\\' })).toBe(true);
  });
  it('numbers and booleans equal their texts', () => {
    expect(item('a', 517, { a: 517 })).toBe(true);
    expect(item('a', 517, { a: '517' })).toBe(true);
    expect(item('a', '517', { a: 517 })).toBe(true);
    expect(item('a', 517, { a: 5170 })).toBe(false);
    expect(item('a', true, { a: 'TRUE' })).toBe(true);
    expect(item('a', 'false', { a: false })).toBe(true);
  });
  it('null is a field that is absent or null, the empty text only an empty text', () => {
    expect(item('a', null, {})).toBe(true);
    expect(item('a', null, { a: null })).toBe(true);
    expect(item('a', null, { a: '' })).toBe(false);
    expect(item('a', '', { a: '' })).toBe(true);
    expect(item('a', '', {})).toBe(false);
    expect(item('a', '', { a: null })).toBe(false);
  });
});

describe('modifiers', () => {
  it('contains, startswith and endswith keep wildcards inside', () => {
    expect(item('a|contains', 'b?d', { a: 'xxBcDxx' })).toBe(true);
    expect(item('a|startswith', 'ab', { a: 'ABc' })).toBe(true);
    expect(item('a|startswith', 'ab', { a: 'xab' })).toBe(false);
    expect(item('a|endswith', '\\cmd.exe', { a: 'C:\\Cmd.exe' })).toBe(true);
    expect(item('a|contains|cased', 'B', { a: 'abc' })).toBe(false);
    expect(item('a|startswith', 42, { a: 421 })).toBe(true);
  });
  it('exists asks for the field, whatever its value', () => {
    expect(item('a|exists', true, { a: null })).toBe(true);
    expect(item('a|exists', true, { a: '' })).toBe(true);
    expect(item('a|exists', true, {})).toBe(false);
    expect(item('a|exists', false, {})).toBe(true);
  });
  it('gt, gte, lt and lte compare numbers, also numbers written as text', () => {
    expect(item('a|gt', 5, { a: 5 })).toBe(false);
    expect(item('a|gte', 5, { a: '5' })).toBe(true);
    expect(item('a|lt', 5, { a: 4.9 })).toBe(true);
    expect(item('a|lte', 5, { a: 'five' })).toBe(false);
    expect(item('a|lte', 5, { a: '' })).toBe(false);
    expect(item('a|lt', 5, {})).toBe(false);
  });
  it('neq is true of everything that equals none of the values', () => {
    expect(item('a|neq', ['x', 'y'], { a: 'z' })).toBe(true);
    expect(item('a|neq', ['x', 'y'], { a: 'Y' })).toBe(false);
    expect(item('a|neq', 5, { a: 6 })).toBe(true);
    expect(item('a|neq', 'x', {})).toBe(true);
    expect(item('a|neq', 'x', { a: ['y', 'x'] })).toBe(false);
  });
  it('cidr knows both families and masks host bits', () => {
    expect(item('ip|cidr', '10.0.0.0/8', { ip: '10.255.3.1' })).toBe(true);
    expect(item('ip|cidr', '10.0.0.0/8', { ip: '11.0.0.1' })).toBe(false);
    expect(item('ip|cidr', ['192.168.1.77/24', '::1/128'], { ip: '192.168.1.2' })).toBe(true);
    expect(item('ip|cidr', '2001:db8::/32', { ip: '2001:0DB8:1::9' })).toBe(true);
    expect(item('ip|cidr', '2001:db8::/32', { ip: '2001:db9::1' })).toBe(false);
    expect(item('ip|cidr', '0.0.0.0/0', { ip: '::1' })).toBe(false);
    expect(item('ip|cidr', '10.0.0.0/8', { ip: 'ten' })).toBe(false);
    expect(item('ip|cidr', '::ffff:0:0/96', { ip: '::ffff:10.1.2.3' })).toBe(true);
  });
  it('re searches anywhere, minding case unless i is given', () => {
    expect(item('a|re', 'b.d', { a: 'abcde' })).toBe(true);
    expect(item('a|re', '^b', { a: 'abc' })).toBe(false);
    expect(item('a|re', 'ABC', { a: 'abc' })).toBe(false);
    expect(item('a|re|i', 'ABC', { a: 'abc' })).toBe(true);
    expect(item('a|re', 'a.b', { a: 'a\nb' })).toBe(false);
    expect(item('a|re|s', 'a.b', { a: 'a\nb' })).toBe(true);
    expect(item('a|re|m', '^b$', { a: 'a\nb\nc' })).toBe(true);
    expect(item('a|re', '^b$', { a: 'a\nb\nc' })).toBe(false);
  });
  it('base64 and utf16 encode the value', () => {
    const utf16 = Buffer.from('cmd', 'utf16le').toString('base64');
    expect(item('a|base64', 'http://', { a: Buffer.from('http://').toString('base64') })).toBe(true);
    expect(item('a|wide|base64', 'cmd', { a: utf16 })).toBe(true);
    expect(item('a|utf16le|base64', 'cmd', { a: utf16 })).toBe(true);
    expect(item('a|utf16|base64', 'cmd', { a: Buffer.from('\ufeffcmd', 'utf16le').toString('base64') })).toBe(
      true,
    );
    expect(
      item('a|utf16be|base64', 'cmd', { a: Buffer.from([0, 99, 0, 109, 0, 100]).toString('base64') }),
    ).toBe(true);
    expect(item('a|utf16|base64', 'cmd', { a: utf16 })).toBe(false);
  });
  it('base64offset finds the value wherever it stands in the encoded text', () => {
    for (const before of ['', 'x', 'xy', 'xyz', 'xyzw']) {
      for (const after of ['', 'q', 'qr']) {
        const encoded = Buffer.from(`${before}foobar${after}`).toString('base64');
        expect(item('a|base64offset|contains', 'foobar', { a: encoded })).toBe(true);
      }
    }
    expect(item('a|base64offset|contains', 'foobar', { a: Buffer.from('xfoobaz').toString('base64') })).toBe(
      false,
    );
    const wide = Buffer.concat([Buffer.from('x'), Buffer.from('Өм', 'utf16le')]).toString('base64');
    expect(item('a|wide|base64offset|contains', 'Өм', { a: wide })).toBe(true);
  });
  it('windash lets the five dashes stand for each other', () => {
    for (const dash of ['-', '/', '–', '—', '―'])
      expect(item('a|windash|contains', ' -f ', { a: `cmd ${dash}f x` })).toBe(true);
    expect(item('a|windash|contains', '-a /b', { a: '/A –B' })).toBe(true);
    expect(item('a|windash|contains', ' -f ', { a: 'cmd +f x' })).toBe(false);
  });
  it('fieldref compares two fields of the event', () => {
    expect(item('a|fieldref', 'b', { a: 'X', b: 'x' })).toBe(true);
    expect(item('a|fieldref|cased', 'b', { a: 'X', b: 'x' })).toBe(false);
    expect(item('a|fieldref', 'b', { a: 'x' })).toBe(false);
    expect(item('a|fieldref', 'b', {})).toBe(false);
    expect(item('a|fieldref|startswith', 'b', { a: 'xyz', b: 'xy' })).toBe(true);
    expect(item('a|fieldref|endswith', 'b', { a: 'xyz', b: 'xy' })).toBe(false);
    expect(item('a|fieldref|contains', 'b', { a: 'xyz', b: 'y' })).toBe(true);
    expect(item('a|contains|fieldref', 'b', { a: 'xyz', b: 'y' })).toBe(true);
    expect(item('a|fieldref|neq', 'b', { a: 'x', b: 'y' })).toBe(true);
    expect(item('a|fieldref|neq', 'b', { a: 'x', b: 'x' })).toBe(false);
    expect(item('a|fieldref', 'b.c', { a: 'y', b: { c: ['x', 'y'] } })).toBe(true);
  });
  it('expand puts configured values for placeholders, and only with the modifier', () => {
    const config = { Servers: ['srv*', 'db1'], n: [7] };
    expect(item('a|expand', '%Servers%', { a: 'srv42' }, config)).toBe(true);
    expect(item('a|expand', 'x-%Servers%-%n%', { a: 'x-db1-7' }, config)).toBe(true);
    expect(item('a|expand', '\\%plain%n%', { a: '%plain7' }, config)).toBe(true);
    expect(item('a|expand|endswith', '%n%', { a: '17' }, config)).toBe(true);
    expect(item('a', '%Servers%', { a: '%Servers%' })).toBe(true);
    expect(itemFault('a|expand', '%Nobody%')).toContain('placeholder %Nobody% has no values');
  });
  it('time modifiers read a number out of a date as it is written', () => {
    const event = { at: '2024-12-30T23:05:00+06:00' };
    expect(item('at|hour', 23, event)).toBe(true);
    expect(item('at|minute', [5, 6], event)).toBe(true);
    expect(item('at|day', 30, event)).toBe(true);
    expect(item('at|month', 12, event)).toBe(true);
    expect(item('at|year', 2024, event)).toBe(true);
    expect(item('at|week', 1, event)).toBe(true);
    expect(item('at|hour|gte', 22, event)).toBe(true);
    expect(item('at|hour|lt', 22, event)).toBe(false);
    expect(item('at|hour', 23, { at: 'noon' })).toBe(false);
  });
});

describe('conditions', () => {
  const with3 = (condition: unknown) => ({
    sel_a: { a: 1 },
    sel_b: { b: 1 },
    filter: { f: 1 },
    _hidden: { h: 1 },
    condition,
  });
  it('or binds weakest, then and, then not', () => {
    expect(matches(with3('sel_a or sel_b and filter'), { a: 1 })).toBe(true);
    expect(matches(with3('(sel_a or sel_b) and filter'), { a: 1 })).toBe(false);
    expect(matches(with3('not sel_a and sel_b'), { b: 1 })).toBe(true);
    expect(matches(with3('not (sel_a and sel_b)'), { b: 1 })).toBe(true);
    expect(matches(with3('not sel_a or sel_b'), {})).toBe(true);
    expect(matches(with3('not not sel_a'), { a: 1 })).toBe(true);
  });
  it('1 of and all of take patterns and them, leaving out names that start with _', () => {
    expect(matches(with3('1 of sel_*'), { b: 1 })).toBe(true);
    expect(matches(with3('all of sel_*'), { b: 1 })).toBe(false);
    expect(matches(with3('all of sel_* and not 1 of filter*'), { a: 1, b: 1 })).toBe(true);
    expect(matches(with3('1 of them'), { h: 1 })).toBe(false);
    expect(matches(with3('all of them'), { a: 1, b: 1, f: 1 })).toBe(true);
    expect(matches(with3('1 of *'), { h: 1 })).toBe(false);
    expect(matches(with3('_hidden'), { h: 1 })).toBe(true);
    expect(matches(with3('not 1 of sel_* and filter'), { f: 1 })).toBe(true);
    expect(matches(with3('1 of s*_b'), { b: 1 })).toBe(true);
  });
  it('a list of conditions is any of them', () => {
    expect(matches(with3(['sel_a', 'sel_b and filter']), { b: 1, f: 1 })).toBe(true);
    expect(matches(with3(['sel_a', 'sel_b and filter']), { b: 1 })).toBe(false);
  });
});

describe('what cannot be meant is refused, naming field and next step', () => {
  it.each([
    [
      'an unknown modifier',
      { s: { 'a|contians': 'x' }, condition: 's' },
      's.a|contians: the modifier "contians" is not known',
    ],
    [
      'an unknown name in the condition',
      { s: { a: 1 }, condition: 's and t' },
      'condition: "t" is not defined. Next: use one of: s',
    ],
    ['a pattern that selects nothing', { s: { a: 1 }, condition: '1 of t*' }, 'nothing is named "t*"'],
    [
      'more than a pattern selects',
      { s: { a: 1 }, condition: '2 of s*' },
      'condition: "2 of s*" can never hold: 1 in all. Next: write a number up to 1',
    ],
    ['an unclosed parenthesis', { s: { a: 1 }, condition: '(s' }, 'a parenthesis is not closed'],
    [
      'a condition with something left over',
      { s: { a: 1 }, condition: 's s' },
      '"s" follows a complete expression',
    ],
    ['the old pipe syntax', { s: { a: 1 }, condition: 's | count() > 5' }, 'old pipe syntax'],
    ['null in a list', { s: { a: ['', null] }, condition: 's' }, 's.a: null stands in a list'],
    ['an empty list', { s: { a: [] }, condition: 's' }, 's.a: the list of values is empty'],
    ['an empty map', { s: {}, condition: 's' }, 's: the map is empty'],
    ['all of a single value', { s: { 'a|all': 'x' }, condition: 's' }, 'the modifier all has a single value'],
    ['a comparison with text', { s: { 'a|gt': 'x' }, condition: 's' }, 'the modifier gt does not fit'],
    [
      'exists without true or false',
      { s: { 'a|exists': 'x' }, condition: 's' },
      'the modifier exists does not fit',
    ],
    [
      'a broken network',
      { s: { 'a|cidr': '10.0.0.0/99' }, condition: 's' },
      'the modifier cidr does not fit',
    ],
    [
      'a wildcard under base64',
      { s: { 'a|base64': 'x*' }, condition: 's' },
      'the modifier base64 does not fit',
    ],
    ['i without re', { s: { 'a|i': 'x' }, condition: 's' }, 'the modifier i does not fit'],
    ['a map as a value', { s: { a: { b: 1 } }, condition: 's' }, 's.a: a value is neither text, number'],
    ['no search identifier', { condition: 's' }, 'no search identifier is defined'],
  ])('%s', (_, detection, fault) => {
    expect(faultOf(detection)).toContain(fault);
  });
  it('look-around, backreferences and other expressions outside the flavour', () => {
    for (const source of [
      '(?=a)',
      '(?<!a)b',
      '(a)\\1',
      'a++',
      '(?>a)',
      '\\p{L}',
      '[[:alpha:]]',
      'a{2000}',
      '(',
      '*a',
      '[z-a]',
    ])
      expect(itemFault('a|re', source)).toContain('regular expression');
  });
});
