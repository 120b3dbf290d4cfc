/**
 * The values of a rule and the modifiers that change them, applied in the order written
 * (`CommandLine|wide|base64offset|contains`). A value ends as one test over one scalar of an event.
 * Source: Sigma modifiers appendix 2.1.
 */
import { Fault } from './faults.ts';
import { fieldReader, type Scalar, type SigmaEvent, scalarsOf } from './fields.ts';
import { contains, type Network, parseNetwork } from './network.ts';
import {
  compilePattern,
  foldCase,
  interchangeDashes,
  literal,
  type Part,
  parsePattern,
  plainText,
} from './pattern.ts';
import { compileRegex } from './regex.ts';
import type { Flags } from './regexparse.ts';

type Comparison = 'gt' | 'gte' | 'lt' | 'lte';
export type Value =
  | { kind: 'text'; raw: string; parts: Part[] }
  | { kind: 'bytes'; bytes: Buffer }
  | { kind: 'scalar'; value: number | boolean }
  | { kind: 'null' }
  | { kind: 'regex'; source: string; flags: Flags }
  | { kind: 'network'; network: Network }
  | { kind: 'compare'; by: Comparison; than: number }
  | { kind: 'field'; name: string; open: boolean; close: boolean }
  | { kind: 'exists'; want: boolean }
  | { kind: 'any'; of: Value[] };

/** What `|expand` puts for `%name%`. */
export type Placeholders = Readonly<Record<string, readonly (string | number)[]>>;
export type ValueTest = (scalar: Scalar, event: SigmaEvent) => boolean;

/** A YAML value as it stands before any modifier. */
export function readValue(raw: unknown): Value {
  if (raw === null) return { kind: 'null' };
  if (typeof raw === 'string') return { kind: 'text', raw, parts: parsePattern(raw) };
  if (typeof raw === 'boolean') return { kind: 'scalar', value: raw };
  if (typeof raw === 'number') {
    if (Number.isInteger(raw) && !Number.isSafeInteger(raw))
      throw new Fault('', 'a number is too large to be exact', 'put it in quotes');
    return { kind: 'scalar', value: raw };
  }
  throw new Fault(
    '',
    'a value is neither text, number, true, false nor null',
    'write a plain value or a list of them',
  );
}

type Change = (value: Value, placeholders: Placeholders) => Value;

function unfit(modifier: string, next: string): never {
  throw new Fault('', `the modifier ${modifier} does not fit its value`, next);
}

/** Text, or a number written as text, since a value list may mix both. */
function asText(value: Value, modifier: string): { raw: string; parts: Part[] } {
  if (value.kind === 'text') return value;
  if (value.kind === 'scalar') return { raw: String(value.value), parts: literal(String(value.value)) };
  if (value.kind === 'bytes') {
    const raw = value.bytes.toString('latin1');
    return { raw, parts: literal(raw) };
  }
  return unfit(modifier, 'give it text');
}

function open(modifier: string, before: boolean, after: boolean): Change {
  return (value) => {
    // A search by regular expression already finds its match anywhere.
    if (value.kind === 'regex') return anchored(value, before, after);
    if (value.kind === 'field') return { ...value, open: value.open || before, close: value.close || after };
    const { raw, parts } = asText(value, modifier);
    const many: Part = { kind: 'many' };
    return { kind: 'text', raw, parts: [...(before ? [many] : []), ...parts, ...(after ? [many] : [])] };
  };
}

function anchored(value: Value & { kind: 'regex' }, before: boolean, after: boolean): Value {
  const source = `${before ? '' : '\\A'}(?:${value.source})${after ? '' : '\\z'}`;
  return { ...value, source };
}

function bytesOf(value: Value, modifier: string): Buffer {
  if (value.kind === 'bytes') return value.bytes;
  const plain = plainText(asText(value, modifier).parts);
  if (plain === null)
    unfit(modifier, 'remove the wildcards, or write contains, startswith or endswith after it');
  return Buffer.from(plain, 'utf8');
}

function encode(modifier: string, order: 'le' | 'be', mark: boolean): Change {
  return (value) => {
    const plain = plainText(asText(value, modifier).parts);
    if (plain === null)
      unfit(modifier, 'remove the wildcards, or write contains, startswith or endswith after it');
    const bytes = Buffer.from(`${mark ? '\ufeff' : ''}${plain}`, 'utf16le');
    return { kind: 'bytes', bytes: order === 'le' ? bytes : bytes.swap16() };
  };
}

const text = (raw: string): Value => ({ kind: 'text', raw, parts: literal(raw) });

/** The part of the encoding that stays the same whatever stands before and after, at each of three offsets. */
function base64Offsets(bytes: Buffer): Value {
  const starts = [0, 2, 3];
  const ends = [undefined, -3, -2];
  return {
    kind: 'any',
    of: [0, 1, 2].map((shift) => {
      const encoded = Buffer.concat([Buffer.alloc(shift, 32), bytes]).toString('base64');
      return text(encoded.slice(starts[shift], ends[(bytes.length + shift) % 3]));
    }),
  };
}

function compare(by: Comparison): Change {
  return (value) => {
    const than = value.kind === 'scalar' ? value.value : value.kind === 'text' ? numberIn(value.raw) : null;
    if (typeof than !== 'number') return unfit(by, 'give it a number');
    return { kind: 'compare', by, than };
  };
}

/** The number a text says, else null; never from an empty text, hexadecimal or a boolean. */
export function numberIn(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*$/.test(value))
    return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** `%name%` by its configured values; `\%` is a plain percent sign. */
