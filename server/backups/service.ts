// Use cases of backups: make one, test one, put one back. A backup leaves only after its entry is durable; a restored
// database takes the place of nothing and is opened only after it was checked whole. Copying and checking are handed
// in; encryption is age.ts.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Act } from '#server/contract/acts.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { decryptFile, encryptFile, recipientsFault } from './age.ts';
import type { BackupEntry, Entered } from './desk.ts';

export interface MadeBackup {
  /** Hex, of the encrypted file. */
  sha256: string;
  /** Entries in the log of the copy. */
  entries: number;
}

export interface MakeBackup {
  /** Recipients, `age1…`; at least two. */
  to: readonly string[];
  /** File to be written; there must be none. */
  out: string;
  /** Writes a consistent copy of the database to a path that does not exist, and removes one. */
  copy(path: string): Promise<void>;
  remove(path: string): void;
  /** Entries durable before the copy is taken. */
  entries: number;
  /** Makes the entry; the backup leaves only after it is durable. */
  enter(entry: BackupEntry): Promise<Entered>;
}

/** Throws RangeError for recipients that `recipientsFault` refuses, and what the file system throws; nothing is left then. */
export async function makeBackup(work: MakeBackup): Promise<Entered | (MadeBackup & { kind: 'made' })> {
  const { to, out, entries } = work;
  const fault = recipientsFault(to);
  if (fault) throw new RangeError(fault);
  const plain = `${out}.copy`;
  const sealed = `${out}.part`;
  try {
    await work.copy(plain);
    await encryptFile(plain, sealed, to);
    const sha256 = await fileSha256(sealed);
    const entered = await work.enter({
      act: 'system.backup',
      artifact: sha256,
      detail: { entries, recipients: [...to] },
    });
    if (entered.kind !== 'done') return entered;
    await rename(sealed, out);
    return { kind: 'made', sha256, entries };
  } finally {
    // The copy is the whole voter list in clear: it never outlives this call.
    work.remove(plain);
    await rm(sealed, { force: true });
  }
}

export interface OpenBackup {
  file: string;
  /** `AGE-SECRET-KEY-1…`, from wherever it is kept. */
  identity: string;
  /** Where the decrypted database goes; must not exist. */
  into: string;
  remove(path: string): void;
  /** Checks the whole database: what is wrong with it, or what it holds. */
  check(path: string): Promise<CheckedDatabase | { kind: 'broken'; why: string }>;
}

export interface CheckedDatabase {
  kind: 'sound';
  entries: number;
  /** Base64 root of the log. */
  root: string;
}

export type OpenedBackup = (CheckedDatabase & { sha256: string }) | { kind: 'refused'; why: string };

/** Decrypts and checks; what is refused leaves no file behind. */
export async function openBackup({ file, identity, into, remove, check }: OpenBackup): Promise<OpenedBackup> {
  let isSound = false;
  try {
    const opened = await decryptFile(file, into, identity);
    if (opened.kind === 'refused') return opened;
    const checked = await check(into);
    if (checked.kind === 'broken') return { kind: 'refused', why: checked.why };
    isSound = true;
    return { ...checked, sha256: await fileSha256(file) };
  } finally {
    if (!isSound) remove(into);
  }
}

/** The entry that says from what this database was restored, or that a backup was tested. */
export function record(
  gate: Gate,
  ctx: Context,
  act: Extract<Act, 'system.backup' | 'system.restore' | 'audit.verify' | 'system.keys-rotate'>,
  about: EntryAbout,
): Promise<Outcome<null>> {
  return gate.change(ctx, act, {
    locate: async () => ({ record: null, unit: null }),
    decide: () => ({ kind: 'change', changes: [], value: null, about }),
  });
}

/** Hex. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Makes the entry that a backup made or tested asks for, in the system's name. */
export async function enterBackup(
  gate: Gate,
  ctx: Context,
  { act, artifact, detail }: BackupEntry,
): Promise<Entered> {
  const outcome = await record(gate, ctx, act, { artifact, detail });
  return outcome.kind === 'done'
    ? { kind: 'done' }
    : { kind: 'refused', says: outcome.detail ?? `the entry was refused: ${outcome.kind}` };
}
