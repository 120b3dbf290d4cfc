// Checks an evidence bundle from its bytes alone. Believes nothing in it: the body is what the export's own entry carries the
// hash of, that entry and every other is under the root of the checkpoint, and the log's key signed the checkpoint. Whether
// that key is the log's is for whoever kept it elsewhere to say.

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { checkOpenings } from '#server/gate/opening-check.ts';
import { bindingLine, type Checkpoint, openCheckpoint } from '#server/lib/log/checkpoint.ts';
import { hashBytes, leafHash } from '#server/lib/log/merkle.ts';
import { decodeBase64, parseVkey, type Verifier } from '#server/lib/log/note.ts';
import { type Cosigned, checkCosignatures, type Policy, parsePolicy } from '#server/lib/log/policy.ts';
import { verifyConsistency, verifyInclusion } from '#server/lib/log/proofs.ts';
import { type EvidenceEntry, type EvidenceManifest, evidenceFormat } from './evidence.ts';

export interface CheckedEvidence {
  kind: 'ok';
  manifest: EvidenceManifest;
  entries: EvidenceEntry[];
  /** Number of the export's own entry. */
  own: number;
  size: number;
  root: Buffer;
  /** Hex SHA-256 of the body. */
  sha256: string;
  /** Witnesses of the log's policy whose cosignature stands. */
  witnesses: string[];
  /** Events that are no longer there. */
  erased: number;
}

export type EvidenceVerdict = CheckedEvidence | { kind: 'broken'; where: string; why: string };

class Broken extends Error {
  readonly where: string;
  constructor(where: string, why: string) {
    super(why);
    this.where = where;
  }
}

/** @param kept the log's key as kept elsewhere; without it the bundle's own is used, and the caller says so */
export function checkEvidence(bytes: Uint8Array, kept: readonly Verifier[] | null): EvidenceVerdict {
  try {
    return check(bytes, kept);
  } catch (error) {
    if (error instanceof Broken) return { kind: 'broken', where: error.where, why: error.message };
    throw error;
  }
}

