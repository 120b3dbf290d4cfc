// At most one process appends to a database, and at most one signs with a head file: an exclusive lock on a small file
// beside it, held through SQLite so that it works alike on every system, and freed by the operating system when its holder
// dies.
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { AppenderBusy } from './errors.ts';

export interface AppenderLock {
  release(): void;
}

/**
 * The lock of a database (its file's path), or of a log's keys (the head file's path): two databases with the same keys would
 * sign the same sizes.
 * @throws AppenderBusy at once when another process (or another store of this one) holds it
 */
export function lockAppender(path: string): AppenderLock {
  closeSync(openSync(`${path}-appender`, 'a', 0o600));
  const db = new Database(`${path}-appender`, { timeout: 0 });
  try {
    db.pragma('journal_mode = MEMORY');
    db.exec('begin exclusive');
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))
      throw new AppenderBusy(path);
    throw error;
  }
  return { release: () => db.close() };
}
