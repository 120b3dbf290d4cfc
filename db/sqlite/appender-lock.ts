// At most one process appends to a database: an exclusive lock on a small file beside it, held through SQLite so that it
// works alike on every system, and freed by the operating system when its holder dies.
import Database from 'better-sqlite3';
import { AppenderBusy } from '../errors.ts';

export interface AppenderLock {
  release(): void;
}

/** @throws AppenderBusy at once when another process (or another store of this one) holds it. */
export function lockAppender(path: string): AppenderLock {
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
