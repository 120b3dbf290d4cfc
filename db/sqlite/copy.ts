// Whole SQLite databases as files: a consistent copy of one, and whether one is sound. For backups; reads and writes no
// row.
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { lockAppender } from '../appender-lock.ts';
import { DatabaseUnusable } from '../errors.ts';
import { fileState, isCipherAsked, isSqliteError, openFile, rekeyCopy } from './cipher.ts';
import { connectWriter, requireDatabase } from './connect.ts';

const pagesAtOnce = 2_048;

/** Copies the database as it stands, in one piece; `to` must not exist. Yields between slices of pages. */
export async function copySqlite(
  from: string,
  to: string,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  requireDatabase(from, false);
  // Empty, and for its owner alone: what is written into it keeps that, and it holds the whole list.
  closeSync(openSync(to, 'wx', 0o600));
  if (fileState(from) !== 'plain') return copyEncrypted(from, to);
  const db = openFile(from, { readonly: true, fileMustExist: true });
  try {
    // One view for all slices: without it every commit beside us would start the copy anew.
    db.exec('begin; select 1 from migration limit 1');
    await db.backup(to, {
      progress({ totalPages, remainingPages }) {
        onProgress?.(totalPages - remainingPages, totalPages);
        return pagesAtOnce;
      },
    });
  } finally {
    db.close();
  }
  // A copy that stands alone: without this its first reader would need to write beside it.
  const copy = openFile(to, { fileMustExist: true });
  try {
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

/** An encrypted copy under the same key: never in clear on the way. In one go; the page-wise copy knows no cipher. */
function copyEncrypted(from: string, to: string): void {
  const db = openFile(from, { fileMustExist: true });
  try {
    db.prepare('vacuum into ?').run(to);
  } finally {
    db.close();
  }
}

/** Where the copy lies meanwhile. */
export const rekeyedCopy = (path: string) => `${path}.rekeyed`;

/**
 * Puts the database under another key, or in clear where there is none, by way of a copy that takes its place whole:
 * interrupted at any moment, the one or the other is there. The caller is the only one who has it open.
 * @throws DatabaseUnusable when the copy is not sound; the database is as it was then
 */
export async function changeKey(
  path: string,
  to: Uint8Array | null,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const copy = rekeyedCopy(path);
  removeSqlite(copy);
  const lock = lockAppender(path);
  try {
    // A log left beside the file would be read into the one that takes its place.
    standAlone(path);
    await copySqlite(path, copy, onProgress);
    rekeyCopy(copy, to);
    const fault = sqliteFault(copy);
    if (fault !== null) throw new DatabaseUnusable(`The copy of ${path} is not sound: ${fault}`);
    syncFile(copy);
    renameSync(copy, path);
    syncFile(dirname(path));
  } finally {
    removeSqlite(copy);
    lock.release();
  }
}

/** @throws DatabaseUnusable while somebody else has it open */
function standAlone(path: string): void {
  const db = connectWriter(path);
  try {
    db.pragma('journal_mode = DELETE');
  } catch (error) {
    if (!isSqliteError(error) || !error.code.startsWith('SQLITE_BUSY')) throw error;
    throw new DatabaseUnusable(`Somebody reads ${path}. Stop the server and other commands, and try again.`);
  } finally {
    db.close();
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What SQLite itself finds wrong with the file, first fault first; null when nothing. */
export function sqliteFault(path: string): string | null {
  let db: Database.Database;
  if (fileState(path) === 'other' && !isCipherAsked())
    return 'it is no database, or an encrypted one: set KUZOT_DB_CIPHER=chacha20, with its database-….key in the key folder';
  try {
    db = openFile(path, { readonly: true, fileMustExist: true });
    const fault = db.pragma('integrity_check(1)', { simple: true }) as string;
    db.close();
    return fault === 'ok' ? null : fault;
  } catch (error) {
    if (isSqliteError(error) || error instanceof DatabaseUnusable) return error.message;
    throw new DatabaseUnusable(`The file ${path} could not be read as a database.`);
  }
}

/** Removes a database file with everything SQLite keeps beside it. */
export function removeSqlite(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal', '-appender']) rmSync(path + end, { force: true });
}