function check(bytes: Uint8Array, kept: readonly Verifier[] | null): CheckedEvidence {
  if (!isUtf8(bytes)) throw new Broken('the file', 'it is not UTF-8 text');
  const text = Buffer.from(bytes).toString('utf8');
  const blank = text.indexOf('\n\n');
  if (blank < 0) throw new Broken('the file', 'no blank line divides the entries from their proofs');
  if (!text.endsWith('\n')) throw new Broken('the file', 'its last line is cut off');
  const body = text.slice(0, blank + 1);
  const lines = body.slice(0, -1).split('\n');
  const proofs = text.slice(blank + 2, -1).split('\n');

  const manifest = object('line 1', lines[0]!) as unknown as EvidenceManifest;
  if (manifest.format !== evidenceFormat)
    throw new Broken('line 1', `the format is not ${evidenceFormat}: another version made this bundle`);
  const { log, vkey, policy } = manifest;
  if (typeof log !== 'string' || typeof vkey !== 'string' || typeof policy !== 'string')
    throw new Broken('line 1', 'log, key and policy are not all there');
  if (manifest.entries !== lines.length - 1)
    throw new Broken('line 1', `it speaks of ${manifest.entries} entries, and ${lines.length - 1} follow`);
  if (proofs.length !== lines.length + 1)
    throw new Broken(
      'the proofs',
      `${lines.length + 1} lines belong after the blank one, not ${proofs.length}`,
    );

  const said = parseVkey(vkey);
  if (said.kind === 'refused') throw new Broken('the key in line 1', said.why);
  const statement = object('the checkpoint', proofs[0]!);
  const { checkpoint: note } = statement;
  if (typeof note !== 'string') throw new Broken('the checkpoint', 'there is none');
  const opened = openCheckpoint(note, kept ?? [said.verifier], log);
  if (opened.kind === 'refused') throw new Broken('the checkpoint', opened.why);
  const { size, root, extensions } = opened.checkpoint;
  // Logs bind key and policy under their signature; what is in the bundle must be what was bound.
  const bound = extensions.filter((line) => line.startsWith('kuzot-files '));
  if (bound.length > 0 && !bound.includes(bindingLine(`${vkey}\n`, policy)))
    throw new Broken('the policy in line 1', 'it is not the one the checkpoint was signed with');

  const own = object('the export’s own entry', proofs[1]!);
  const ownLeaf = leafText(own.leaf, 'the export’s own entry');
  under('the export’s own entry', own, ownLeaf, size, root);
  const sha256 = createHash('sha256').update(body).digest('hex');
  const leaf = object('the export’s own entry', ownLeaf);
  if (leaf.artifact !== sha256)
    throw new Broken('the body', 'it is not the one whose SHA-256 the export’s own entry carries');
  if (leaf.act !== 'audit.evidence' && leaf.act !== 'audit.evidence-opened')
    throw new Broken('the export’s own entry', 'it is not the entry of an evidence bundle');
  if (typeof leaf.actor !== 'string' || typeof leaf.t !== 'number')
    throw new Broken('the export’s own entry', 'it says of nobody, or of no time, that it was made');
  if (leaf.actor !== manifest.exportedBy?.id || leaf.t !== manifest.exportedAt)
    throw new Broken('line 1', 'who exported it, or when, is not what the export’s own entry says');

  const entries: EvidenceEntry[] = [];
  let erased = 0;
  for (const [i, line] of lines.slice(1).entries()) {
    const entry = object(`line ${i + 2}`, line) as unknown as EvidenceEntry;
    const where = `entry ${entry.seq}`;
    if (i > 0 && !(entry.seq > entries[i - 1]!.seq))
      throw new Broken(where, 'entries do not follow each other');
    const proof = object(`the proof of ${where}`, proofs[i + 2]!);
    if (proof.seq !== entry.seq) throw new Broken(where, 'its proof is of another entry');
    under(where, proof, leafText(entry.leaf, where), size, root);
    const { actor } = object(where, entry.leaf);
    if ((actor === undefined) !== (entry.officer === null))
      throw new Broken(where, 'the officer is not of this entry');
    if (typeof entry.event === 'string') {
      const fault = checkOpenings(entry.leaf, entry.event);
      if (fault !== null) throw new Broken(where, fault);
    } else if (manifest.opened) erased++;
    entries.push(entry);
  }
  const known = parsePolicy(policy);
  if (known.kind === 'refused') throw new Broken('the policy in line 1', known.why);
  const cosigned = checkCosignatures(opened.body, opened.unknown, known.policy);
  if (cosigned.kind === 'refused') throw new Broken('the checkpoint', cosigned.why);
  const anchor = anchorOf(statement, kept ?? [said.verifier], log, opened.checkpoint, known.policy);
  const witnesses = [...new Set([...cosigned.by, ...anchor].map(({ witness }) => witness.verifier.name))];
  return {
    kind: 'ok',
    manifest,
    entries,
    own: own.seq as number,
    size,
    root: Buffer.from(root),
    sha256,
    witnesses,
    erased,
  };
}

/** The newest checkpoint that witnesses cosigned, and that the bundle's own goes on from it. */
function anchorOf(
  { witnessed, consistency }: Record<string, unknown>,
  verifiers: readonly Verifier[],
  log: string,
  { size, root }: Checkpoint,
  policy: Policy,
): Cosigned['by'] {
  const where = 'the witnessed checkpoint';
  if (witnessed === undefined) return [];
  if (typeof witnessed !== 'string') throw new Broken(where, 'it is no text');
  const opened = openCheckpoint(witnessed, verifiers, log);
  if (opened.kind === 'refused') throw new Broken(where, opened.why);
  const older = opened.checkpoint;
  if (!verifyConsistency(older.size, older.root, size, root, hashesOf(consistency, where)))
    throw new Broken(where, 'the checkpoint of this bundle does not go on from it');
  const cosigned = checkCosignatures(opened.body, opened.unknown, policy);
  if (cosigned.kind === 'refused') throw new Broken(where, cosigned.why);
  return cosigned.by;
}

function hashesOf(value: unknown, where: string): Buffer[] {
  const hashes = Array.isArray(value)
    ? value.map((hash) => (typeof hash === 'string' ? decodeBase64(hash) : null))
    : [null];
  if (hashes.some((hash) => hash === null || hash.length !== hashBytes))
    throw new Broken(where, 'its proof is malformed');
  return hashes as Buffer[];
}

function object(where: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Broken(where, 'it is not a JSON object');
}

function leafText(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new Broken(where, 'it has no leaf');
  return value;
}

function under(
  where: string,
  { seq, proof }: Record<string, unknown>,
  leaf: string,
  size: number,
  root: Uint8Array,
): void {
  const path = hashesOf(proof, where);
  if (typeof seq !== 'number' || !verifyInclusion(leafHash(Buffer.from(leaf)), seq, size, path, root))
    throw new Broken(where, `as number ${String(seq)} it does not lead to the signed root`);
}
