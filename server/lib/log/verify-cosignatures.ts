// Checks the cosignatures a log has stored: each must stand over the checkpoint of its size, by the key it is filed under.
// Rows carry the witness's whole verifier key, so that they can be checked when a policy no longer names it; the policy
// decides which of them count. Reads in pages.

import { verifyCosignature } from './cosignature.ts';
import { formatVkey, parseNote, parseVkey } from './note.ts';
import { type Broken, broken } from './outside.ts';
import { meetsQuorum, type Policy, type Witness } from './policy.ts';

export type StoredCosignature = {
  readonly size: number;
  /** Verifier key, as text. */
  readonly witness: string;
  readonly line: string;
  /** The checkpoint stored for that size; null when there is none. */
  readonly note: string | null;
};

export type CosignatureSource = {
  /** At most `limit` rows after the given key, in order of size, then witness. */
  readCosignatures(
    after: { readonly size: number; readonly witness: string },
    limit: number,
  ): readonly StoredCosignature[] | Promise<readonly StoredCosignature[]>;
};

export type VerifiedCosignatures = {
  readonly kind: 'ok';
  readonly count: number;
  /** The greatest size whose cosignatures meet the policy's quorum; null when none does, or none is asked for. */
  readonly quorumAt: number | null;
};

const rowsAtOnce = 512;

export async function verifyCosignatures(
  source: CosignatureSource,
  policy: Policy | null,
): Promise<VerifiedCosignatures | Broken> {
  let count = 0;
  let quorumAt: number | null = null;
  let present: { size: number; by: Witness[] } = { size: -1, by: [] };
  let after = { size: -1, witness: '' };
  for (;;) {
    const rows = await source.readCosignatures(after, rowsAtOnce);
    for (const row of rows) {
      const fault = faultOf(row);
      if (fault !== null) return broken(`cosignature of ${row.size} by ${row.witness.split('+')[0]}`, fault);
      count++;
      if (row.size !== present.size) present = { size: row.size, by: [] };
      const witness = policy?.witnesses.find(({ verifier }) => formatVkey(verifier) === row.witness);
      if (witness !== undefined) present.by.push(witness);
      if (policy !== null && policy.quorum !== null && meetsQuorum(policy, present.by)) quorumAt = row.size;
    }
    const last = rows.at(-1);
    if (last === undefined) return { kind: 'ok', count, quorumAt };
    after = { size: last.size, witness: last.witness };
  }
}

function faultOf({ witness, line, note }: StoredCosignature): string | null {
  if (note === null) return 'is of a checkpoint that is not stored';
  const key = parseVkey(witness);
  if (key.kind === 'refused') return `is filed under a broken key: ${key.why}`;
  const checkpoint = parseNote(note);
  if (checkpoint.kind === 'refused') return `is of a broken checkpoint: ${checkpoint.why}`;
  const parsed = parseNote(`${checkpoint.text}\n${line}`);
  const [signature, ...more] = parsed.kind === 'refused' ? [] : parsed.signatures;
  if (signature === undefined || more.length > 0 || (parsed.kind === 'ok' && parsed.text !== checkpoint.text))
    return 'is not one signature line';
  const verdict = verifyCosignature(checkpoint.text, signature, key.verifier);
  return verdict.kind === 'refused' ? verdict.why : null;
}
