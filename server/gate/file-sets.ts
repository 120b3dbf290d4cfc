// A set of files which two persons put in force (set-changes.ts): access policies, detection rules. Kept in the database under the
// hash of its text, named in the log. Threat: somebody with write access to the files or to the database's rows must not change what
// is in force unnoticed.
import type { Change, Reader } from '#db/store.ts';
import { opened } from './in-log.ts';

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

/**
 * The files of the set in force, as they are kept.
 * @param what in the plural, for people
 * @throws SetRefused when they are not what their hash says
 */
export function keptFiles(
  { inForce: { hash }, files: text }: { inForce: SetRecord; files: string },
  what: string,
  hashOf: (files: SetFile[]) => string,
): SetFile[] {
  const files = JSON.parse(text) as SetFile[];
  if (hashOf(files) === hash) return files;
  throw new SetRefused(
    `The ${what} kept in the database are not those that were put in force (${short(hash)}).\n  The row was altered: kuzot audit verify and a backup tell since when.`,
  );
}

/** Before the first request: says in an entry when the files of this server are others. */
export async function tellDiffers(
  differs: Differs,
  enter: (told: { files: string; note?: string }) => Promise<void>,
): Promise<Differs> {
  if (differs)
    await enter({ files: differs.hash ?? '', ...(differs.fault !== null && { note: differs.fault }) });
  return differs;
}

/** What an entry's detail says about the set in force; null: nothing. */
export type Said = (detail: Record<string, unknown>) => {
  hash: string;
  /** From that entry on the database has a record. */
  recorded: boolean;
  /** The approval it rests on, where the entry says so; null: none. */
  approval?: string | null;
} | null;

const starts = ['system.start', 'rule.change'] as const;

/**
 * Holds the record against the log, which nobody can rewrite: the newest start or change names the set in force, or an
 * approval after it does. Asked of the entries themselves, opened against their leaves: rows that are searched, and what opens
 * an entry, can be written over.
 * @param what in the plural, for people
 * @throws SetRefused
 */
export async function agreesWithLog(
  reader: Reader,
  record: SetRecord | null,
  what: string,
  said: Said,
): Promise<void> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const entry = await reader.audit.newestBefore(starts, before);
    if (entry === null) return;
    const { seq } = entry;
    before = seq;
    const told = opened(entry);
    if (told === null)
      throw new SetRefused(
        `Entry ${seq} of the log says which ${what} are in force, and what opens it was altered or erased.\n  Put a backup back; kuzot audit verify names every such entry.`,
      );
    const newest = said(told.detail);
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
  const told = row ? opened(row) : null;
  if (told?.leaf.act !== 'approval.approve' || told.leaf.outcome !== 'done') return false;
  return said(told.detail)?.hash === record.hash;
}
