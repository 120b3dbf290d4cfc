// The Merkle tree of RFC 6962 (SHA-256): hashing of leaves and nodes, the root of a growing tree, and inclusion
// and consistency proofs, made and checked. Pure: no input or output; sizes are plain numbers up to 2^53-1, so
// no 32-bit operators here.

import { hash } from 'node:crypto';

export const hashBytes = 32;

/** A perfect subtree: the `2^level` leaves that start at `index * 2^level`. */
export type Node = { readonly level: number; readonly index: number };
export type NodeReader = (level: number, index: number) => Uint8Array;

/** latin1Write exists on every Buffer and skips the encoding dispatch of write(); the types leave it out. */
type FastBuffer = Buffer & { latin1Write(text: string, offset: number, length: number): number };

// Measured: a digest returned as a binary (latin1) string and written into memory we own costs less than half of one
// returned as a Buffer, whose allocation dominates. The scratch areas are safe because hashing never yields.
const nodeInput = Buffer.alloc(1 + 2 * hashBytes, 1);
const leafScratch = Buffer.alloc(1 + 65_536);
const leafViews: (Buffer | undefined)[] = [];

/** SHA-256(0x00 ‖ leaf), written at `out[at..at+32]`; the leaf is `bytes[start..end]`. RFC 6962 §2.1. */
export function leafHashInto(
  out: Buffer,
  at: number,
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): void {
  (out as FastBuffer).latin1Write(leafDigest(bytes, start, end), at, hashBytes);
}

function leafDigest(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  let input: Buffer;
  if (length < leafScratch.length) {
    leafViews[length] ??= leafScratch.subarray(0, length + 1);
    input = leafViews[length];
  } else {
    input = Buffer.alloc(length + 1);
  }
  // A part of a buffer is copied out without making a view of it first: views are garbage by the million.
  if (length === bytes.length) input.set(bytes, 1);
  else if (bytes instanceof Buffer) bytes.copy(input, 1, start, end);
  else input.set(bytes.subarray(start, end), 1);
  return hash('sha256', input, 'binary');
}

/** SHA-256(0x01 ‖ left ‖ right) over two 32-byte hashes, written at `out[at..at+32]`; `out` may hold the inputs. */
export function nodeHashInto(
  out: Buffer,
  at: number,
  left: Buffer,
  leftAt: number,
  right: Buffer,
  rightAt: number,
): void {
  left.copy(nodeInput, 1, leftAt, leftAt + hashBytes);
  right.copy(nodeInput, 1 + hashBytes, rightAt, rightAt + hashBytes);
  (out as FastBuffer).latin1Write(hash('sha256', nodeInput, 'binary'), at, hashBytes);
}

/** SHA-256(0x00 ‖ leaf), 32 bytes. RFC 6962 §2.1. */
export function leafHash(leaf: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(hashBytes);
  leafHashInto(out, 0, leaf);
  return out;
}

/** SHA-256(0x01 ‖ left ‖ right), 32 bytes. RFC 6962 §2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(hashBytes);
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashBytes);
  (out as FastBuffer).latin1Write(hash('sha256', nodeInput, 'binary'), 0, hashBytes);
  return out;
}

/** The root of the empty tree: SHA-256 of nothing. */
export function emptyRoot(): Buffer {
  return hash('sha256', '', 'buffer');
}

/** Root over leaf hashes in order; the empty list has the empty tree's root. */
export function merkleRoot(leafHashes: Iterable<Uint8Array>): Buffer {
  const frontier = new Frontier();
  for (const leaf of leafHashes) frontier.append(leaf);
  return frontier.root();
}

/** Hash of a run of neighbouring perfect subtrees, largest (leftmost) first, as RFC 6962 joins them. */
export function foldSubtrees(hashes: readonly Uint8Array[]): Buffer {
  if (hashes.length === 0) return emptyRoot();
  let folded: Buffer = Buffer.from(hashes.at(-1)!);
  for (let i = hashes.length - 2; i >= 0; i--) folded = nodeHash(hashes[i]!, folded);
  return folded;
}

const newSlot = () => Buffer.alloc(1 + 2 * hashBytes, 1);

