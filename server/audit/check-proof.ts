// Checks proof files of every form this product writes, offline, with the log's verifier key alone (and a witness policy,
// where somebody holds the log to one): an entry's place (C2SP tlog-proof), the growth of the log, and a voter among those
// an entry touched. Says in words what was shown; nothing in a file is believed that is not proven.
import { commitment } from '#server/gate/leaf.ts';
import { openConsistencyFile } from '#server/lib/log/consistency-file.ts';
import { hashBytes, leafHash } from '#server/lib/log/merkle.ts';
import type { NoteSignature, Refused, Verifier } from '#server/lib/log/note.ts';
import { checkCosignatures, type Policy, type Witnessed, witnessedBy } from '#server/lib/log/policy.ts';
import { openProofFile, parseProofFile } from '#server/lib/log/proof-file.ts';
import { rootFromInclusion } from '#server/lib/log/proofs.ts';
import type { VoterProof } from './proof.ts';

export interface CheckAgainst {
  /** Verifier keys of the log; the first one's name is the log's. */
  keys: readonly Verifier[];
  policy: Policy | null;
  /** The entry itself, where somebody has it apart from the proof. */
  leaf: Uint8Array | null;
}

export type Checked =
  | { readonly kind: 'ok'; readonly shows: string; readonly witnessed: Witnessed | null }
  | Refused;

const refused = (why: string): Refused => ({ kind: 'refused', why });

/** One result for a file, or one for each line where the file holds a voter's proofs. */
export function checkProofs(text: string, against: CheckAgainst): Checked[] {
  if (text.startsWith('{'))
    return text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => checkVoterLine(line, against));
  return [text.startsWith('c2sp.org/') ? checkInclusion(text, against) : checkConsistency(text, against)];
}

function checkInclusion(text: string, against: CheckAgainst): Checked {
  const file = parseProofFile(text);
  if (file.kind === 'refused') return file;
  const hash = against.leaf === null ? file.extra : leafHash(against.leaf);
  if (hash?.length !== hashBytes)
    return refused('the file does not carry the hash of the entry: give the entry itself');
  const opened = openProofFile(text, hash, against.keys);
  if (opened.kind === 'refused') return opened;
  const { origin, size } = opened.checkpoint;
  const named = `with hash ${Buffer.from(hash).toString('hex')}`;
  return witnessed(
    `entry ${opened.index} of ${origin}, ${named}, is among its ${size} signed entries`,
    opened,
    against,
  );
}

function checkConsistency(text: string, against: CheckAgainst): Checked {
  const opened = openConsistencyFile(text, against.keys);
  if (opened.kind === 'refused') return opened;
  const { older, newer, olderSigned } = opened;
  const { origin, size } = newer.checkpoint;
  const root = Buffer.from(older.root).toString('base64');
  const signed = olderSigned ? 'signed as well' : 'not signed itself';
  return witnessed(
    `the ${older.size} entries of ${origin} with root ${root} (${signed}) are the beginning of its ${size} signed entries`,
    newer,
    against,
  );
}

function checkVoterLine(line: string, against: CheckAgainst): Checked {
  const proof = voterProofOf(line);
  if (proof === null) return refused('a line is not a proof about a voter');
  const { seq, leaf, voter, membership } = proof;
  const opened = openProofFile(proof.proof, leafHash(Buffer.from(leaf)), against.keys);
  if (opened.kind === 'refused') return refused(`entry ${seq}: ${opened.why}`);
  if (opened.index !== seq) return refused(`entry ${seq}: the proof is of entry ${opened.index}`);
  const { act, outcome, t, subjects } = leafOf(leaf);
  const about = `entry ${seq} of ${opened.checkpoint.origin} (${act}, ${outcome}, ${timeText(t)})`;
  if (membership === null)
    return witnessed(`${about} is signed; what ties it to the voter was erased`, opened, against);
  const fault = membershipFault(voter, membership, subjects);
  if (fault !== null) return refused(`entry ${seq}: ${fault}`);
  // Not "one of so many": the path ties the voter to the entry, but proves no count.
  return witnessed(`${about} names voter ${voter} among those it touched`, opened, against);
}

/** RFC 6962 inclusion of the voter's salted commitment under the entry's `subjects`. */
function membershipFault(
  voter: string,
  { salt, commitment: stated, index, count, path }: NonNullable<VoterProof['membership']>,
  subjects: unknown,
): string | null {
  const made = commitment(Buffer.from(salt, 'hex'), voter);
  if (made !== stated) return 'the salt and the voter do not give the commitment';
  const root = rootFromInclusion(
    leafHash(Buffer.from(made, 'hex')),
    index,
    count,
    path.map((hash) => Buffer.from(hash, 'hex')),
  );
  return root?.toString('hex') === subjects ? null : 'the voter is not among those the entry touched';
}

function witnessed(
  shows: string,
  { body, unknown }: { body: string; unknown: readonly NoteSignature[] },
  { policy }: CheckAgainst,
): Checked {
  if (policy === null) return { kind: 'ok', shows, witnessed: null };
  const cosigned = checkCosignatures(body, unknown, policy);
  return cosigned.kind === 'refused'
    ? cosigned
    : { kind: 'ok', shows, witnessed: witnessedBy(cosigned, policy) };
}

function leafOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // It is in the log as it stands, whatever it is; it names no voter then.
    return {};
  }
}

const timeText = (t: unknown) =>
  typeof t === 'number' && Math.abs(t) <= 8.64e15 ? new Date(t).toISOString() : 'no time';

const hex32 = /^[0-9a-f]{64}$/;

/** A line exactly of the shape `proveAccesses` gives, or null. */
function voterProofOf(line: string): VoterProof | null {
  let value: Partial<VoterProof>;
  try {
    value = JSON.parse(line) as Partial<VoterProof>;
  } catch {
    return null;
  }
  const { seq, leaf, voter, membership, proof } = value;
  if (!Number.isSafeInteger(seq) || typeof leaf !== 'string' || typeof voter !== 'string') return null;
  if (typeof proof !== 'string' || membership === undefined) return null;
  if (membership === null) return { seq: seq!, leaf, voter, membership, proof };
  const { salt, commitment: stated, index, count, path } = membership;
  const whole =
    hex32.test(salt) &&
    hex32.test(stated) &&
    Number.isSafeInteger(index) &&
    Number.isSafeInteger(count) &&
    Array.isArray(path) &&
    path.every((hash) => hex32.test(hash));
  return whole ? { seq: seq!, leaf, voter, membership, proof } : null;
}
