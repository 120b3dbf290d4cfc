// Proof that an entry is in the signed log, as a C2SP tlog-proof: checked anywhere with the verifier key alone; and that a
// voter is among those an entry touched, without naming the others.
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { commitmentOf, type StoredEvent } from '#server/gate/leaf.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { leafHash, merkleRoot } from '#server/lib/log/merkle.ts';
import { formatProofFile } from '#server/lib/log/proof-file.ts';
import { inclusionProof, makeProofAsync, planInclusion } from '#server/lib/log/proofs.ts';
import { readEntry } from './rules.ts';
import type { StoredTree } from './tree.ts';

/** @param signed a checkpoint whose size is greater than `seq` */
export async function proveEntry(
  tree: StoredTree,
  seq: number,
  signed: { size: number; note: string },
): Promise<string> {
  const proof = await makeProofAsync(planInclusion(seq, signed.size), (level, index) =>
    tree.node(level, index),
  );
  return formatProofFile({ index: seq, proof, note: signed.note });
}

/** That a voter is among those an entry touched, without naming the others. */
export interface Membership {
  /** Hex; with the voter's id it gives the commitment (HMAC-SHA-256). */
  salt: string;
  commitment: string;
  index: number;
  count: number;
  /** Hex, RFC 6962: from the commitment's leaf to the entry's `subjects`. */
  path: string[];
}

/** Null where the entry did not touch the voter, or its openings were erased. */
export function proveMembership(event: Partial<StoredEvent>, voter: string): Membership | null {
  const subjects = event.subjects ?? [];
  const index = subjects.findIndex((subject) => 'id' in subject && subject.id === voter);
  const mine = subjects[index];
  if (!mine || !('salt' in mine)) return null;
  const commitments = subjects.map(commitmentOf);
  const leaves = commitments.map((c) => leafHash(Buffer.from(c, 'hex')));
  const path = inclusionProof(index, leaves.length, (level, node) =>
    merkleRoot(leaves.slice(node * 2 ** level, (node + 1) * 2 ** level)),
  );
  return {
    salt: mine.salt,
    commitment: commitments[index]!,
    index,
    count: leaves.length,
    path: path.map((hash) => Buffer.from(hash).toString('hex')),
  };
}

export interface VoterProof {
  seq: number;
  leaf: string;
  /** Who was asked about. */
  voter: string;
  membership: Membership | null;
  /** C2SP tlog-proof of the entry. */
  proof: string;
}

const entriesAtMost = 200;

export interface AccessesAsked {
  /** This entry alone. */
  seq?: number | undefined;
  /** A signed checkpoint that covers an entry; the log's own when left out. */
  signed?(seq: number): Promise<{ size: number; note: string }>;
}

/** The newest entries that touched a voter, each with its proofs: for the person who asks (R10). Itself an entry. */
export async function proveAccesses(
  gate: Gate,
  ctx: Context,
  tree: StoredTree,
  voter: string,
  { seq: only, signed: sign = (seq) => gate.checkpoint(seq) }: AccessesAsked = {},
): Promise<Outcome<VoterProof[]>> {
  return gate.read<null, VoterProof[]>(ctx, 'voter.accesses', {
    async locate(reader) {
      const found = await reader.voters.byId(voter);
      return found && { record: null, unit: found.path, about: { subjects: [voter] } };
    },
    async release(_, reader) {
      const before = only === undefined ? Number.MAX_SAFE_INTEGER : only + 1;
      const rows = await reader.audit.accessesTo(voter, before, only === undefined ? entriesAtMost : 1);
      const seqs = rows.map(({ trail }) => trail.seq).filter((seq) => only === undefined || seq === only);
      const signed = seqs.length > 0 ? await sign(seqs[0]!) : null;
      const value: VoterProof[] = [];
      for (const { seq, leaf, json } of await reader.audit.entriesAt(seqs))
        value.push({
          seq,
          leaf: Buffer.from(leaf).toString('utf8'),
          voter,
          membership: proveMembership(readEntry(leaf, json).event, voter),
          proof: await proveEntry(tree, seq, signed!),
        });
      return { kind: 'release', value, about: { subjects: [voter], detail: { proven: value.length } } };
    },
  });
}
