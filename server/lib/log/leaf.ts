// Checks that stored bytes are canonical JSON of the subset a leaf may hold, without parsing them: the verifier
// does this for every entry, and building objects would cost more than hashing. Must accept exactly what
// `canonicalJson` writes; a test compares the two.

import { isUtf8 } from 'node:buffer';

const maxBytes = 65_535;
const maxDepth = 64;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const closeBrace = 0x7d;

/** 1 for bytes that stand for themselves in a string: printable ASCII but the quote and the backslash. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== quote && byte !== backslash ? 1 : 0,
);
/** 1 for the letters of the short escapes: " \ b f n r t. */
const short = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
);
/** Control characters that have a short form must use it: \b \t \n \f \r. */
const withShortForm = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);

// The text under examination, copied here and followed by a zero byte that no token contains: the loops below need
// no test for the end, and the compiler knows the array (measured: twice as fast as scanning the caller's buffer).
const text = Buffer.alloc(maxBytes + 8);
let ascii = true;

/**
 * True when `bytes[start..end]` is at most 65,535 bytes long and what `canonicalJson` would write for some value, in
 * UTF-8.
 */
export function isCanonicalJson(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  const length = end - start;
  if (length > maxBytes) return false;
  text.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  text[length] = 0;
  ascii = true;
  return value(0, 0) === length && (ascii || isUtf8(text.subarray(0, length)));
}

// Every function takes the place of a token and returns the place after it, or -1.

function value(at: number, depth: number): number {
  const byte = text[at]!;
  if (byte === quote) return string(at);
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return integer(at);
  if (byte === 0x7b) return depth < maxDepth ? object(at, depth) : -1;
  if (byte === 0x5b) return depth < maxDepth ? array(at, depth) : -1;
  if (byte === 0x6e) return word(at, 'null');
  if (byte === 0x74) return word(at, 'true');
  return byte === 0x66 ? word(at, 'false') : -1;
}

function string(open: number): number {
  let at = open + 1;
  for (;;) {
    while (plain[text[at]!] === 1) at++;
    const byte = text[at]!;
    if (byte === quote) return at + 1;
    if (byte >= 0x80) {
      ascii = false;
      at++;
    } else if (byte === backslash) {
      at = afterEscape(at);
      if (at < 0) return -1;
    } else {
      return -1;
    }
  }
}

function afterEscape(at: number): number {
  if (short[text[at + 1]!] === 1) return at + 2;
  // Everything else that must be escaped is a control character, written \u00xx with small hex digits.
  const hex = text.toString('latin1', at + 1, at + 6);
  if (!/^u00[01][0-9a-f]$/.test(hex)) return -1;
  return withShortForm.has(Number.parseInt(hex.slice(1), 16)) ? -1 : at + 6;
}

function object(open: number, depth: number): number {
  let at = open + 1;
  if (text[at] === closeBrace) return at + 1;
  let previous = 0;
  let previousEnd = 0;
  for (;;) {
    if (text[at] !== quote) return -1;
    const keyEnd = string(at);
    if (keyEnd < 0 || text[keyEnd] !== colon) return -1;
    if (previous > 0 && !inOrder(previous, previousEnd, at, keyEnd)) return -1;
    previous = at;
    previousEnd = keyEnd;
    at = value(keyEnd + 1, depth + 1);
    if (at < 0) return -1;
    if (text[at] === closeBrace) return at + 1;
    if (text[at] !== comma) return -1;
    at++;
  }
}

/** Whether key A (quotes included) sorts strictly before key B, by UTF-16 code units. */
function inOrder(a: number, aEnd: number, b: number, bEnd: number): boolean {
  let i = 1;
  while (text[a + i] === text[b + i] && plain[text[a + i]!] === 1) i++;
  const left = text[a + i]!;
  const right = text[b + i]!;
  // Bytes order as code units do, except around escapes and beyond ASCII. A closing quote ends the shorter key.
  if (plain[left] === 1 && plain[right] === 1) return left < right;
  if (left === quote && plain[right] === 1) return true;
  if (right === quote && plain[left] === 1) return false;
  return keyText(a, aEnd) < keyText(b, bEnd);
}

function keyText(start: number, end: number): string {
  return JSON.parse(text.toString('utf8', start, end)) as string;
}

function array(open: number, depth: number): number {
  let at = open + 1;
  if (text[at] === 0x5d) return at + 1;
  for (;;) {
    at = value(at, depth + 1);
    if (at < 0) return -1;
    if (text[at] === 0x5d) return at + 1;
    if (text[at] !== comma) return -1;
    at++;
  }
}

function integer(start: number): number {
  let at = start;
  const negative = text[at] === 0x2d;
  if (negative) at++;
  const digits = at;
  let number = 0;
  for (let digit = text[at]! - 0x30; digit >= 0 && digit <= 9; digit = text[at]! - 0x30) {
    number = number * 10 + digit;
    at++;
  }
  const length = at - digits;
  if (length === 0 || length > 16 || !Number.isSafeInteger(number)) return -1;
  if (text[digits] === 0x30 && (length > 1 || negative)) return -1;
  return at;
}

function word(at: number, letters: string): number {
  for (let i = 0; i < letters.length; i++) {
    if (text[at + i] !== letters.charCodeAt(i)) return -1;
  }
  return at + letters.length;
}
