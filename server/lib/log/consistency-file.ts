// A consistency proof as a file of its own, for whoever kept a checkpoint: that the log they knew is a prefix of the log
// of now. C2SP has no such file; this one is written like its proofs (first a line that names the form, hashes one a
// line, signed checkpoints verbatim) and, like them, is checked offline with the verifier key alone.
//
//     kuzot/consistency-proof@v1
//     old 20852014 <root of the older tree, base64>
//     <hash, base64> …
//
//     <checkpoint of the newer tree>
//
//     <checkpoint of the older tree, where one was signed>

import { type Checkpoint, type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import { hashBytes } from './merkle.ts';
import { decodeBase64, type Refused, type Verifier } from './note.ts';
import { verifyConsistency } from './proofs.ts';

export const consistencyHeader = 'kuzot/consistency-proof@v1';
/** Two trees below 2^53 need no more. */
const maxHashes = 2 * 53;

export type ConsistencyFile = {
  readonly older: Pick<Checkpoint, 'size' | 'root'>;
  readonly proof: readonly Uint8Array[];
  /** Signed checkpoints, verbatim; the older one only where its size was signed. */
  readonly newerNote: string;
  readonly olderNote: string | null;
};

export function formatConsistencyFile({ older, proof, newerNote, olderNote }: ConsistencyFile): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const lines = [consistencyHeader, `old ${older.size} ${base64(older.root)}`, ...proof.map(base64)];
  return `${lines.join('\n')}\n\n${newerNote}${olderNote === null ? '' : `\n${olderNote}`}`;
}

/** Takes a file apart without believing any of it. */
export function parseConsistencyFile(text: string): ({ readonly kind: 'ok' } & ConsistencyFile) | Refused {
  const refused = (why: string): Refused => ({ kind: 'refused', why });
  // Blank lines stand only between the parts, and in each note between text and signatures.
  const parts = text.split('\n\n');
  if (parts.length !== 3 && parts.length !== 5)
    return refused('it is not a proof, a newer checkpoint and perhaps an older one');
  const [head, newerText, newerSignatures, olderText, olderSignatures] = parts;
  const [first, oldLine, ...hashes] = head!.split('\n');
  if (first !== consistencyHeader) return refused(`the first line is not ${consistencyHeader}`);
  const old = /^old (0|[1-9]\d{0,15}) (\S+)$/.exec(oldLine ?? '');
  const size = Number(old?.[1]);
  const root = old === null ? null : decodeBase64(old[2]!);
  if (!Number.isSafeInteger(size) || root?.length !== hashBytes)
    return refused('there is no line with the older size and root');
  if (hashes.length > maxHashes) return refused('the proof is longer than any two trees need');
  const proof: Buffer[] = [];
  for (const [i, line] of hashes.entries()) {
    const hash = decodeBase64(line);
    if (hash === null || hash.length !== hashBytes) return refused(`hash ${i + 1} of the proof is malformed`);
    proof.push(hash);
  }
  const last = olderSignatures === undefined;
  return {
    kind: 'ok',
    older: { size, root },
    proof,
    newerNote: `${newerText}\n\n${newerSignatures}${last ? '' : '\n'}`,
    olderNote: last ? null : `${olderText}\n\n${olderSignatures}`,
  };
}

export type OpenedConsistency = {
  readonly kind: 'ok';
  readonly older: Pick<Checkpoint, 'size' | 'root'>;
  readonly newer: OpenedCheckpoint;
  /** Whether the older tree was signed too; else its root is only what the file says, shown to be a prefix. */
  readonly olderSigned: boolean;
};

/** Whether the file proves that one log, signed by one of `verifiers`, grew from the older tree to the newer. */
export function openConsistencyFile(
  text: string,
  verifiers: readonly Verifier[],
): OpenedConsistency | Refused {
  const refused = (why: string): Refused => ({ kind: 'refused', why });
  const file = parseConsistencyFile(text);
  if (file.kind === 'refused') return file;
  const { older, proof } = file;
  const newer = openCheckpoint(file.newerNote, verifiers);
  if (newer.kind === 'refused') return refused(`the newer checkpoint: ${newer.why}`);
  if (file.olderNote !== null) {
    const signed = openCheckpoint(file.olderNote, verifiers);
    if (signed.kind === 'refused') return refused(`the older checkpoint: ${signed.why}`);
    const { size, root } = signed.checkpoint;
    if (size !== older.size || Buffer.compare(root, older.root) !== 0)
      return refused('the older checkpoint is of another size or root than the proof');
  }
  const { checkpoint } = newer;
  if (!verifyConsistency(older.size, older.root, checkpoint.size, checkpoint.root, proof))
    return refused('the proof does not lead from the older tree to the signed newer one');
  return { kind: 'ok', older, newer, olderSigned: file.olderNote !== null };
}
