/**
 * The encodings lists come in: UTF-8, with or without a byte order mark, and windows-1251, which older Kyrgyz and Russian
 * software writes. Bytes that do not fit become U+FFFD, which row validation refuses by name of the field; they are
 * never dropped. Also writes text back in the same encoding, so that an error file can be imported by the same mapping.
 */

export type ListEncoding = 'utf-8' | 'windows-1251';

/** Decodes a file piece by piece; `last` flushes a character cut off by the end of the file. */
export type Decode = (bytes: Uint8Array, last: boolean) => string;

/** A decoder for one file; a UTF-8 byte order mark at its start is left out. */
export function decoderOf(encoding: ListEncoding): Decode {
  const decoder = new TextDecoder(encoding);
  return (bytes, last) => decoder.decode(bytes, { stream: !last });
}

/** Whether the file's first bytes say UTF-16, which Excel calls "Unicode text" and which is not read here. */
export function looksUtf16(firstBytes: Uint8Array): boolean {
  const [first, second] = firstBytes;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** The other way: text into bytes of the encoding; what windows-1251 cannot hold becomes `?`. */
export function encoderOf(encoding: ListEncoding): (text: string) => Uint8Array {
  if (encoding === 'utf-8') return (text) => Buffer.from(text, 'utf8');
  const decoded = new TextDecoder('windows-1251').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  const bytes = new Map([...decoded].map((letter, byte) => [letter, byte]));
  return (text) => Uint8Array.from([...text], (letter) => bytes.get(letter) ?? 0x3f);
}
