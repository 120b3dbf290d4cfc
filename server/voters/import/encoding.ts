/**
 * The encodings lists come in: UTF-8, with or without a byte order mark; windows-1251, which older Kyrgyz and Russian
 * software writes; UTF-16, which Excel calls "Unicode text". Bytes that do not fit become U+FFFD, which row validation refuses
 * by name of the field; they are never dropped. Also writes text back in the same encoding, so that an error file can be
 * imported by the same mapping.
 */
import { TextDecoder } from 'node:util';

/** `utf-16`: little-endian unless the list begins with the other's mark. */
export type ListEncoding = 'utf-8' | 'windows-1251' | 'utf-16' | 'utf-16le' | 'utf-16be';

/** Decodes a file piece by piece; `last` flushes a character cut off by the end of the file. */
export type Decode = (bytes: Uint8Array, last: boolean) => string;

/** A decoder for one file; a byte order mark at its start is left out. */
export function decoderOf(encoding: ListEncoding): Decode {
  let decoder: TextDecoder | undefined;
  return (bytes, last) => {
    decoder ??= new TextDecoder(encoding === 'utf-16' ? (markOf(bytes) ?? 'utf-16le') : encoding);
    return decoder.decode(bytes, { stream: !last });
  };
}

/** Which UTF-16 the file's first bytes say; null for none. */
export function markOf(firstBytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const [first, second] = firstBytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : null;
}

/** The other way: text into bytes of the encoding; what windows-1251 cannot hold becomes `?`. */
export function encoderOf(encoding: ListEncoding): (text: string) => Uint8Array {
  if (encoding === 'utf-8') return (text) => Buffer.from(text, 'utf8');
  if (encoding === 'utf-16be') return (text) => Buffer.from(text, 'utf16le').swap16();
  if (encoding !== 'windows-1251') return (text) => Buffer.from(text, 'utf16le');
  const decoded = new TextDecoder('windows-1251').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  const bytes = new Map([...decoded].map((letter, byte) => [letter, byte]));
  return (text) => Uint8Array.from([...text], (letter) => bytes.get(letter) ?? 0x3f);
}
