// Whole SQLite databases as files: a consistent copy of one, and whether one is sound. For backups; reads and writes no
// row.
import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { DatabaseUnusable } from '../errors.ts';
import { requireDatabase } from './connect.ts';

const pagesAtOnce = 2_048;

/** Copies the database as it stands, in one piece; `to` must not exist. Yields between slices of pages. */
export async function copySqlite(
  from: string,
  to: string,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  requireDatabase(from, false);
  const db = new Database(from, { readonly: true, fileMustExist: true });
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
  const copy = new Database(to, { fileMustExist: true });
  try {
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

/** What SQLite itself finds wrong with the file, first fault first; null when nothing. */
export function sqliteFault(path: string): string | null {
  let db: Database.Database;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    const fault = db.pragma('integrity_check(1)', { simple: true }) as string;
    db.close();
    return fault === 'ok' ? null : fault;
  } catch (error) {
    if (error instanceof Database.SqliteError) return error.message;
    throw new DatabaseUnusable(`The file ${path} could not be read as a database.`);
  }
}

/** Removes a database file with everything SQLite keeps beside it. */
export function removeSqlite(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal', '-appender']) rmSync(path + end, { force: true });
}
