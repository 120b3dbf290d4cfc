// Checks an exported log to its last byte and names the first place that is wrong: the signature covers the head
// files, the root covers entries and tiles, and any other file is one too many. A log rewritten by someone who has
// its key is only caught by a key and checkpoint kept elsewhere. Memory does not grow with the log.

import { type Bundle, decodeBundle, findEntries } from './bundles.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Progress } from './directory.ts';
import { FileReader, findUnexpected } from './directory-files.ts';
import { type Outside, readHead } from './directory-head.ts';
import type { Predecessor } from './lineage.ts';
import { emptyRoot, hashBytes, leafHash } from './merkle.ts';
import { type Broken, broken } from './outside.ts';
import type { Witnessed } from './policy.ts';
import { rootOfPartials, subtreeHash, TileBuilder, tileLevels, tilePath, tileWidth } from './tiles.ts';

export type VerifiedDirectory = Witnessed & {
  readonly kind: 'ok';
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly predecessors: readonly Predecessor[];
};

/**
 * Full check of an exported directory; every file is read once.
 * @throws what the file system throws, except for missing files
 */
export async function verifyDirectory(
  dir: string,
  options: Outside & { readonly onProgress?: Progress | undefined } = {},
): Promise<VerifiedDirectory | Broken> {
  const head = readHead(dir, options);
  if (head.kind === 'broken') return head;
  const { size, root, origin } = head.checkpoint;
  const unexpected = findUnexpected(dir, size);
  if (unexpected !== null) return broken(unexpected, `does not belong to a log of ${size} entries`);
  const tree = new TreeCheck(dir, head.checkpoint, head.earlier);
  for (let idx = 0; idx * tileWidth < size; idx++) {
    const fault = tree.checkBundle(idx);
    if (fault !== null) return fault;
    options.onProgress?.(Math.min(size, (idx + 1) * tileWidth), size);
    // Lets a progress bar draw and an interrupt arrive, without paying for it on every bundle.
    if (idx % 64 === 63) await new Promise<void>((resume) => setImmediate(resume));
  }
  const fault = tree.checkEdge();
  if (fault !== null) return fault;
  return {
    kind: 'ok',
    origin,
    size,
    root: Buffer.from(root),
    witnesses: head.witnesses,
    quorum: head.quorum,
    quorumMet: head.quorumMet,
    predecessors: head.predecessors,
  };
}

class TreeCheck {
  readonly #bundles: FileReader;
  readonly #tiles: FileReader;
  readonly #head: Checkpoint;
  readonly #earlier: Checkpoint | null;
  readonly #builder = new TileBuilder();
  /** Where the entries of the present bundle end. */
  readonly #ends = new Uint32Array(tileWidth);

  constructor(dir: string, head: Checkpoint, earlier: Checkpoint | null) {
    this.#bundles = new FileReader(dir);
    this.#tiles = new FileReader(dir);
    this.#head = head;
    this.#earlier = earlier;
  }

