// Which policies are in force. At the first start it is the files of policies/access; from then on what two persons
// approved, kept in the database and named in the log. Threat: somebody with write access to the files or to the
// database's rows must not change a decision unnoticed.
import { join } from 'node:path';
import type { Change, Reader } from '#db/store.ts';
import type { PolicyFile } from '#server/contract/policies.ts';
import { checkOpenings } from '#server/gate/opening-check.ts';
import { PolicyUnusable } from '#server/policy/asking.ts';
import { readPolicies } from '#server/policy/cedar.ts';
import { type PolicySource, parsePolicies, policyHash, readPolicyFiles } from '#server/policy/source.ts';

/** The server must not go on with these policies; an operator or two officers must act. */
export class PoliciesRefused extends Error {
  override readonly name = 'PoliciesRefused';
}

export interface Chosen {
  source: PolicySource;
  /** What the database says is in force; null before the first start. */
  record: { hash: string; since: number; approval: string | null; entry: number } | null;
  /** The files of this server when they are others, or why they cannot be read. */
  differs: { hash: string | null; fault: string | null } | null;
  /** What this release's files take the place of, in a database made for trying things out. */
  renews?: NonNullable<Chosen['record']>;
}

export interface Choice {
  /** Lets a set decide that does not know every act of this release: only for approving another by command. */
  incomplete?: boolean;
  /** A database made for trying things out takes this release's files when its own set cannot serve it. */
  renewable?: boolean;
}

/** @throws PolicyUnusable, PoliciesRefused */
export async function choosePolicies(
  reader: Reader,
  policiesDir: string,
  choice: Choice = {},
): Promise<Chosen> {
  const dir = join(policiesDir, 'access');
  const found = await reader.policies.inForce();
  if (!found) return { source: readPolicies(dir), record: null, differs: null };
  const { inForce: record } = found;
  const files = JSON.parse(found.files) as PolicyFile[]; // written by this room; its hash is checked here
  if (policyHash(files) !== record.hash)
    throw new PoliciesRefused(
      `The access policies kept in the database are not the approved ones (${short(record.hash)}).\n  The row was altered: kuzot audit verify and a backup tell since when.`,
    );
  const parsed = parsePolicies(files, choice.incomplete !== true);
  if (parsed.kind === 'faults') {
    if (choice.renewable) return { source: readPolicies(dir), record: null, differs: null, renews: record };
    const [first] = parsed.faults;
    throw new PoliciesRefused(
      `The approved access policies (${short(record.hash)}) do not fit this release: ${first?.fault}.\n  Two officers approve those that came with it: kuzot policies adopt`,
    );
  }
  return { source: parsed.source, record, differs: differing(dir, record.hash) };
}

function differing(dir: string, hash: string): Chosen['differs'] {
  try {
    if (policyHash(readPolicyFiles(dir)) === hash) return null;
    return { hash: readPolicies(dir).hash, fault: null };
  } catch (error) {
    const known = error instanceof PolicyUnusable || (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!known) throw error;
    return { hash: null, fault: (error as Error).message.split('\n')[0] ?? '' };
  }
}

const short = (hash: string) => hash.slice(0, 12);

/** Rows that keep a set; the set itself only if nobody kept it before. */
export function keepSet(source: Pick<PolicySource, 'hash' | 'files'>, at: number): Change {
  return {
    op: 'ensure',
    table: 'policySet',
    row: { hash: source.hash, files: JSON.stringify(filesOf(source)), at, entry: { entrySeq: 0 } },
  };
}

export const filesOf = ({ files }: Pick<PolicySource, 'files'>): PolicyFile[] =>
  files.map(({ name, text }) => ({ name, text }));

/** What the first start records, in the commit of its entry. */
export function baseline({ source, record, renews }: Chosen, at: number): Change[] {
  if (record) return [];
  const set = { hash: source.hash, since: at, approval: null, entry: { entrySeq: 0 } } as const;
  if (renews)
    return [
      keepSet(source, at),
      { op: 'update', table: 'policyInForce', key: { name: 'access' }, expect: { hash: renews.hash }, set },
    ];
  const row = { name: 'access', ...set };
  return [keepSet(source, at), { op: 'insert', table: 'policyInForce', row }];
}

const starts = ['system.start', 'rule.change'];

/**
 * Holds the record against the log, which nobody can rewrite: the newest start or change names the set in force, or an
 * approval after it does. To be called when the projections are settled.
 * @throws PoliciesRefused
 */
export async function agreesWithLog(
  reader: Reader,
  { record: kept, renews }: Pick<Chosen, 'record' | 'renews'>,
): Promise<void> {
  const record = kept ?? renews ?? null;
  for (const { seq, json } of await reader.audit.newestOf(starts, 50)) {
    const { policy, recorded } = detailOf(json);
    if (typeof policy !== 'string') continue;
    if (!record) {
      if (recorded !== true) return;
      throw new PoliciesRefused(
        `Entry ${seq} of the log says which access policies are in force (${short(policy)}), and the database does not know.\n  Rows were deleted: put a backup back.`,
      );
    }
    if (record.hash === policy) return;
    if (record.entry > seq && (await approves(reader, record))) return;
    throw new PoliciesRefused(
      `The database says that the access policies ${short(record.hash)} are in force, the log says ${short(policy)} (entry ${seq}).\n  The row was altered: put a backup back.`,
    );
  }
}

async function approves(reader: Reader, record: NonNullable<Chosen['record']>): Promise<boolean> {
  const [row] = await reader.audit.entriesAt([record.entry]);
  if (!row?.json) return false;
  const text = Buffer.from(row.leaf).toString('utf8');
  const leaf = JSON.parse(text) as { act: string; outcome: string };
  if (leaf.act !== 'approval.approve' || leaf.outcome !== 'done') return false;
  return checkOpenings(text, row.json) === null && detailOf(row.json).policy === record.hash;
}

function detailOf(json: string | null): Record<string, unknown> {
  if (json === null) return {};
  return (JSON.parse(json) as { detail?: { json: Record<string, unknown> } }).detail?.json ?? {};
}
