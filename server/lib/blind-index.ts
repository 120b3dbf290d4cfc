// Finds a sealed value by its exact text without opening anything: a keyed hash of the text stands beside it. Under a key of
// its own, so that neither key tells what the other keeps. Equal texts have equal hashes, and that is all a reader of the
// database learns; only texts too many to guess are indexed, and the key makes guessing need the key folder.
import { createHmac } from 'node:crypto';

export interface IndexPlace {
  table: string;
  column: string;
}

export interface BlindIndex {
  /** What is stored: key version, a dot, 128 bits base64url; under the newest key. */
  of(place: IndexPlace, text: string): string;
  /** What the same text may stand as, under every key held: what to look for. */
  all(place: IndexPlace, text: string): string[];
}

const macBytes = 16;

/** Version of the key a stored value was made with; null for what is none. */
export function indexedWith(stored: string): number | null {
  const [, version] = /^([1-9]\d{0,8})\.[\w-]{22}$/.exec(stored) ?? [];
  return version === undefined ? null : Number(version);
}

/**
 * @param keys 32 bytes each by version, asked anew at every call: a rotation in another process adds one. The greatest
 *   version stores, all of them find.
 */
export function createBlindIndex(keys: () => ReadonlyMap<number, Buffer>): BlindIndex {
  const made = (version: number, key: Buffer, { table, column }: IndexPlace, text: string) => {
    const bound = JSON.stringify([table, column, version, text]);
    const mac = createHmac('sha256', key).update(bound, 'utf8').digest().subarray(0, macBytes);
    return `${version}.${mac.toString('base64url')}`;
  };
  return {
    of(place, text) {
      const held = keys();
      const newest = Math.max(...held.keys());
      return made(newest, held.get(newest)!, place, text);
    },
    all: (place, text) => [...keys()].map(([version, key]) => made(version, key, place, text)),
  };
}
