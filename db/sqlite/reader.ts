// Rooms' queries on a SQLite connection that cannot write.

import { drizzle } from 'drizzle-orm/better-sqlite3';
import { type Column, sql } from '#db/drizzle.ts';
import type { Db, Preparable } from '../connection.ts';
import { createReader, type Reader } from '../reader.ts';
import type { Tables } from '../schema/tables.ts';
import type { Connection } from './connect.ts';
import { type Prepared, runner } from './prepared.ts';
import type { SharedView } from './shared-view.ts';

export function sqliteReader(connection: Connection, tables: Tables, view: SharedView): Reader {
  return createReader(sqliteDb(connection, view), tables, logDb(connection, view));
}

/** Catches up before each query. One that is not prepared begins here, with what it selects, and runs in the same turn. */
function logDb(connection: Connection, view: SharedView): Db {
  const db = sqliteDb(connection, view);
  const { prepared } = db;
  const catchingUp = <F extends (...args: never[]) => unknown>(begin: F) =>
    ((...args: Parameters<F>) => {
      view.catchUp();
      return begin.apply(db, args);
    }) as F;
  return Object.assign(Object.create(db) as Db, {
    select: catchingUp(db.select),
    selectDistinct: catchingUp(db.selectDistinct),
    prepared: ((name, query) => catchingUp(prepared.call(db, name, query) as never)) as Db['prepared'],
  });
}

export function sqliteDb(connection: Connection, view: SharedView): Db {
  const db = drizzle(connection);
  return Object.assign(db, {
    prepared(_name: string, query: Preparable) {
      // When it is first asked: whoever opens a database for one command asks few of them.
      let all: ReturnType<typeof runner> | null = null;
      return async (values?: Record<string, unknown>) => {
        view.enter();
        all ??= runner(connection, (query as unknown as SqlitePreparable).prepare());
        return all(values);
      };
    },
    among: (column: Column, name: string) =>
      sql`${column} in (select value from json_each(${sql.placeholder(name)}))`,
    list: (values: readonly (string | number)[]) => JSON.stringify(values),
    // The types of the two differ only in answering at once or later, and every query is awaited.
  }) as unknown as Db;
}

interface SqlitePreparable {
  prepare(): Prepared;
}
