// The geometry of C2SP tlog-tiles: which tiles a tree of a given size has, how they are named, how a growing log
// fills them, and how entry bundles are packed. Pure: the database and the export ask here and do the storing.

import { Frontier, foldSubtrees, hashBytes, type Node, nodeHashInto } from './merkle.ts';

export const tileWidth = 256;
export const tileBytes = tileWidth * hashBytes;
/** The uint16 length prefix of entry bundles sets the limit. */
export const maxLeafBytes = 65_535;

export type CompletedTile = { readonly level: number; readonly idx: number; readonly hashes: Buffer };
export type TileLevel = number | 'entries';
/** A tile's place: `width` is 256 for a full tile, 1 to 255 for a partial one. */
export type TileName = { readonly level: TileLevel; readonly idx: number; readonly width: number };

/** `tile/<L>/<N>[.p/<W>]` relative to the log, as tlog-tiles names it; 1234067 becomes x001/x234/067. */
export function tilePath({ level, idx, width }: TileName): string {
  const digits = String(idx).padStart(Math.ceil(String(idx).length / 3) * 3, '0');
  const groups = digits.match(/.{3}/g)!;
  const path = groups.map((group, i) => (i === groups.length - 1 ? group : `x${group}`)).join('/');
  return `tile/${level}/${path}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** The tile a path names, or null when it is not exactly what `tilePath` would write. */
export function parseTilePath(path: string): TileName | null {
  const parts = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (parts === null) return null;
  const idx = Number(parts[2]!.replaceAll(/[x/]/g, ''));
  const name: TileName = {
    level: parts[1] === 'entries' ? 'entries' : Number(parts[1]),
    idx,
    width: parts[3] === undefined ? tileWidth : Number(parts[3]),
  };
  const inRange =
    Number.isSafeInteger(idx) && (name.level === 'entries' || name.level <= 63) && name.width > 0;
  return inRange && tilePath(name) === path ? name : null;
}

/** One level of a tree's tiles: `full` complete ones, then one of `partial` hashes (0 for none). */
export type LevelShape = { readonly level: number; readonly full: number; readonly partial: number };

/** The tiles a tree of `size` entries has, level by level from the leaves up; none for the empty tree. */
export function tileLevels(size: number): LevelShape[] {
  const levels: LevelShape[] = [];
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / tileWidth)) {
    levels.push({ level, full: Math.floor(hashes / tileWidth), partial: hashes % tileWidth });
  }
  return levels;
}

/** The full tiles that a log gains when it grows from `older` to `newer` entries, in the order they complete. */
export function tilesCompleted(older: number, newer: number): { level: number; idx: number }[] {
  const gained: { level: number; idx: number; at: number }[] = [];
  for (let level = 0, span = tileWidth; span <= newer; level++, span *= tileWidth) {
    for (let idx = Math.floor(older / span); (idx + 1) * span <= newer; idx++) {
      gained.push({ level, idx, at: (idx + 1) * span });
    }
  }
  gained.sort((a, b) => a.at - b.at || a.level - b.level);
  return gained.map(({ level, idx }) => ({ level, idx }));
}

/** Hash of the perfect subtree over `count` (a power of two) neighbouring hashes that start at hash number `from`. */
export function subtreeHash(hashes: Uint8Array, from: number, count: number): Buffer {
  const work = Buffer.allocUnsafe(count * hashBytes);
  work.set(hashes.subarray(from * hashBytes, (from + count) * hashBytes));
  for (let width = count; width > 1; width /= 2) {
    for (let i = 0; i < width / 2; i++) {
      nodeHashInto(work, i * hashBytes, work, 2 * i * hashBytes, work, (2 * i + 1) * hashBytes);
    }
  }
  return work.subarray(0, hashBytes);
}

/** Where in the tiles the hash of a perfect subtree is found: fold `count` hashes from number `from` of that tile. */
export function locateNode({ level, index }: Node): {
  level: number;
  idx: number;
  from: number;
  count: number;
} {
  const count = 2 ** (level % 8);
  const first = index * count;
  return { level: Math.floor(level / 8), idx: Math.floor(first / tileWidth), from: first % tileWidth, count };
}

/** A reader of tree nodes over a reader of tiles (full ones, or partial ones at least as wide as asked). */
export function nodeReader(
  readTile: (level: number, idx: number) => Uint8Array,
): (level: number, index: number) => Buffer {
  return (level, index) => {
    const place = locateNode({ level, index });
    return subtreeHash(readTile(place.level, place.idx), place.from, place.count);
  };
}

/** What must be read to take up a log of `size` entries again: full tiles, then the leaf hashes `from` to `size`. */
export type RestorePlan = {
  readonly tiles: readonly { level: number; idx: number }[];
  readonly leavesFrom: number;
};

/** Every level's partial tile is made of the tiles below it; the lowest of leaf hashes. */
export function planRestore(size: number): RestorePlan {
  const tiles: { level: number; idx: number }[] = [];
  for (const { level, full, partial } of tileLevels(size)) {
    if (level === 0) continue;
    for (let i = 0; i < partial; i++) tiles.push({ level: level - 1, idx: full * tileWidth + i });
  }
  return { tiles, leavesFrom: size - (size % tileWidth) };
}

/**
 * Follows a growing log: appends leaf hashes, hands out each tile the moment it is complete, and knows the partial
 * tiles and the root at any time. One object per log; it lives in the database writer.
 */
export class TileBuilder {
  readonly #frontier: Frontier;
  readonly #partial: Buffer[] = [];
  readonly #completed: CompletedTile[] = [];

  constructor(frontier: Frontier = new Frontier()) {
    this.#frontier = frontier;
  }

  get size(): number {
    return this.#frontier.size;
  }

  /** The root at the present size, 32 bytes. */
  root(): Buffer {
    return this.#frontier.root();
  }

  /** Adds the next leaf's hash: the 32 bytes at `bytes[at..at+32]`. */
  append(bytes: Uint8Array, at = 0): void {
    const hash = bytes.length === hashBytes ? bytes : bytes.subarray(at, at + hashBytes);
    const column = this.size % tileWidth;
    this.#tile(0).set(hash, column * hashBytes);
    this.#frontier.append(hash);
    if (column === tileWidth - 1) this.#completeTiles();
  }

  /** Adds the next leaf, and returns its hash. */
  appendLeaf(leaf: Uint8Array): Buffer {
    const at = (this.size % tileWidth) * hashBytes;
    this.appendLeafAt(leaf, 0, leaf.length);
    return Buffer.from(this.#tile(0).subarray(at, at + hashBytes));
  }

  /** Adds the next leaf, `bytes[start..end]`, for those who do not need its hash. */
  appendLeafAt(bytes: Uint8Array, start: number, end: number): void {
    const column = this.size % tileWidth;
    this.#frontier.appendLeaf(bytes, start, end, this.#tile(0), column * hashBytes);
    if (column === tileWidth - 1) this.#completeTiles();
  }

  /** The tiles completed since the last call, in the order they completed. */
  takeCompleted(): CompletedTile[] {
    return this.#completed.splice(0);
  }

  /** The hashes of the rightmost, incomplete tile at `level` (a copy; empty when there is none). */
  partialTile(level: number): Buffer {
    const width = Math.floor(this.size / tileWidth ** level) % tileWidth;
    return Buffer.from((this.#partial[level] ?? Buffer.alloc(0)).subarray(0, width * hashBytes));
  }

  /**
   * Takes up a stored log again.
   * @param tiles the full tiles (8,192 bytes each) in the order `planRestore(size).tiles` names them
   * @param leafHashes the leaf hashes from `planRestore(size).leavesFrom` on
   * @throws RangeError when their number or length does not fit `size`
   */
  static restore(size: number, tiles: readonly Uint8Array[], leafHashes: readonly Uint8Array[]): TileBuilder {
    const plan = planRestore(size);
    if (tiles.length !== plan.tiles.length || leafHashes.length !== size - plan.leavesFrom) {
      throw new RangeError(
        `a log of ${size} entries is taken up from ${plan.tiles.length} tiles and ${size - plan.leavesFrom} leaf ` +
          `hashes, not ${tiles.length} and ${leafHashes.length}`,
      );
    }
    if (
      tiles.some((tile) => tile.length !== tileBytes) ||
      leafHashes.some((leaf) => leaf.length !== hashBytes)
    ) {
      throw new RangeError('a stored tile is not 8,192 bytes, or a leaf hash not 32');
    }
    const partial: Buffer[] = [];
    let next = 0;
    for (const { level, partial: width } of tileLevels(size)) {
      const hashes = Buffer.alloc(tileBytes);
      for (let i = 0; i < width; i++) {
        hashes.set(level === 0 ? leafHashes[i]! : subtreeHash(tiles[next++]!, 0, tileWidth), i * hashBytes);
      }
      partial.push(hashes);
    }
    const builder = new TileBuilder(Frontier.from(size, edgeHashes(size, partial)));
    builder.#partial.push(...partial);
    return builder;
  }

  #tile(level: number): Buffer {
    this.#partial[level] ??= Buffer.allocUnsafe(tileBytes);
    return this.#partial[level];
  }

  /** The leaf tile is full: its hash, which the frontier carried to level 8, joins the tile above, and so on up. */
  #completeTiles(): void {
    let position = this.size - 1;
    for (let level = 0; ; level++) {
      const tile = this.#tile(level);
      if (level > 0) this.#frontier.copyCarried(level * 8, tile, (position % tileWidth) * hashBytes);
      if (position % tileWidth !== tileWidth - 1) return;
      position = Math.floor(position / tileWidth);
      this.#completed.push({ level, idx: position, hashes: Buffer.from(tile) });
    }
  }
}

/** The root of a tree from its partial tiles, level 0 first (as `tileLevels` orders them). */
export function rootOfPartials(size: number, partials: readonly Uint8Array[]): Buffer {
  return foldSubtrees(edgeHashes(size, partials));
}

/** The perfect subtrees along the right edge, largest first, as the partial tiles hold them. */
function edgeHashes(size: number, partials: readonly Uint8Array[]): Buffer[] {
  const edge: Buffer[] = [];
  for (let level = partials.length - 1; level >= 0; level--) {
    const width = Math.floor(size / tileWidth ** level) % tileWidth;
    let from = 0;
    for (let count = tileWidth / 2; count >= 1; count /= 2) {
      if (width - from < count) continue;
      edge.push(subtreeHash(partials[level]!, from, count));
      from += count;
    }
  }
  return edge;
}