const expand: Change = (value, placeholders) => {
  const { raw } = asText(value, 'expand');
  let wholes = [''];
  for (let at = 0; at < raw.length; ) {
    const found = /^%([^%\\\s]+)%/.exec(raw.slice(at));
    if (raw.startsWith('\\%', at)) {
      wholes = wholes.map((whole) => `${whole}%`);
      at += 2;
    } else if (found) {
      const put = Object.hasOwn(placeholders, found[1]!) ? placeholders[found[1]!]! : null;
      if (put === null)
        throw new Fault(
          '',
          `the placeholder %${found[1]}% has no values here`,
          'name its values in the placeholder file',
        );
      wholes = wholes.flatMap((whole) => put.map((one) => whole + one));
      if (wholes.length > 10_000)
        throw new Fault('', 'the placeholders expand to too many values', 'use fewer of them');
      at += found[0].length;
    } else {
      const char = raw[at++]!;
      wholes = wholes.map((whole) => whole + char);
    }
  }
  return {
    kind: 'any',
    of: wholes.map((whole) => ({ kind: 'text', raw: whole, parts: parsePattern(whole) })),
  };
};

function flag(name: keyof Flags): Change {
  return (value) =>
    value.kind === 'regex'
      ? { ...value, flags: { ...value.flags, [name]: true } }
      : unfit(name, 'write it after re');
}

const CHANGES: Record<string, Change> = {
  contains: open('contains', true, true),
  startswith: open('startswith', false, true),
  endswith: open('endswith', true, false),
  wide: encode('wide', 'le', false),
  utf16le: encode('utf16le', 'le', false),
  utf16be: encode('utf16be', 'be', false),
  utf16: encode('utf16', 'le', true),
  base64: (value) => text(bytesOf(value, 'base64').toString('base64')),
  base64offset: (value) => base64Offsets(bytesOf(value, 'base64offset')),
  windash: (value) => {
    const { raw, parts } = asText(value, 'windash');
    return { kind: 'text', raw, parts: interchangeDashes(parts) };
  },
  re: (value) => ({
    kind: 'regex',
    source: asText(value, 're').raw,
    flags: { i: false, m: false, s: false },
  }),
  i: flag('i'),
  m: flag('m'),
  s: flag('s'),
  cidr: (value) => {
    const network = parseNetwork(asText(value, 'cidr').raw);
    return network
      ? { kind: 'network', network }
      : unfit('cidr', 'write a network such as 10.0.0.0/8 or 2001:db8::/32');
  },
  gt: compare('gt'),
  gte: compare('gte'),
  lt: compare('lt'),
  lte: compare('lte'),
  fieldref: (value) => {
    const { raw, parts } = asText(value, 'fieldref');
    const has = (end: Part | undefined) => end?.kind === 'many';
    return { kind: 'field', name: raw, open: has(parts[0]), close: has(parts.at(-1)) };
  },
  exists: (value) => {
    const word =
      value.kind === 'text' || value.kind === 'scalar' ? asText(value, 'exists').raw.toLowerCase() : '';
    if (!['true', 'yes', 'false', 'no'].includes(word)) return unfit('exists', 'give it true or false');
    return { kind: 'exists', want: word === 'true' || word === 'yes' };
  },
  expand,
};

export const VALUE_MODIFIERS: readonly string[] = Object.keys(CHANGES);

export function applyModifier(modifier: string, value: Value, placeholders: Placeholders): Value {
  if (value.kind === 'any')
    return { kind: 'any', of: value.of.map((one) => applyModifier(modifier, one, placeholders)) };
  if (value.kind === 'null') return unfit(modifier, 'null takes no modifier');
  return CHANGES[modifier]!(value, placeholders);
}

/** The test of one value against one scalar. `null` and `exists` are about the field, not a scalar: see detection. */
export function compileValue(value: Value, cased: boolean): ValueTest {
  switch (value.kind) {
    case 'any': {
      const tests = value.of.map((one) => compileValue(one, cased));
      return (scalar, event) => tests.some((test) => test(scalar, event));
    }
    case 'regex': {
      const matches = compileRegex(value.source, value.flags);
      return (scalar) => matches(String(scalar));
    }
    case 'network':
      return (scalar) => typeof scalar === 'string' && contains(value.network, scalar.trim());
    case 'compare':
      return comparison(value.by, value.than);
    case 'field':
      return reference(value, cased);
    case 'null':
    case 'exists':
      return () => false;
    default: {
      const matches = compilePattern(asText(value, '').parts, cased);
      return (scalar) => matches(typeof scalar === 'string' ? scalar : String(scalar));
    }
  }
}

function comparison(by: Comparison, than: number): ValueTest {
  const holds = {
    gt: (number: number) => number > than,
    gte: (number: number) => number >= than,
    lt: (number: number) => number < than,
    lte: (number: number) => number <= than,
  }[by];
  return (scalar) => {
    const number = numberIn(scalar);
    return number !== null && holds(number);
  };
}

function reference(value: Value & { kind: 'field' }, cased: boolean): ValueTest {
  const other = fieldReader(value.name);
  const fold = (scalar: Scalar) => (cased ? String(scalar) : foldCase(String(scalar)));
  const test = (have: string, want: string) => {
    if (value.open && value.close) return have.includes(want);
    if (value.open) return have.endsWith(want);
    return value.close ? have.startsWith(want) : have === want;
  };
  return (scalar, event) => scalarsOf(other(event)).some((one) => test(fold(scalar), fold(one)));
}
