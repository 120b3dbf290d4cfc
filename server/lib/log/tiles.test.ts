import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBundle, encodeBundle, findEntries } from './bundles.ts';
import { Frontier, leafHash, merkleRoot } from './merkle.ts';
import { inclusionProof, verifyInclusion } from './proofs.ts';
import {
  type CompletedTile,
  nodeReader,
  parseTilePath,
  planRestore,
  rootOfPartials,
  subtreeHash,
  TileBuilder,
  tileLevels,
  tilePath,
  tilesCompleted,
} from './tiles.ts';

const hashOf = (i: number) => leafHash(Buffer.from(String(i)));
const key = (level: number, idx: number) => `${level}/${idx}`;

/** A log of 66,100 entries, built once: deep enough for full tiles at level 1. */
const size = 66_100;
const builder = new TileBuilder();
const tiles = new Map<string, CompletedTile>();
for (let i = 0; i < size; i++) builder.append(hashOf(i));
for (const tile of builder.takeCompleted()) tiles.set(key(tile.level, tile.idx), tile);

describe('tiles (C2SP tlog-tiles)', () => {
  it('names tiles as the specification does, and reads only such names', () => {
    expect(tilePath({ level: 0, idx: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 'entries', idx: 0, width: 17 })).toBe('tile/entries/000.p/17');
    expect(tilePath({ level: 2, idx: 1000, width: 256 })).toBe('tile/2/x001/000');
    for (const wrong of [
      'tile/00/000',
      'tile/64/000',
      'tile/0/0',
      'tile/0/x000/001',
      'tile/0/001/x002',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/01',
      'tile/0/000/',
      '/tile/0/000',
      'tile/entries',
    ]) {
      expect(parseTilePath(wrong), wrong).toBe(null);
    }
    fc.assert(
      fc.property(
        fc.nat(63),
        fc.maxSafeInteger().map(Math.abs),
        fc.integer({ min: 1, max: 256 }),
        (level, idx, width) => {
          expect(parseTilePath(tilePath({ level, idx, width }))).toEqual({ level, idx, width });
        },
      ),
    );
  });

  it('shapes a tree of 70,000 and of 256 entries as the examples of the specification', () => {
    expect(tileLevels(70_000)).toEqual([
      { level: 0, full: 273, partial: 112 },
      { level: 1, full: 1, partial: 17 },
      { level: 2, full: 0, partial: 1 },
    ]);
    expect(tileLevels(256)).toEqual([
      { level: 0, full: 1, partial: 0 },
      { level: 1, full: 0, partial: 1 },
    ]);
    expect(tileLevels(0)).toEqual([]);
  });

  it('completes exactly the tiles that the growth from one size to another completes', () => {
    expect([...tiles.values()].map(({ level, idx }) => ({ level, idx }))).toEqual(tilesCompleted(0, size));
    expect(tilesCompleted(255, 256)).toEqual([{ level: 0, idx: 0 }]);
    expect(tilesCompleted(65_535, 65_536)).toEqual([
      { level: 0, idx: 255 },
      { level: 1, idx: 0 },
    ]);
    expect(tilesCompleted(256, 511)).toEqual([]);
  });

  it('fills tiles with leaf hashes below and with the hashes of whole tiles above', () => {
    const bottom = tiles.get(key(0, 200))!;
    expect(bottom.hashes.subarray(7 * 32, 8 * 32)).toEqual(hashOf(200 * 256 + 7));
    const above = tiles.get(key(1, 0))!;
    const expected = merkleRoot(Array.from({ length: 256 }, (_, i) => hashOf(200 * 256 + i)));
    expect(above.hashes.subarray(200 * 32, 201 * 32)).toEqual(expected);
    expect(subtreeHash(bottom.hashes, 0, 256)).toEqual(expected);
  });

  it('hands out the hash of each leaf it appends', () => {
    const other = new TileBuilder();
    for (let i = 0; i < 600; i++) expect(other.appendLeaf(Buffer.from(String(i)))).toEqual(hashOf(i));
    expect(other.root()).toEqual(merkleRoot(Array.from({ length: 600 }, (_, i) => hashOf(i))));
  });

  it('has the root of the frontier, and gives it again from its partial tiles', () => {
    const frontier = new Frontier();
    for (let i = 0; i < size; i++) frontier.append(hashOf(i));
    expect(builder.root()).toEqual(frontier.root());
    const partials = tileLevels(size).map(({ level }) => builder.partialTile(level));
    expect(partials.map((tile) => tile.length / 32)).toEqual(tileLevels(size).map(({ partial }) => partial));
    expect(rootOfPartials(size, partials)).toEqual(frontier.root());
  });

  it('goes on after a restart at any size as if it had never stopped', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(size), fc.constantFrom(0, 1, 255, 256, 257, 65_535, 65_536, 65_537)),
        (at) => {
          const plan = planRestore(at);
          const resumed = TileBuilder.restore(
            at,
            plan.tiles.map(({ level, idx }) => tiles.get(key(level, idx))!.hashes),
            Array.from({ length: at - plan.leavesFrom }, (_, i) => hashOf(plan.leavesFrom + i)),
          );
          const until = Math.min(size, at + 600);
          for (let i = at; i < until; i++) resumed.append(hashOf(i));
          const gained = resumed.takeCompleted();
          expect(gained.map(({ level, idx }) => ({ level, idx }))).toEqual(tilesCompleted(at, until));
          for (const tile of gained)
            expect(tile.hashes.equals(tiles.get(key(tile.level, tile.idx))!.hashes)).toBe(true);
          if (until === size) expect(resumed.root()).toEqual(builder.root());
        },
      ),
      { numRuns: 25 },
    );
    expect(() => TileBuilder.restore(300, [], [])).toThrow(RangeError);
  });

  it('serves inclusion proofs out of tiles', () => {
    const read = nodeReader((level, idx) => tiles.get(key(level, idx))?.hashes ?? builder.partialTile(level));
    for (const index of [0, 1, 255, 65_535, 65_536, 66_000, size - 1]) {
      const proof = inclusionProof(index, size, read);
      expect(verifyInclusion(hashOf(index), index, size, proof, builder.root()), String(index)).toBe(true);
    }
  });

  it('packs entry bundles that unpack to the same entries, and refuses any other length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 }), (leaves) => {
        const bundle = encodeBundle(leaves);
        const back = decodeBundle(bundle, leaves.length);
        expect(back.kind === 'ok' && back.leaves.map((leaf) => [...leaf])).toEqual(
          leaves.map((leaf) => [...leaf]),
        );
        const ends = new Uint32Array(256);
        expect(findEntries(bundle, leaves.length, ends)).toBe(true);
        const found = leaves.map((_, i) => [...bundle.subarray(i === 0 ? 2 : ends[i - 1]! + 2, ends[i])]);
        expect(found).toEqual(leaves.map((leaf) => [...leaf]));
        for (const wrong of [
          bundle.subarray(0, -1),
          Buffer.concat([bundle, Buffer.of(0)]),
          bundle.subarray(0, 1),
        ]) {
          expect(findEntries(wrong, leaves.length, ends)).toBe(false);
        }
        expect(decodeBundle(bundle, leaves.length + 1).kind).toBe('broken');
        expect(decodeBundle(bundle.subarray(0, -1), leaves.length).kind).toBe('broken');
        expect(decodeBundle(Buffer.concat([bundle, Buffer.of(0)]), leaves.length).kind).toBe('broken');
      }),
      { numRuns: 40 },
    );
    expect(() => encodeBundle([Buffer.alloc(65_536)])).toThrow(RangeError);
  });
});
