// Inclusion and consistency proofs of RFC 6962 §2.1.1 and §2.1.2. Making one is split in two, so that stores that
// answer at once and stores that answer later can both serve: first which subtrees are needed, then folding them.
// Verification never trusts lengths or numbers from outside: a proof one hash too long is as wrong as one too short.

import { foldSubtrees, hashBytes, type Node, type NodeReader, nodeHash, subtreesOf } from './merkle.ts';

/** For every hash of a proof, in order, the perfect subtrees whose fold it is. */
export type ProofPlan = readonly (readonly Node[])[];

/** The largest power of two below `size` (size ≥ 2). */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/**
 * What is needed to prove that entry `index` is in the tree of `size` entries.
 * @throws RangeError unless 0 ≤ index < size.
 */
export function planInclusion(index: number, size: number): ProofPlan {
  requireSizes(index, size, index < size);
  const plan: Node[][] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      plan.push(subtreesOf(middle, end));
      end = middle;
    } else {
      plan.push(subtreesOf(start, middle));
      start = middle;
    }
  }
  return plan.reverse();
}

/**
 * What is needed to prove that the tree of `older` entries is a prefix of the tree of `newer` entries. Empty when
 * older is 0 or equal to newer.
 * @throws RangeError unless 0 ≤ older ≤ newer.
 */
export function planConsistency(older: number, newer: number): ProofPlan {
  requireSizes(older, newer, older <= newer);
  if (older === 0 || older === newer) return [];
  const plan: Node[][] = [];
  let start = 0;
  let end = newer;
  let whole = true;
  while (end !== older) {
    const middle = start + splitOf(end - start);
    if (older <= middle) {
      plan.push(subtreesOf(middle, end));
      end = middle;
    } else {
      plan.push(subtreesOf(start, middle));
      start = middle;
      whole = false;
    }
  }
  // When the older tree is itself a left subtree of the newer one, the verifier knows that hash already.
  if (!whole) plan.push(subtreesOf(start, end));
  return plan.reverse();
}

/** Reads and folds what a plan names. */
export function makeProof(plan: ProofPlan, read: NodeReader): Buffer[] {
  return plan.map((nodes) => foldSubtrees(nodes.map(({ level, index }) => read(level, index))));
}

/** The same for a store that answers later. */
export async function makeProofAsync(
  plan: ProofPlan,
  read: (level: number, index: number) => Promise<Uint8Array>,
): Promise<Buffer[]> {
  const proof: Buffer[] = [];
  for (const nodes of plan) {
    const hashes: Uint8Array[] = [];
    for (const { level, index } of nodes) hashes.push(await read(level, index));
    proof.push(foldSubtrees(hashes));
  }
  return proof;
}

/** Inclusion proof of entry `index` in the tree of `size` entries: sibling of the leaf first. */
export function inclusionProof(index: number, size: number, read: NodeReader): Buffer[] {
  return makeProof(planInclusion(index, size), read);
}

/** Consistency proof between two sizes of one log. */
export function consistencyProof(older: number, newer: number, read: NodeReader): Buffer[] {
  return makeProof(planConsistency(older, newer), read);
}

/** The root that an inclusion proof leads to, or null when its length or numbers cannot be right. RFC 9162 §2.1.3.2. */
export function rootFromInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): Buffer | null {
  if (!isSize(index) || !isSize(size) || index >= size) return null;
  if (leaf.length !== hashBytes || !allHashes(proof)) return null;
  let node = index;
  let last = size - 1;
  let root: Buffer = Buffer.from(leaf);
  for (const sibling of proof) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(root, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : null;
}

/** True when the proof shows that the leaf hash stands at `index` of the tree with this size and root. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  return rootFromInclusion(leaf, index, size, proof)?.equals(root) ?? false;
}

/** True when the proof shows that the older tree is a prefix of the newer one. RFC 9162 §2.1.4.2. */
export function verifyConsistency(
  older: number,
  olderRoot: Uint8Array,
  newer: number,
  newerRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isSize(older) || !isSize(newer) || older > newer || !allHashes(proof)) return false;
  if (olderRoot.length !== hashBytes || newerRoot.length !== hashBytes) return false;
  if (older === newer) return proof.length === 0 && Buffer.compare(olderRoot, newerRoot) === 0;
  // Anything extends the empty tree; only its own root must be right, and that root is public.
  if (older === 0) return proof.length === 0 && foldSubtrees([]).equals(olderRoot);
  let node = older - 1;
  let last = newer - 1;
  while (node % 2 === 1) {
    node = (node - 1) / 2;
    last = Math.floor(last / 2);
  }
  const rest = [...proof];
  const seed = node === 0 ? olderRoot : rest.shift();
  if (seed === undefined) return false;
  let first: Buffer = Buffer.from(seed);
  let second: Buffer = Buffer.from(seed);
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      first = nodeHash(sibling, first);
      second = nodeHash(sibling, second);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      second = nodeHash(second, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && first.equals(olderRoot) && second.equals(newerRoot);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function allHashes(proof: readonly Uint8Array[]): boolean {
  return proof.every((hash) => hash.length === hashBytes);
}

function requireSizes(lower: number, upper: number, inOrder: boolean): void {
  if (!isSize(lower) || !isSize(upper) || !inOrder) {
    throw new RangeError(`no proof of ${lower} in a tree of ${upper}`);
  }
}
