// Entry bundles of C2SP tlog-tiles: up to 256 entries, each after its length as a big-endian uint16.
// Knows nothing about what an entry says.

import { maxLeafBytes, tileWidth } from './tiles.ts';

/** @throws RangeError for more than 256 entries or one longer than 65,535 bytes. */
export function encodeBundle(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length > tileWidth)
    throw new RangeError(`a bundle of ${leaves.length} entries; at most ${tileWidth}`);
  let bytes = 0;
  for (const leaf of leaves) {
    if (leaf.length > maxLeafBytes)
      throw new RangeError(`an entry of ${leaf.length} bytes; at most ${maxLeafBytes}`);
    bytes += 2 + leaf.length;
  }
  const bundle = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const leaf of leaves) {
    at = bundle.writeUInt16BE(leaf.length, at);
    bundle.set(leaf, at);
    at += leaf.length;
  }
  return bundle;
}

/**
 * Finds exactly `width` entries without unpacking them: entry i is `bundle[ends[i-1]+2 .. ends[i]]` (the first begins
 * at 2). False when the lengths do not add up; `decodeBundle` then says where.
 */
export function findEntries(bundle: Buffer, width: number, ends: Uint32Array): boolean {
  let at = 0;
  for (let entry = 0; entry < width; entry++) {
    if (at + 2 > bundle.length) return false;
    at += 2 + bundle[at]! * 256 + bundle[at + 1]!;
    ends[entry] = at;
  }
  return at === bundle.length;
}

export type Bundle =
  | { readonly kind: 'ok'; readonly leaves: Buffer[] }
  | { readonly kind: 'broken'; readonly entry: number; readonly why: string; readonly leaves: Buffer[] };

/**
 * Unpacks exactly `width` entries. The leaves are views of `bundle`; a broken one gives those before the fault, and
 * the number within the bundle of the `entry` where it was noticed (a wrong length may lie earlier).
 */
export function decodeBundle(bundle: Buffer, width: number): Bundle {
  const leaves: Buffer[] = [];
  let at = 0;
  for (let entry = 0; entry < width; entry++) {
    if (at + 2 > bundle.length)
      return { kind: 'broken', entry, leaves, why: 'is missing: the bundle ends before it' };
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) return { kind: 'broken', entry, leaves, why: 'runs past the end of the bundle' };
    leaves.push(bundle.subarray(at + 2, end));
    at = end;
  }
  if (at !== bundle.length) {
    return {
      kind: 'broken',
      entry: width - 1,
      leaves,
      why: `is followed by ${bundle.length - at} bytes too many`,
    };
  }
  return { kind: 'ok', leaves };
}
