// Opens SQLite files, encrypted ones too: whole pages under ChaCha20-Poly1305, by the drop-in build of the driver with SQLite3
// Multiple Ciphers. The only place that knows it. A file says by itself what it is: a plain one begins with SQLite's own
// words. Keys come from outside, once a process, and reach the threads that are started afterwards.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import Plain from 'better-sqlite3';
import { DatabaseUnusable } from '../errors.ts';

const slot = 'kuzot:database-keys';
const plainHeader = Buffer.from('SQLite format 3\0', 'latin1');

/**
 * Keys of encrypted databases for this process and the threads it starts from now on, 32 bytes each, the newest first: it is
 * the one new files are made with. None: new files are plain.
 */
export function useDatabaseKeys(keys: readonly Uint8Array[]): void {
  setEnvironmentData(
    slot,
    keys.map((key) => Buffer.from(key).toString('hex')),
  );
}

const heldKeys = () => (getEnvironmentData(slot) ?? []) as readonly string[];

export const isCipherAsked = (): boolean => heldKeys().length > 0;

/** Whether the file holds anything, and whether anybody can read it. */
export function fileState(path: string): 'none' | 'plain' | 'other' {
  if (!existsSync(path)) return 'none';
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(plainHeader.length);
    if (readSync(file, start) < start.length) return 'none';
    return start.equals(plainHeader) ? 'plain' : 'other';
  } finally {
    closeSync(file);
  }
}

/**
 * @throws DatabaseUnusable where no key held opens an encrypted file, or the driver for it is not installed; what the driver
 *   throws, also when the file is damaged
 */
export function openFile(path: string, options: Plain.Options = {}): Plain.Database {
  const keys = heldKeys();
  const state = fileState(path);
  if (keys.length === 0 || state === 'plain') return new Plain(path, options);
  for (const key of state === 'none' ? keys.slice(0, 1) : keys) {
    const db = unlocked(new (cipherDriver())(path, options), key);
    if (db !== null) return db;
  }
  throw new DatabaseUnusable(
    `None of the ${keys.length} database keys opens ${path}: it is damaged, or encrypted with a key that is not in the ` +
      'key folder. Put that database-….key back, or restore the newest backup.',
  );
}

/** Encrypts a plain file as this process makes new ones, before it is put anywhere. */
export function encryptAsAsked(path: string): void {
  const [newest] = heldKeys();
  if (newest !== undefined && fileState(path) === 'plain') rekeyCopy(path, Buffer.from(newest, 'hex'));
}

/** Null where the key is not the file's. */
function unlocked(db: Plain.Database, key: string): Plain.Database | null {
  db.pragma("cipher = 'chacha20'");
  db.pragma(`key = 'raw:${key}'`);
  // Sorting may write to a temporary file, and those are not encrypted.
  db.pragma('temp_store = MEMORY');
  try {
    db.prepare('select count(*) from sqlite_master').get();
    return db;
  } catch (error) {
    db.close();
    if (isSqliteError(error) && error.code === 'SQLITE_NOTADB') return null;
    throw error;
  }
}

/** Both drivers have a class of their own for this. */
export function isSqliteError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && error.name === 'SqliteError' && 'code' in error;
}

/** Brings a file that nobody else has open under another key; null: in clear. Not in one step: for copies only. */
export function rekeyCopy(path: string, to: Uint8Array | null): void {
  const db = openFile(path, { fileMustExist: true });
  // A plain file was opened by the plain driver, which knows no cipher.
  const own = fileState(path) === 'plain' ? reopened(db, path) : db;
  try {
    own.pragma('journal_mode = DELETE');
    own.pragma("cipher = 'chacha20'");
    own.pragma(`rekey = '${to === null ? '' : `raw:${Buffer.from(to).toString('hex')}`}'`);
  } finally {
    own.close();
  }
}

function reopened(db: Plain.Database, path: string): Plain.Database {
  db.close();
  return new (cipherDriver())(path, { fileMustExist: true });
}

function cipherDriver(): typeof Plain {
  try {
    return createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof Plain;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND') throw error;
    throw new DatabaseUnusable('The driver of encrypted databases is not installed: run `npm ci`.');
  }
}
