// Opens SQLite connections: one that writes, durable at every commit, and ones that cannot write at all. Applies the
// migrations. Nothing else in db/sqlite creates a connection.
import { closeSync, existsSync, openSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { DatabaseUnusable } from '../errors.ts';
import { type AppliedMigration, pendingMigrations, readMigrations } from '../migrate.ts';
import { fileState, isCipherAsked, openFile } from './cipher.ts';

export type Connection = Database.Database;

const busyMs = 5_000;

export function connectWriter(path: string): Connection {
  const db = openFile(path, { timeout: busyMs });
  // A new file only. An entry takes some 450 bytes: of a page of 4,096 a tenth would stay empty.
  db.pragma('page_size = 8192');
  db.pragma('journal_mode = WAL');
  // FULL syncs the WAL at every commit: what COMMIT returned from survives power loss.
  db.pragma('synchronous = FULL');
  // What is deleted is overwritten with zeros: erased openings must not linger in free pages.
  db.pragma('secure_delete = ON');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma('recursive_triggers = ON');
  db.pragma('cache_size = -131072');
  db.pragma('temp_store = MEMORY');
  db.pragma('wal_autocheckpoint = 10000');
  db.pragma('journal_size_limit = 268435456');
  return db;
}

export function connectReader(path: string): Connection {
  const db = openFile(path, { readonly: true, fileMustExist: true, timeout: busyMs });
  db.pragma('query_only = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma('cache_size = -65536');
  return db;
}

/** @throws DatabaseUnusable unless it is there or may be created. */
export function requireDatabase(path: string, create: boolean): void {
  if (existsSync(path)) return;
  if (!create) {
    throw new DatabaseUnusable(
      `There is no database at ${path}. Create one with \`kuzot init\`, or correct the path.`,
    );
  }
  // The WAL and the shared-memory file take their permissions from the database file.
  closeSync(openSync(path, 'a', 0o600));
}

/** @throws DatabaseUnusable for a plain file where encrypted ones are asked for: it would go on in clear, unnoticed. */
export function requireCipher(path: string): void {
  if (isCipherAsked() && fileState(path) === 'plain')
    throw new DatabaseUnusable(
      `${path} is not encrypted, and KUZOT_DB_CIPHER asks for it. Run \`kuzot database encrypt\`, or take the setting away.`,
    );
}

/** Brings the database to this version's schema. The caller holds the appender lock. */
export function migrate(db: Connection, now: number): void {
  db.exec(
    'create table if not exists migration (number integer primary key, name text not null, sha256 text not null, at integer not null) strict',
  );
  const applied = db.prepare('select number, sha256 from migration').all() as AppliedMigration[];
  for (const { number, name, sha256, text } of pendingMigrations(readMigrations('sqlite'), applied)) {
    try {
      db.transaction(() => {
        db.exec(text);
        db.prepare('insert into migration values (?, ?, ?, ?)').run(number, name, sha256, now);
      }).immediate();
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      if (!('code' in fault) || fault.code !== 'SQLITE_ERROR') throw error;
      throw new DatabaseUnusable(
        `Migration ${number} (${name}) does not fit the database: ${fault.message}. Its tables or its list of migrations ` +
          'were changed by hand: keep a copy of it as it is, and restore the newest backup.',
      );
    }
  }
}
