import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frontier, leafHash, merkleRoot, nodeHash } from './merkle.ts';
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from './proofs.ts';

const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** MTH of RFC 6962 §2.1, word for word. */
function definition(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return sha(Buffer.of(0), leaves[0]!);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha(Buffer.of(1), definition(leaves.slice(0, split)), definition(leaves.slice(split)));
}

const leavesOf = (size: number) => Array.from({ length: size }, (_, i) => Buffer.from(`leaf ${i}`));
const nodeOf = (leaves: readonly Uint8Array[]) => (level: number, index: number) =>
  definition(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));

describe('Merkle tree (RFC 6962)', () => {
  it('has the root of the definition at every size', () => {
    const leaves = leavesOf(300);
    const frontier = new Frontier();
    for (let size = 0; size <= 300; size++) {
      if (size % 7 === 0 || size < 70) {
        expect(frontier.root().equals(definition(leaves.slice(0, size))), `size ${size}`).toBe(true);
      }
      if (size < 300) frontier.append(leafHash(leaves[size]!));
    }
    expect(merkleRoot(leaves.map(leafHash))).toEqual(definition(leaves));
  });

  it('hashes leaves of any length, the longest included', () => {
    for (const length of [0, 1, 400, 65_535, 65_536, 70_000]) {
      const leaf = Buffer.alloc(length, 7);
      expect(leafHash(leaf)).toEqual(sha(Buffer.of(0), leaf));
    }
    expect(nodeHash(sha(), leafHash(sha()))).toEqual(sha(Buffer.of(1), sha(), leafHash(sha())));
  });

  it('continues from a snapshot as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(200), (before, after) => {
        const leaves = leavesOf(before + after);
        const frontier = new Frontier();
        for (const leaf of leaves.slice(0, before)) frontier.append(leafHash(leaf));
        const { size, hashes } = frontier.snapshot();
        const resumed = Frontier.from(size, hashes);
        for (const leaf of leaves.slice(before)) resumed.append(leafHash(leaf));
        expect(resumed.root().equals(merkleRoot(leaves.map(leafHash)))).toBe(true);
      }),
      { numRuns: 40 },
    );
    expect(() => Frontier.from(3, [sha()])).toThrow(RangeError);
  });

  it('proves the inclusion of every entry at every small size, and of nothing else', () => {
    const all = leavesOf(20);
    for (let size = 1; size <= all.length; size++) {
      const leaves = all.slice(0, size);
      const root = definition(leaves);
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, nodeOf(leaves));
        const leaf = leafHash(leaves[index]!);
        expect(verifyInclusion(leaf, index, size, proof, root)).toBe(true);
        expect(verifyInclusion(leafHash(sha()), index, size, proof, root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, [...proof, root], root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, proof.slice(1), root)).toBe(size === 1);
        for (let other = 0; other < size; other++) {
          if (other !== index) expect(verifyInclusion(leaf, other, size, proof, root)).toBe(false);
        }
      }
    }
    expect(() => inclusionProof(3, 3, nodeOf(all))).toThrow(RangeError);
    expect(verifyInclusion(leafHash(sha()), 0, 0, [], sha())).toBe(false);
  });

  it('proves the consistency of every pair of small sizes, and refuses a changed history', () => {
    const all = leavesOf(18);
    const roots = all.map((_, size) => definition(all.slice(0, size)));
    for (let newer = 0; newer < all.length; newer++) {
      for (let older = 0; older <= newer; older++) {
        const proof = consistencyProof(older, newer, nodeOf(all));
        const check = (root: Uint8Array, hashes: Uint8Array[]) =>
          verifyConsistency(older, root, newer, roots[newer]!, hashes);
        expect(check(roots[older]!, proof), `${older} to ${newer}`).toBe(true);
        expect(check(sha(Buffer.of(9)), proof)).toBe(false);
        expect(check(roots[older]!, [...proof, sha()])).toBe(false);
        if (proof.length > 0) expect(check(roots[older]!, proof.slice(0, -1))).toBe(false);
        if (older > 0 && older < newer) {
          // The same hashes must not stand for a longer log that happens to fold alike.
          for (const claimed of [newer + 1, newer * 2, newer * 2 - 1, newer + 16]) {
            const shape = (size: number) => consistencyProof(older, size, () => Buffer.alloc(32)).length;
            if (shape(claimed) === proof.length) continue;
            expect(verifyConsistency(older, roots[older]!, claimed, roots[newer]!, proof)).toBe(false);
          }
        }
      }
    }
    expect(verifyConsistency(5, roots[5]!, 4, roots[4]!, [])).toBe(false);
  });

  it('handles sizes beyond 32 bits', () => {
    const size = 2 ** 40 + 5;
    const constant = (level: number) =>
      Array.from({ length: level }).reduce<Buffer>((h) => nodeHash(h, h), sha());
    const read = (level: number) => constant(level);
    const proof = inclusionProof(2 ** 33 + 1, size, read);
    const root = Frontier.from(size, [constant(40), constant(2), constant(0)]).root();
    expect(verifyInclusion(sha(), 2 ** 33 + 1, size, proof, root)).toBe(true);
    const older = 2 ** 35 + 3;
    const olderRoot = Frontier.from(older, [constant(35), constant(1), constant(0)]).root();
    expect(verifyConsistency(older, olderRoot, size, root, consistencyProof(older, size, read))).toBe(true);
  });
});
