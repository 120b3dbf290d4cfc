/**
 * Sigma strings: literal text with `*` and `?`, escaped by a backslash, compared without regard to case unless
 * asked otherwise. Matching takes time proportional to text × pattern at worst; there is no backtracking.
 * Source: Sigma rules specification 2.1, "String Wildcard" and "Escape Character".
 */
export type Part = { kind: 'text'; text: string } | { kind: 'many' } | { kind: 'one' } | { kind: 'dash' };
export type StringTest = (text: string) => boolean;

/**
 * Text as it is compared without regard to case: a character at a time, each becoming one. `toLowerCase` alone would make
 * two of İ, which `?` could not stand for, and of Σ another letter at the end of a word than within it.
 */
export function foldCase(text: string): string {
  if (!/[\u0130\u03a3\u03c2]/.test(text)) return text.toLowerCase();
  return text
    .replace(/[\u03a3\u03c2]/g, '\u03c3')
    .split('\u0130')
    .map((piece) => piece.toLowerCase())
    .join('\u0130');
}

const DASHES = '-/\u2013\u2014\u2015';

/** Splits a rule's value into literal text and wildcards; `\*`, `\?` and `\\` are literal. */
export function parsePattern(value: string): Part[] {
  const parts: Part[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') parts.push({ kind: 'text', text });
    text = '';
  };
  for (let at = 0; at < value.length; at++) {
    const char = value[at]!;
    const next = value[at + 1];
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      text += next;
      at++;
    } else if (char === '*' || char === '?') {
      flush();
      parts.push({ kind: char === '*' ? 'many' : 'one' });
    } else text += char;
  }
  flush();
  return parts;
}

export function literal(text: string): Part[] {
  return text === '' ? [] : [{ kind: 'text', text }];
}

/** The text of a pattern without wildcards, else null. */
export function plainText(parts: readonly Part[]): string | null {
  let text = '';
  for (const part of parts) {
    if (part.kind !== 'text') return null;
    text += part.text;
  }
  return text;
}

/**
 * `windash`: every hyphen, slash, en dash, em dash and horizontal bar of the value stands for any of the five.
 * One token that matches any of them says the same as listing all 5ⁿ permutations.
 */
export function interchangeDashes(parts: readonly Part[]): Part[] {
  return parts.flatMap((part): Part[] => {
    if (part.kind !== 'text') return [part];
    return part.text
      .split(new RegExp(`([${DASHES}])`))
      .filter((piece) => piece !== '')
      .map((piece): Part => (DASHES.includes(piece) ? { kind: 'dash' } : { kind: 'text', text: piece }));
  });
}

/** Compiles a pattern over whole strings. */
export function compilePattern(given: readonly Part[], cased: boolean): StringTest {
  const fold = cased ? (text: string) => text : foldCase;
  const parts = given.filter((part, at) => part.kind !== 'many' || given[at - 1]?.kind !== 'many');
  const plain = plainText(parts);
  if (plain !== null) {
    const wanted = fold(plain);
    return (text) => fold(text) === wanted;
  }
  const open = parts[0]?.kind === 'many';
  const close = parts.at(-1)?.kind === 'many';
  const inner = plainText(parts.slice(open ? 1 : 0, close ? -1 : undefined));
  if (inner !== null && parts.length > 1) {
    const wanted = fold(inner);
    if (open && close) return (text) => fold(text).includes(wanted);
    if (open) return (text) => fold(text).endsWith(wanted);
    if (close) return (text) => fold(text).startsWith(wanted);
  }
  const segments = segmentsOf(parts, fold);
  return (text) => matchSegments(segments, units(fold(text)));
}

// Stand-ins for `?` and an interchangeable dash among the units of a segment; longer than any one character.
const ONE = '?one';
const DASH = '-dash';
type Units = { readonly [at: number]: string; readonly length: number };

/** Characters, not halves of surrogate pairs, so that `?` stands for one character outside the basic plane too. */
function units(text: string): Units {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text) : text;
}

function segmentsOf(parts: readonly Part[], fold: (text: string) => string): string[][] {
  const segments: string[][] = [[]];
  for (const part of parts) {
    const current = segments.at(-1)!;
    if (part.kind === 'many') segments.push([]);
    else if (part.kind === 'one') current.push(ONE);
    else if (part.kind === 'dash') current.push(DASH);
    else current.push(...Array.from(fold(part.text)));
  }
  return segments;
}

/** The first segment stands at the start, the last at the end, each between them as early as it fits. */
function matchSegments(segments: readonly string[][], text: Units): boolean {
  const first = segments[0]!;
  const last = segments.at(-1)!;
  if (!fits(first, text, 0)) return false;
  if (segments.length === 1) return text.length === first.length;
  let from = first.length;
  for (const segment of segments.slice(1, -1)) {
    while (from + segment.length <= text.length && !fits(segment, text, from)) from++;
    if (from + segment.length > text.length) return false;
    from += segment.length;
  }
  return text.length - last.length >= from && fits(last, text, text.length - last.length);
}

function fits(segment: readonly string[], text: Units, at: number): boolean {
  if (at + segment.length > text.length) return false;
  for (let i = 0; i < segment.length; i++) {
    const want = segment[i]!;
    const have = text[at + i]!;
    if (want === have || want === ONE) continue;
    if (want !== DASH || !DASHES.includes(have)) return false;
  }
  return true;
}
