// Proof that an entry is in the signed log, as a C2SP tlog-proof: checked anywhere with the verifier key alone.
import { formatProofFile } from '#server/lib/log/proof-file.ts';
import { makeProofAsync, planInclusion } from '#server/lib/log/proofs.ts';
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
