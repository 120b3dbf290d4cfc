// The stored log as tiles: complete ones as they are kept, partial ones made of what lies below them. Serves only what is
// durable; holds no personal data but in bundles, which the gate guards.
import type { Reader } from '#db/store.ts';
import { encodeBundle } from '#server/lib/log/bundles.ts';
import { locateNode, subtreeHash, tileWidth } from '#server/lib/log/tiles.ts';

export interface StoredTree {
  /** `width` hashes of a tile from its left, or null where the log has not grown so far. */
  hashes(level: number, idx: number, width: number): Promise<Buffer | null>;
  /** A bundle of raw entries, or null. */
  bundle(idx: number, width: number): Promise<Buffer | null>;
  /** Hash of the perfect subtree `index` of a level of the binary tree. */
  node(level: number, index: number): Promise<Buffer>;
}

/** Hashes of complete tiles never change; this many are remembered (32 bytes each). */
const rememberedTiles = 16_384;

export function storedTree({ audit }: Pick<Reader, 'audit'>): StoredTree {
  const folded = new Map<string, Buffer>();

  /** Roots of complete tiles `from` to `to` of a level. Threat: partial tiles are public, so folding is done once. */
  async function roots(level: number, from: number, to: number): Promise<Buffer[] | null> {
    const missing = Array.from({ length: to - from }, (_, i) => from + i).filter(
      (idx) => !folded.has(`${level}/${idx}`),
    );
    if (missing.length > 0) {
      if (folded.size + missing.length > rememberedTiles) folded.clear();
      for (const { idx, hashes } of await audit.tiles(level, missing[0]!, missing.at(-1)! + 1))
        folded.set(`${level}/${idx}`, Buffer.from(subtreeHash(hashes, 0, tileWidth)));
    }
    const found: Buffer[] = [];
    for (let idx = from; idx < to; idx++) {
      const hash = folded.get(`${level}/${idx}`);
      if (hash === undefined) return null;
      found.push(hash);
    }
    return found;
  }

  async function hashes(level: number, idx: number, width: number): Promise<Buffer | null> {
    if (width === tileWidth) return audit.tile(level, idx);
    const from = idx * tileWidth;
    const below =
      level === 0 ? await audit.leafHashes(from, from + width) : await roots(level - 1, from, from + width);
    return below?.length === width ? Buffer.concat(below) : null;
  }

  return {
    hashes,
    async bundle(idx, width) {
      const from = idx * tileWidth;
      const leaves = await audit.leaves(from, from + width);
      return leaves.length === width ? encodeBundle(leaves) : null;
    },
    async node(level, index) {
      const { level: tile, idx, from, count } = locateNode({ level, index });
      const whole = await audit.tile(tile, idx);
      const found = whole ?? (await hashes(tile, idx, from + count));
      if (!found) throw new RangeError(`the log has no node ${index} of level ${level}`);
      return subtreeHash(found, from, count);
    },
  };
}