/**
 * The right edge of a growing tree: one hash for every perfect subtree, enough to append and to give the root.
 * Appending costs one node hash on average.
 */
export class Frontier {
  #size = 0;
  #carried = 0;
  // One slot a level, laid out as the input of the node hash: 0x01, the waiting left subtree, the right one that
  // completes it. A finished hash is written straight into the slot above, so that appending copies nothing.
  // Made when the tree first reaches a level: most trees are the few commitments of one entry.
  readonly #slots: Buffer[] = [newSlot()];

  get size(): number {
    return this.#size;
  }

  /** How many levels the last append rose: at each level from 0 to this one it completed a perfect subtree. */
  get carried(): number {
    return this.#carried;
  }

  /** Adds the next leaf's hash: the 32 bytes at `bytes[at..at+32]`. */
  append(bytes: Uint8Array, at = 0): void {
    const slot = this.#slots[0]!;
    slot.set(bytes.length === hashBytes ? bytes : bytes.subarray(at, at + hashBytes), this.#side());
    this.#carry();
  }

  /** Adds the next leaf itself, `bytes[start..end]`, and writes its hash at `out[at..at+32]` too. */
  appendLeaf(bytes: Uint8Array, start: number, end: number, out: Buffer, at: number): void {
    const digest = leafDigest(bytes, start, end);
    (this.#slots[0] as FastBuffer).latin1Write(digest, this.#side(), hashBytes);
    (out as FastBuffer).latin1Write(digest, at, hashBytes);
    this.#carry();
  }

  /** Copies the hash of the subtree the last append completed at `level` (at most `carried`) to `out[at..at+32]`. */
  copyCarried(level: number, out: Buffer, at: number): void {
    const start = level < this.#carried ? 1 + hashBytes : 1;
    this.#slots[level]!.copy(out, at, start, start + hashBytes);
  }

  /** The tree's root, 32 bytes. */
  root(): Buffer {
    return foldSubtrees(this.#hashes());
  }

  /** Size and the perfect subtrees' hashes, largest first: what `from` takes. */
  snapshot(): { size: number; hashes: Buffer[] } {
    return { size: this.#size, hashes: this.#hashes().map((hash) => Buffer.from(hash)) };
  }

  /** @throws RangeError when the number of hashes is not the number of one-bits of `size`. */
  static from(size: number, hashes: readonly Uint8Array[]): Frontier {
    const frontier = new Frontier();
    const places = subtreesOf(0, size);
    if (places.length !== hashes.length) {
      throw new RangeError(`a frontier of size ${size} has ${places.length} hashes, not ${hashes.length}`);
    }
    while (frontier.#slots.length <= (places[0]?.level ?? 0)) frontier.#slots.push(newSlot());
    for (const [i, place] of places.entries()) frontier.#slots[place.level]!.set(hashes[i]!, 1);
    frontier.#size = size;
    return frontier;
  }

  #side(): number {
    return this.#size % 2 === 0 ? 1 : 1 + hashBytes;
  }

  /** Binary counting: while the slot is full, join it into the one above. */
  #carry(): void {
    const slots = this.#slots;
    let level = 0;
    let rest = this.#size;
    while (rest % 2 === 1) {
      rest = (rest - 1) / 2;
      const joined = hash('sha256', slots[level]!, 'binary');
      level++;
      if (level === slots.length) slots.push(newSlot());
      (slots[level] as FastBuffer).latin1Write(joined, rest % 2 === 0 ? 1 : 1 + hashBytes, hashBytes);
    }
    this.#carried = level;
    this.#size++;
  }

  #hashes(): Buffer[] {
    return subtreesOf(0, this.#size).map(({ level }) => this.#slots[level]!.subarray(1, 1 + hashBytes));
  }
}

/**
 * The perfect subtrees, left to right and largest first, that make up leaves `start` to `end` of a tree where
 * `start` is a multiple of the smallest power of two that is at least `end - start` (RFC 6962 ranges all are).
 */
export function subtreesOf(start: number, end: number): Node[] {
  const nodes: Node[] = [];
  let at = start;
  while (at < end) {
    let level = 0;
    let width = 1;
    while (width * 2 <= end - at) {
      width *= 2;
      level++;
    }
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}
