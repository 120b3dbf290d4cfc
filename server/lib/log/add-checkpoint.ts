// The two texts of C2SP tlog-witness `add-checkpoint`: what a log sends a witness, and what it may take from the answer.
// Pure; who is asked, when and how often is the business of whoever asks.

import { verifyCosignature } from './cosignature.ts';
import { parseNote, type Refused, signatureLine, type Verifier } from './note.ts';

/** A witness refuses more. */
const maxProofHashes = 63;
/** The size line of a 409: digits and a newline. */
const sizeLine = /^(0|[1-9]\d{0,15})\n$/;

/**
 * The request's body. @param older the size the witness cosigned last, 0 for none
 * @throws RangeError when the proof is longer than the protocol allows
 */
export function formatAddCheckpoint(older: number, proof: readonly Uint8Array[], note: string): string {
  if (proof.length > maxProofHashes) throw new RangeError(`a consistency proof of ${proof.length} hashes`);
  const lines = [`old ${older}`, ...proof.map((hash) => Buffer.from(hash).toString('base64'))];
  return `${lines.join('\n')}\n\n${note}`;
}

/** The size a witness says it cosigned last (status 409), or null when its answer is not one. */
export function parseWitnessSize(contentType: string | null, body: string): number | null {
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'text/x.tlog.size') return null;
  const digits = sizeLine.exec(body)?.[1];
  const size = Number(digits);
  return digits !== undefined && Number.isSafeInteger(size) ? size : null;
}

export type Cosignature = {
  readonly kind: 'ok';
  /** As the witness's key signs it, written anew: nothing else of the answer is kept. */
  readonly line: string;
  readonly timeSeconds: number;
};

/**
 * The witness's cosignature out of its answer (status 200). Lines of other keys are ignored, as the specification asks.
 * @param note the checkpoint that was sent
 */
export function readCosignature(note: string, answer: Uint8Array, witness: Verifier): Cosignature | Refused {
  const refused = (why: string): Refused => ({ kind: 'refused', why });
  const sent = parseNote(note);
  if (sent.kind === 'refused') return sent;
  // Read as the signature block of the text that was sent: an answer with a text of its own does not fit in there.
  const got = parseNote(Buffer.concat([Buffer.from(`${sent.text}\n`), answer]));
  if (got.kind === 'refused') return refused(`its answer is no signature: ${got.why}`);
  if (got.text !== sent.text) return refused('its answer is no signature: it holds a blank line');
  const own = got.signatures.filter(({ name, keyId }) => name === witness.name && keyId === witness.keyId);
  const [first, ...more] = own;
  if (first === undefined) return refused('its answer holds no signature by its key');
  if (more.length > 0) return refused('its answer holds two signatures by its key');
  const verdict = verifyCosignature(sent.text, first, witness);
  if (verdict.kind === 'refused') return verdict;
  return { kind: 'ok', line: signatureLine(witness, first.signature), timeSeconds: verdict.timeSeconds };
}
