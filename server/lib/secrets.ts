// Encryption of single fields at rest: AES-256-GCM with a random nonce, bound to the very cell it belongs to, so that a
// sealed value moved to another row, column or table does not open. Knows no table; stores nothing; makes no keys.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** The cell a sealed value belongs to. */
export interface SealPlace {
  table: string;
  column: string;
  /** Primary key of the row. */
  id: string;
}

export interface Sealer {
  /** Sealed bytes: format (1), key version (4, big-endian), nonce (12), ciphertext, tag (16). */
  seal(place: SealPlace, plaintext: Uint8Array): Buffer;
  /** @throws SealBroken when a bit differs, the value comes from another cell, or its key is not held here. */
  open(place: SealPlace, sealed: Uint8Array): Buffer;
}

/** A sealed value that does not open. Names the cell's table and column, never its content. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

const format = 1;
const headerBytes = 5;
const nonceBytes = 12;
const tagBytes = 16;

/** Version of the key a value was sealed with, as its header says; null for what is no sealed value. */
export function sealedWith(sealed: Uint8Array): number | null {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  return bytes.length < headerBytes || bytes[0] !== format ? null : bytes.readUInt32BE(1);
}

/** JSON keeps the four parts apart: no choice of names can make two cells share one text. */
function boundTo(place: SealPlace, version: number): Buffer {
  return Buffer.from(JSON.stringify([place.table, place.column, place.id, version]), 'utf8');
}

/**
 * @param key 32 bytes. @param version of that key, 0 … 2³²−1; written into each sealed value.
 * @param others further keys by version: they open, they never seal (key rotation). Asked at each value, so that one
 *   added meanwhile is found.
 * @throws RangeError for a key of another length or an impossible version. Source: NIST SP 800-38D.
 */
export function createSealer(
  key: Buffer,
  version: number,
  others: Pick<ReadonlyMap<number, Buffer>, 'get' | 'values'> = new Map(),
): Sealer {
  for (const each of [key, ...others.values()])
    if (each.length !== 32) throw new RangeError('a sealing key has 32 bytes');
  if (!Number.isInteger(version) || version < 0 || version > 0xffff_ffff)
    throw new RangeError('a key version is a whole number of 32 bits');

  return {
    seal(place, plaintext) {
      const header = Buffer.alloc(headerBytes);
      header[0] = format;
      header.writeUInt32BE(version, 1);
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(boundTo(place, version));
      const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      return Buffer.concat([header, nonce, body, cipher.getAuthTag()]);
    },

    open(place, sealed) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const broken = () => new SealBroken(`a value of ${place.table}.${place.column} does not open`);
      if (bytes.length < headerBytes + nonceBytes + tagBytes || bytes[0] !== format) throw broken();
      const from = bytes.readUInt32BE(1);
      const held = from === version ? key : others.get(from);
      if (!held) throw broken();
      const body = bytes.subarray(headerBytes + nonceBytes, bytes.length - tagBytes);
      const nonce = bytes.subarray(headerBytes, headerBytes + nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', held, nonce, { authTagLength: tagBytes });
      decipher.setAAD(boundTo(place, from));
      decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
      try {
        return Buffer.concat([decipher.update(body), decipher.final()]);
      } catch {
        throw broken();
      }
    },
  };
}
