// A set of files which two persons put in force: access policies, detection rules. Kept in the database under the hash of its
// text, named in the log. Threat: somebody with write access to the files or to the database's rows must not change what
// is in force unnoticed.
import { createHash } from 'node:crypto';
import type { Change, Reader, Row } from '#db/store.ts';
import type { ApprovalKind } from '#server/contract/vocabulary.ts';
import type { Context } from './context.ts';
import { checkOpenings } from './opening-check.ts';

export type SetName = 'access' | 'detection';

export interface SetFile {
  name: string;
  text: string;
}

export interface FileSet {
  /** Hex SHA-256 over the files. */
  hash: string;
  files: readonly SetFile[];
}

/** What the database says is in force. */
export interface SetRecord {
  hash: string;
  since: number;
  approval: string | null;
  entry: number;
}

/** How the files of this server are others than those in force, or why they cannot be read; null: they are the same. */
export type Differs = { hash: string | null; fault: string | null } | null;

/** The server must not go on with what is in force; an operator or two officers must act. */
export class SetRefused extends Error {
  override readonly name = 'SetRefused';
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
export const short = (hash: string) => hash.slice(0, 12);

/** Rows that keep a set; the set itself only if nobody kept it before. */
export function keepSet({ hash, files }: FileSet, at: number): Change {
  const kept = files.map(({ name, text }) => ({ name, text }));
  return {
    op: 'ensure',
    table: 'policySet',
    row: { hash, files: JSON.stringify(kept), at, entry: { entrySeq: 0 } },
  };
}

/** What a start records in the commit of its entry. @param replaces what is recorded so far */
export function recordSet(name: SetName, set: FileSet, at: number, replaces: SetRecord | null): Change[] {
  const values = { hash: set.hash, since: at, approval: null, entry: { entrySeq: 0 } } as const;
  const put: Change = replaces
    ? { op: 'update', table: 'policyInForce', key: { name }, expect: { hash: replaces.hash }, set: values }
    : { op: 'insert', table: 'policyInForce', row: { name, ...values } };
  return [keepSet(set, at), put];
}

/** The one row of what is in force; two approvals at once meet the hash they both came from. */
export async function putInForce(
  reader: Reader,
  name: SetName,
  { from, to }: { from: string; to: string },
  approval: string,
  at: number,
  keepPresent: () => Change,
): Promise<Change[]> {
  const set = { hash: to, since: at, approval, entry: { entrySeq: 0 } };
  if (await reader.policies.inForce(name))
    return [{ op: 'update', table: 'policyInForce', key: { name }, expect: { hash: from }, set }];
  // Before the first start recorded one.
  return [keepPresent(), { op: 'insert', table: 'policyInForce', row: { name, ...set } }];
}

/** The request by which a second person puts another set in force. */
export function setApproval(
  ctx: Context,
  { id, kind, payload }: { id: string; kind: ApprovalKind; payload: string },
): Row<'approval'> {
  return {
    id,
    kind,
    payload,
    payloadHash: sha256(payload),
    persons: 0,
    purpose: 'review',
    commission: ctx.actor!.commission,
    requestedBy: ctx.actor!.id,
    requestedAt: ctx.now,
    state: 'pending',
    needed: 1,
    expiresAt: ctx.now + approvalMs,
    decidedAt: null,
    executedAt: null,
    entry: 0,
    version: 1,
  };
}

const approvalMs = 3 * 86_400_000;

/** What an entry's detail says about the set in force; null: nothing. */
export type Said = (detail: Record<string, unknown>) => {
  hash: string;
  /** From that entry on the database has a record. */
  recorded: boolean;
  /** The approval it rests on, where the entry says so; null: none. */
  approval?: string | null;
} | null;

const starts = ['system.start', 'rule.change'];

/**
 * Holds the record against the log, which nobody can rewrite: the newest start or change names the set in force, or an
 * approval after it does. To be called when the projections are settled.
 * @param what in the plural, for people
 * @throws SetRefused
 */
export async function agreesWithLog(
  reader: Reader,
  record: SetRecord | null,
  what: string,
  said: Said,
): Promise<void> {
  for (const { seq, json } of await reader.audit.newestOf(starts, 50)) {
    const newest = said(detailOf(json));
    if (newest === null) continue;
    if (!record) {
      if (!newest.recorded) return;
      throw new SetRefused(
        `Entry ${seq} of the log says which ${what} are in force (${short(newest.hash)}), and the database does not know.\n  Rows were deleted: put a backup back.`,
      );
    }
    const sameBasis = newest.approval === undefined || newest.approval === record.approval;
    if (record.hash === newest.hash && sameBasis) return;
    if (record.entry > seq && (await approves(reader, record, said))) return;
    const basis = record.hash === newest.hash ? ', on another approval' : '';
    throw new SetRefused(
      `The database says that the ${what} ${short(record.hash)} are in force, the log says ${short(newest.hash)}${basis} (entry ${seq}).\n  The row was altered: put a backup back.`,
    );
  }
}

async function approves(reader: Reader, record: SetRecord, said: Said): Promise<boolean> {
  const [row] = await reader.audit.entriesAt([record.entry]);
  if (!row?.json) return false;
  const text = Buffer.from(row.leaf).toString('utf8');
  const leaf = JSON.parse(text) as { act: string; outcome: string };
  if (leaf.act !== 'approval.approve' || leaf.outcome !== 'done') return false;
  return checkOpenings(text, row.json) === null && said(detailOf(row.json))?.hash === record.hash;
}

function detailOf(json: string | null): Record<string, unknown> {
  if (json === null) return {};
  return (JSON.parse(json) as { detail?: { json: Record<string, unknown> } }).detail?.json ?? {};
}
