// Proof files of C2SP tlog-proof (`.tlog-proof`): entry number, inclusion proof and signed checkpoint in one text,
// checked offline with the verifier key alone. The entry itself is not in the file. What `extra` says is not
// authenticated by the proof: whoever uses it must tie it to the entry. Two forms are about: that of the specification,
// and that of its draft, whose first line has no version and whose extra data, called a hint, follows the index.

import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { hashBytes } from './merkle.ts';
import { decodeBase64, type NoteSignature, type Refused, type Verifier } from './note.ts';
import { verifyInclusion } from './proofs.ts';

/** By their first line. */
const headers = { v1: 'c2sp.org/tlog-proof@v1', draft: 'c2sp.org/tlog-proof' } as const;
export type ProofForm = keyof typeof headers;
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
export function formatProofFile({ index, proof, note, extra }: ProofFile, form: ProofForm = 'v1'): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const more = extra === undefined ? null : base64(extra);
  const lines: string[] = [headers[form]];
  if (more !== null && form === 'v1') lines.push(`extra ${more}`);
  lines.push(`index ${index}`);
  if (more !== null && form === 'draft') lines.push(`hint ${more}`);
  return `${[...lines, ...proof.map(base64)].join('\n')}\n\n${note}`;
}

/** Takes a file of either form apart without believing any of it. */
export function parseProofFile(text: string): ({ readonly kind: 'ok' } & ProofFile) | Refused {
  const refused = (why: string): Refused => ({ kind: 'refused', why });
  const blank = text.indexOf('\n\n');
  if (blank < 0) return refused('no blank line divides the proof from the checkpoint');
  const [first, ...lines] = text.slice(0, blank).split('\n');
  if (first !== headers.v1 && first !== headers.draft) return refused(`the first line is not ${headers.v1}`);
  let extraText = first === headers.v1 ? take('extra ') : null;
  const indexText = take('index ');
  if (indexText === null || !/^(0|[1-9]\d*)$/.test(indexText) || !Number.isSafeInteger(Number(indexText)))
    return refused('there is no index line');
  if (first === headers.draft) extraText = take('hint ');
  const extra = extraText === null ? undefined : decodeBase64(extraText);
  if (extra === null) return refused('the extra data is not canonical base64');
  if (lines.length > maxHashes) return refused('the proof is longer than any tree is high');
  const proof: Buffer[] = [];
  for (const [i, line] of lines.entries()) {
    const hash = decodeBase64(line);
    if (hash === null || hash.length !== hashBytes) return refused(`hash ${i + 1} of the proof is malformed`);
    proof.push(hash);
  }
  return { kind: 'ok', index: Number(indexText), proof, note: text.slice(blank + 2), extra };

  /** The rest of the next line, if it begins so. */
  function take(start: string): string | null {
    return lines[0]?.startsWith(start) ? lines.shift()!.slice(start.length) : null;
  }
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
