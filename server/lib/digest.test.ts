/** Claims: the digest is SHA-256 of a text's UTF-8, as published (FIPS 180-4, “abc”) and as other tools give it. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from './digest.ts';

test('a text is named by the SHA-256 of its UTF-8', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  const text = 'Өмүралиева \u{1f5f3}\r\n';
  expect(sha256(text)).toBe(createHash('sha256').update(Buffer.from(text, 'utf8')).digest('hex'));
});
