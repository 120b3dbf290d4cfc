// Proof files of C2SP tlog-proof (`.tlog-proof`): entry number, inclusion proof and signed checkpoint in one text,
// checked offline with the verifier key alone. The entry itself is not in the file. What `extra` says is not
// authenticated by the proof: whoever uses it must tie it to the entry.

import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { hashBytes } from './merkle.ts';
import { decodeBase64, type NoteSignature, type Refused, type Verifier } from './note.ts';
import { verifyInclusion } from './proofs.ts';

const header = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53 entries needs no more. */
const maxHashes = 53;

export type ProofFile = {
  readonly index: number;
  /** Sibling of the leaf first, as `inclusionProof` gives them. */
  readonly proof: readonly Uint8Array[];
  /** The signed checkpoint, verbatim, cosignatures included. */
  readonly note: string;
  readonly extra?: Uint8Array | undefined;
};

/** The file's text. */
export function formatProofFile({ index, proof, note, extra }: ProofFile): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const lines = [
    header,
    ...(extra === undefined ? [] : [`extra ${base64(extra)}`]),
    `index ${index}`,
    ...proof.map(base64),
  ];
  return `${lines.join('\n')}\n\n${note}`;
}

/** Takes a file apart without believing any of it. */
export function parseProofFile(text: string): ({ readonly kind: 'ok' } & ProofFile) | Refused {
  const refused = (why: string): Refused => ({ kind: 'refused', why });
  const blank = text.indexOf('\n\n');
  if (blank < 0) return refused('no blank line divides the proof from the checkpoint');
  const [first, ...lines] = text.slice(0, blank).split('\n');
  if (first !== header) return refused(`the first line is not ${header}`);
  const extraLine = lines[0]?.startsWith('extra ') ? lines.shift() : undefined;
  const extra = extraLine === undefined ? undefined : decodeBase64(extraLine.slice('extra '.length));
  if (extra === null) return refused('the extra data is not canonical base64');
  const indexText = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '')?.[1];
  if (indexText === undefined || !Number.isSafeInteger(Number(indexText)))
    return refused('there is no index line');
  if (lines.length > maxHashes) return refused('the proof is longer than any tree is high');
  const proof: Buffer[] = [];
  for (const [i, line] of lines.entries()) {
    const hash = decodeBase64(line);
    if (hash === null || hash.length !== hashBytes) return refused(`hash ${i + 1} of the proof is malformed`);
    proof.push(hash);
  }
  return { kind: 'ok', index: Number(indexText), proof, note: text.slice(blank + 2), extra };
}

export type OpenedProof = {
  readonly kind: 'ok';
  readonly index: number;
  readonly checkpoint: Checkpoint;
  /** The checkpoint's signed text, and the signatures on it not yet checked (witnesses). */
  readonly body: string;
  readonly unknown: readonly NoteSignature[];
  readonly extra: Uint8Array | undefined;
};

/** Whether the file proves that an entry with this leaf hash is in the log of one of `verifiers`. */
export function openProofFile(
  text: string,
  leafHash: Uint8Array,
  verifiers: readonly Verifier[],
): OpenedProof | Refused {
  const file = parseProofFile(text);
  if (file.kind === 'refused') return file;
  const opened = openCheckpoint(file.note, verifiers);
  if (opened.kind === 'refused') return opened;
  const { checkpoint, body, unknown } = opened;
  const { index, proof, extra } = file;
  if (!verifyInclusion(leafHash, index, checkpoint.size, proof, checkpoint.root)) {
    return {
      kind: 'refused',
      why: `the proof does not lead from this entry, as number ${index}, to the signed root`,
    };
  }
  return { kind: 'ok', index, checkpoint, body, unknown, extra };
}
