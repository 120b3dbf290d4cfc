/**
 * Checks an entry's proof in the browser, step by step: that what is shown is the entry, its hash, the way up the tree, the
 * root, the signature of the log's key. Each step says what it found; a step that cannot be made is as bad as a wrong
 * one, but for a browser that lacks Ed25519, which says so.
 */
import { leafHash, type ProofFile, readProofFile, rootOf, signatureHolds, toHex, utf8 } from './check.ts';

export interface ProvenEntry {
  readonly seq: number;
  readonly at: number;
  readonly act: string;
  readonly outcome: string;
  readonly leaf: string;
  readonly proof: string;
  readonly vkey: string;
}

export type StepName = 'entry' | 'leaf' | 'path' | 'root' | 'signature';
export type StepState = 'right' | 'wrong' | 'impossible';

export interface ProofStep {
  readonly name: StepName;
  readonly state: StepState;
  /** What was computed, for eyes and for comparing: a hash, a size, a key. */
  readonly found: string;
}

export interface CheckedProof {
  readonly state: StepState;
  readonly steps: readonly ProofStep[];
  /** Entries under the checkpoint, and how many hashes lead to its root. */
  readonly size: number;
  readonly hashes: number;
}

/** Whether the shown entry is the one its leaf speaks of. */
function isShown({ seq, at, act, outcome, leaf }: ProvenEntry, index: number): boolean {
  try {
    const said = JSON.parse(leaf) as Record<string, unknown>;
    return index === seq && said.t === at && said.act === act && said.outcome === outcome;
  } catch {
    return false;
  }
}

export async function checkProof(entry: ProvenEntry): Promise<CheckedProof> {
  let file: ProofFile | null;
  try {
    file = readProofFile(entry.proof);
  } catch {
    // Not base64: no proof either.
    file = null;
  }
  if (file === null)
    return { state: 'wrong', steps: [{ name: 'path', state: 'wrong', found: '' }], size: 0, hashes: 0 };
  const right = (holds: boolean): StepState => (holds ? 'right' : 'wrong');
  const hash = await leafHash(utf8(entry.leaf));
  const top = await rootOf(hash, file.index, file.size, file.siblings);
  let signed: StepState;
  try {
    const holds = await signatureHolds(file, entry.vkey);
    signed = holds === 'unsupported' ? 'impossible' : right(holds);
  } catch {
    signed = 'wrong';
  }
  const steps: ProofStep[] = [
    { name: 'entry', state: right(isShown(entry, file.index)), found: String(file.index) },
    { name: 'leaf', state: 'right', found: toHex(hash) },
    { name: 'path', state: right(top !== null), found: top === null ? '' : toHex(top) },
    { name: 'root', state: right(top !== null && toHex(top) === toHex(file.root)), found: toHex(file.root) },
    { name: 'signature', state: signed, found: entry.vkey.split('+')[1] ?? '' },
  ];
  const state = (['wrong', 'impossible'] as const).find((bad) => steps.some((step) => step.state === bad));
  return { state: state ?? 'right', steps, size: file.size, hashes: file.siblings.length };
}
