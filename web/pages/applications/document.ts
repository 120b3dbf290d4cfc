/** A chosen file as it goes to the server: its type by its first bytes, its content in base64. Its name stays here. */
import type { AttachmentType } from '../../../server/contract/vocabulary.ts';

/** What the server takes at most, in bytes (server/contract/applications.ts). */
export const maxBytes = 5 * 1024 * 1024;

const heads: readonly (readonly [AttachmentType, readonly number[]])[] = [
  ['application/pdf', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
];

/** What the bytes say they are, or undefined where it is nothing the server takes. */
export function typeOf(bytes: Uint8Array): AttachmentType | undefined {
  return heads.find(([, head]) => head.every((byte, i) => bytes[i] === byte))?.[0];
}

/** Padded base64; in parts, since a call takes only so many arguments. */
export function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; from += 0x8000)
    parts.push(String.fromCharCode(...bytes.subarray(from, from + 0x8000)));
  return btoa(parts.join(''));
}
