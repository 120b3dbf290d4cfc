// Rooms' queries on a SQLite connection that cannot write.
import { drizzle } from 'drizzle-orm/better-sqlite3';
import type { Db, Preparable } from '../connection.ts';
import { createReader, type Reader } from '../reader.ts';
import type { Tables } from '../schema/tables.ts';
import type { Connection } from './connect.ts';
import { type Prepared, runner } from './prepared.ts';
import type { SharedView } from './shared-view.ts';

export function sqliteReader(connection: Connection, tables: Tables, view: SharedView): Reader {
  return createReader(sqliteDb(connection, view), tables);
}

export function sqliteDb(connection: Connection, view: SharedView): Db {
  const db = drizzle(connection);
  return Object.assign(db, {
    prepared(_name: string, query: Preparable) {
      const all = runner(connection, (query as unknown as SqlitePreparable).prepare());
      return async (values?: Record<string, unknown>) => {
        view.enter();
        return all(values);
      };
    },
    // The types of the two differ only in answering at once or later, and every query is awaited.
  }) as unknown as Db;
}

interface SqlitePreparable {
  prepare(): Prepared;
}