  /** One bundle, its tile of leaf hashes, and the full tiles above that it completes. */
  checkBundle(idx: number): Broken | null {
    const first = idx * tileWidth;
    const width = Math.min(tileWidth, this.#head.size - first);
    const path = tilePath({ level: 'entries', idx, width });
    const bytes = this.#bundles.read(path);
    if (bytes === null) return broken(path, `is missing: entries ${first} to ${first + width - 1}`);
    if (!findEntries(bytes, width, this.#ends))
      return this.#locateInBundle(idx, width, decodeBundle(bytes, width));
    const rewritten = this.#append(bytes, width);
    const completed = this.#builder.takeCompleted();
    const leafTile = completed[0]?.hashes ?? this.#builder.partialTile(0);
    const fault = this.#compare(0, idx, width, leafTile);
    if (fault !== null) return fault.at === null ? fault : this.#blame(idx, width, fault);
    for (const { level, idx: above, hashes } of completed.slice(1)) {
      const wrong = this.#compare(level, above, tileWidth, hashes);
      if (wrong !== null) return wrong;
    }
    return rewritten;
  }

  /** The partial tiles above the leaves, and the root. */
  checkEdge(): Broken | null {
    const { size, root } = this.#head;
    for (const { level, full, partial } of tileLevels(size)) {
      if (partial === 0 || level === 0) continue;
      const wrong = this.#compare(level, full, partial, this.#builder.partialTile(level));
      if (wrong !== null) return wrong;
    }
    if (!this.#builder.root().equals(root)) {
      return broken(
        'checkpoint',
        'signs another root than that of the entries and tiles, which agree with each other',
      );
    }
    const earlier = this.#earlier;
    return earlier?.size === 0 && !emptyRoot().equals(earlier.root) ? rewrittenSince(earlier) : null;
  }

  /** Appends a bundle's entries; a fault when the log does not pass through the earlier checkpoint's root. */
  #append(bundle: Buffer, width: number): Broken | null {
    const builder = this.#builder;
    const earlier = this.#earlier;
    let fault: Broken | null = null;
    for (let i = 0, start = 2; i < width; i++) {
      const end = this.#ends[i]!;
      builder.appendLeafAt(bundle, start, end);
      start = end + 2;
      if (earlier !== null && builder.size === earlier.size && !builder.root().equals(earlier.root)) {
        fault = rewrittenSince(earlier);
      }
    }
    return fault;
  }

  /** A tile file against its computed bytes; `at` is the first hash that differs, null when the file itself is wrong. */
  #compare(
    level: number,
    idx: number,
    width: number,
    expected: Buffer,
  ): (Broken & { at: number | null }) | null {
    const path = tilePath({ level, idx, width });
    const found = this.#tiles.read(path);
    if (found?.equals(expected)) return null;
    if (found === null) return { ...broken(path, 'is missing'), at: null };
    if (found.length !== expected.length) {
      return { ...broken(path, `has ${found.length} bytes, not ${expected.length}`), at: null };
    }
    const at = firstDifference(found, expected);
    return { ...broken(`${path}, hash ${at}`, 'is not the hash of the tile below it'), at };
  }

  /** An entry and its hash disagree: the tiles above tell which of the two was changed. */
  #blame(idx: number, width: number, fault: Broken & { at: number | null }): Broken {
    const entry = idx * tileWidth + (fault.at ?? 0);
    const tile = tilePath({ level: 0, idx, width });
    const stored = Buffer.from(this.#tiles.read(tile) ?? []);
    if (!this.#isUnderRoot(idx, width, stored)) {
      return broken(`${tile}, hash of entry ${entry}`, 'is not the hash of the entry');
    }
    return broken(
      `${tilePath({ level: 'entries', idx, width })}, entry ${entry}`,
      'does not match its hash in the tiles',
    );
  }

  /** Whether a candidate for a leaf tile is what the level above, or for the last tile the root, says it should be. */
  #isUnderRoot(idx: number, width: number, candidate: Buffer): boolean {
    const levels = tileLevels(this.#head.size);
    const readPartial = ({ level, full, partial }: { level: number; full: number; partial: number }) =>
      partial === 0
        ? Buffer.alloc(0)
        : Buffer.from(this.#tiles.read(tilePath({ level, idx: full, width: partial })) ?? []);
    if (width < tileWidth) {
      const partials = [candidate, ...levels.slice(1).map(readPartial)];
      const whole = partials.every((tile, i) => tile.length === levels[i]!.partial * hashBytes);
      return whole && rootOfPartials(this.#head.size, partials).equals(this.#head.root);
    }
    const { full, partial } = levels[1]!;
    const above = Math.floor(idx / tileWidth);
    const parents = this.#tiles.read(
      tilePath({ level: 1, idx: above, width: above < full ? tileWidth : partial }),
    );
    const place = (idx % tileWidth) * hashBytes;
    return parents?.subarray(place, place + hashBytes).equals(subtreeHash(candidate, 0, tileWidth)) ?? false;
  }

  /** A bundle whose lengths make no sense: the first entry that does not match its hash is where it begins. */
  #locateInBundle(idx: number, width: number, bundle: Bundle): Broken {
    const hashes = this.#tiles.read(tilePath({ level: 0, idx, width })) ?? Buffer.alloc(0);
    const wrong = bundle.leaves.findIndex(
      (leaf, i) => !leafHash(leaf).equals(hashes.subarray(i * hashBytes, (i + 1) * hashBytes)),
    );
    if (bundle.kind === 'ok') throw new RangeError('a bundle is broken and whole at once');
    const entry = idx * tileWidth + (wrong < 0 ? bundle.entry : wrong);
    const why = wrong < 0 ? bundle.why : 'does not match its hash in the tiles';
    return broken(`${tilePath({ level: 'entries', idx, width })}, entry ${entry}`, why);
  }
}

function rewrittenSince(earlier: Checkpoint): Broken {
  return broken(
    `entries 0 to ${Math.max(0, earlier.size - 1)}`,
    'do not have the root of the checkpoint given: the log was rewritten since',
  );
}

/** Number of the first 32-byte hash in which two tiles of one length differ. */
function firstDifference(a: Buffer, b: Buffer): number {
  let at = 0;
  while (a.subarray(at, at + hashBytes).equals(b.subarray(at, at + hashBytes))) at += hashBytes;
  return at / hashBytes;
}
