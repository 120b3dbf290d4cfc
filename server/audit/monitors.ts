// What monitors and witnesses may have of the log, over HTTP and on the command line alike: checkpoints with their
// cosignatures, and proofs by number. Hashes and signatures only; no entry passes here.
import type { Reader } from '#db/store.ts';
import { formatConsistencyFile } from '#server/lib/log/consistency-file.ts';
import { addCosignatures, newestQuorum } from '#server/lib/log/cosigned-note.ts';
import { foldSubtrees, subtreesOf } from '#server/lib/log/merkle.ts';
import { parseNote } from '#server/lib/log/note.ts';
import { checkCosignatures, type Policy, witnessedBy } from '#server/lib/log/policy.ts';
import { formatProofFile, type ProofForm } from '#server/lib/log/proof-file.ts';
import { makeProofAsync, planConsistency, planInclusion } from '#server/lib/log/proofs.ts';
import type { StoredTree } from './tree.ts';

export interface SignedNote {
  size: number;
  note: string;
}

/** The text of a proof file, or why there is none, with the next step. */
export type Proof = { kind: 'proof'; text: string } | { kind: 'none'; why: string };

export interface Monitors {
  /** A checkpoint with every cosignature stored for it that the policy explains. */
  cosigned(signed: SignedNote): Promise<SignedNote>;
  /** The newest checkpoint whose cosignatures meet the quorum; null where none does, or none is asked for. */
  witnessed(): Promise<SignedNote | null>;
  /** For a print: the note of `witnessed`, null while the quorum that is asked for never met, absent where none is asked for. */
  carried(): Promise<{ witnessed?: string | null }>;
  /** Root of the first `size` entries. */
  rootOf(size: number): Promise<Buffer>;
  /** C2SP tlog-proof of an entry in a signed tree; its extra data is the entry's leaf hash, which it proves. */
  inclusion(seq: number, size: number, form?: ProofForm): Promise<Proof>;
  /** That the first `older` entries are a prefix of a signed tree. */
  consistency(older: number, newer: number): Promise<Proof>;
}

/** A quorum is looked for among so many of the newest cosignatures. */
const recentRows = 512;

export function createMonitors({ audit }: Pick<Reader, 'audit'>, tree: StoredTree, policy: Policy): Monitors {
  const node = (level: number, index: number) => tree.node(level, index);
  const none = (why: string): Proof => ({ kind: 'none', why });

  /** The checkpoint of exactly that size, or why there is none. */
  async function signedAt(size: number): Promise<SignedNote | string> {
    const found = await audit.checkpointFrom(size);
    if (found?.size === size) return cosigned(found);
    const newest = found ?? (await audit.lastCheckpoint());
    const which = found ? 'next' : 'newest';
    return `No checkpoint has ${size} entries; ${newest ? `the ${which} one has ${newest.size}` : 'none was signed yet'}`;
  }

  async function cosigned({ size, note }: SignedNote): Promise<SignedNote> {
    return { size, note: addCosignatures(note, await audit.cosignaturesOf(size), policy) };
  }

  async function witnessed(): Promise<SignedNote | null> {
    if (policy.quorum === null) return null;
    const newest = newestQuorum(await audit.cosignatures(recentRows), policy);
    const signed = newest && (await audit.checkpointFrom(newest.size));
    if (newest === null || signed?.size !== newest.size) return null;
    const note = addCosignatures(signed.note, newest.lines, policy);
    // Threat: a row put there by hand. Only lines that stand were added; what was left out is missed here.
    const parsed = parseNote(note);
    const cosigned = parsed.kind === 'ok' && checkCosignatures(parsed.text, parsed.signatures, policy);
    const met = cosigned && cosigned.kind === 'ok' && witnessedBy(cosigned, policy).quorumMet;
    return met ? { size: newest.size, note } : null;
  }

  async function rootOf(size: number): Promise<Buffer> {
    const hashes: Buffer[] = [];
    for (const { level, index } of subtreesOf(0, size)) hashes.push(await node(level, index));
    return foldSubtrees(hashes);
  }

  return {
    cosigned,
    witnessed,
    async carried() {
      if (policy.quorum === null) return {};
      return { witnessed: (await witnessed())?.note ?? null };
    },
    rootOf,
    async inclusion(seq, size, form) {
      if (seq >= size) return none(`Entry ${seq} is not among the first ${size}`);
      const signed = await signedAt(size);
      if (typeof signed === 'string') return none(signed);
      const proof = await makeProofAsync(planInclusion(seq, size), node);
      const extra = await node(0, seq);
      return { kind: 'proof', text: formatProofFile({ index: seq, proof, note: signed.note, extra }, form) };
    },
    async consistency(older, newer) {
      if (older > newer) return none(`${older} entries are more than ${newer}: name the older size first`);
      const signed = await signedAt(newer);
      if (typeof signed === 'string') return none(signed);
      const before = await signedAt(older);
      const text = formatConsistencyFile({
        older: { size: older, root: await rootOf(older) },
        proof: await makeProofAsync(planConsistency(older, newer), node),
        newerNote: signed.note,
        olderNote: typeof before === 'string' ? null : before.note,
      });
      return { kind: 'proof', text };
    },
  };
}
