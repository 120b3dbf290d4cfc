// An evidence bundle: some entries of the log with everything needed to check them far from here, in one text file. The body
// (what was chosen, by whom, each entry with the officer as they were then) comes first; after a blank line the checkpoint
// and the proofs. The export's own entry carries the SHA-256 of the body, so the log itself vouches for every byte. How
// to check one without this program is written in evidence.md.
import type { EvidenceFilter } from '#server/contract/audit.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import { makeProofAsync, planConsistency, planInclusion } from '#server/lib/log/proofs.ts';
import type { SignedNote } from './monitors.ts';
import { officerOf } from './rules.ts';
import type { TrailRow } from './trail.ts';
import type { StoredTree } from './tree.ts';

export const evidenceFormat = 'kuzot-evidence/1';

export interface EvidenceOfficer {
  login: string;
  name: string;
  role: string;
  commission: string;
}

/** First line of the body. */
export interface EvidenceManifest {
  format: typeof evidenceFormat;
  /** The log's name, its verifier key and its witness policy as published. */
  log: string;
  vkey: string;
  policy: string;
  /** Epoch ms. */
  exportedAt: number;
  exportedBy: EvidenceOfficer & { id: string };
  purpose: string;
  filter: EvidenceFilter;
  /** Entries below this number were looked through. */
  size: number;
  entries: number;
  /** Whether the events, which name voters, are in it. */
  opened: boolean;
}

/** One line of the body for each entry. */
export interface EvidenceEntry {
  seq: number;
  /** Text of the leaf exactly as it was hashed. */
  leaf: string;
  officer: EvidenceOfficer | null;
  /** Opens the leaf's commitments; its stored text. Null where it was erased. */
  event?: string | null;
}

/** After the blank line: the checkpoint, then the export's own entry, then one line for each entry, in their order. */
export interface EvidenceProof {
  seq: number;
  /** Base64, RFC 6962: sibling of the leaf first. */
  proof: string[];
}

/** One entry's line of the body. */
export function evidenceLine({ trail, leaf, json, officer }: TrailRow, opened: boolean): string {
  return canonicalJson({
    seq: trail.seq,
    leaf: Buffer.from(leaf).toString('utf8'),
    officer: officerOf(trail.actor, trail.role, trail.commission, officer),
    ...(opened && { event: json }),
  } as never);
}

/** @param lines of the entries, oldest first */
export function evidenceBody(
  manifest: Omit<EvidenceManifest, 'format' | 'entries'>,
  lines: readonly string[],
): { text: string; sha256: string } {
  const first = canonicalJson({ ...manifest, format: evidenceFormat, entries: lines.length } as never);
  const text = [first, ...lines, ''].join('\n');
  return { text, sha256: sha256(text) };
}

/** Nodes remembered while the proofs of a bundle are made: its entries are in order, so neighbours share most of theirs. */
const nodesAtOnce = 20_000;

const texts = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('base64'));

export interface Evidence {
  bytes: Buffer;
  mediaType: string;
  fileName: string;
  /** Hex, of the whole file; the entry carries that of its body. */
  sha256: string;
}

/**
 * The whole file.
 * @param seqs of the body's entries, in its order
 * @param own the export's own entry
 * @param signed a checkpoint that covers it
 * @param witnessed an older one that witnesses cosigned, if there is one: the bundle proves that it goes on from there
 */
export async function evidenceFile(
  body: string,
  seqs: readonly number[],
  own: { seq: number; leaf: string },
  { size, note }: SignedNote,
  witnessed: SignedNote | null,
  tree: StoredTree,
): Promise<Evidence> {
  const nodes = new Map<string, Promise<Buffer>>();
  const node = (level: number, index: number) => {
    const key = `${level}/${index}`;
    const known = nodes.get(key) ?? tree.node(level, index);
    if (nodes.size >= nodesAtOnce) nodes.clear();
    nodes.set(key, known);
    return known;
  };
  const prove = async (seq: number): Promise<EvidenceProof> => {
    const proof = await makeProofAsync(planInclusion(seq, size), node);
    return { seq, proof: texts(proof) };
  };
  const anchor = witnessed !== null && witnessed.size > 0 && witnessed.size < size ? witnessed : null;
  const statement = {
    checkpoint: note,
    ...(anchor && {
      consistency: texts(await makeProofAsync(planConsistency(anchor.size, size), node)),
      witnessed: anchor.note,
    }),
  };
  const lines: object[] = [statement, { ...(await prove(own.seq)), leaf: own.leaf }];
  for (const [i, seq] of seqs.entries()) {
    lines.push(await prove(seq));
    // On SQLite every node is read at once: others get their turn in between.
    if (i % 50 === 49) await new Promise((turn) => setImmediate(turn));
  }
  const text = `${body}\n${lines.map((line) => `${canonicalJson(line as never)}\n`).join('')}`;
  return {
    bytes: Buffer.from(text),
    mediaType: 'text/plain; charset=utf-8',
    fileName: `kuzot-evidence-${own.seq}.txt`,
    sha256: sha256(text),
  };
}
