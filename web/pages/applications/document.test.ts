/** Claims: a file is told by its bytes, and arrives as the very bytes that were chosen. */
import { describe, expect, it } from 'vitest';
import { base64, typeOf } from './document.ts';

describe('a chosen document', () => {
  it('is what its first bytes say', () => {
    const head = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
    expect(typeOf(head('%PDF-1.4'))).toBe('application/pdf');
    expect(typeOf(head('\xff\xd8\xff\xe0'))).toBe('image/jpeg');
    expect(typeOf(head('\x89PNG\r\n'))).toBe('image/png');
    for (const other of ['PK\x03\x04', '<svg>', '%PD', '']) expect(typeOf(head(other))).toBeUndefined();
  });

  it.each([0, 1, 2, 3, 0x8000, 0x8001, 200_000])('keeps every one of %i bytes', (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31) % 256);
    expect(Buffer.from(base64(bytes), 'base64').equals(Buffer.from(bytes))).toBe(true);
  });
});
