// Column helpers of one shape for both engines, so that every table and every query is written once. Rooms never see
// this file. It holds no SQL of its own: what differs between the engines beyond column types lives in db/sqlite and
// db/postgres.
import * as pg from 'drizzle-orm/pg-core';
import * as sqlite from 'drizzle-orm/sqlite-core';

export type Engine = 'sqlite' | 'postgres';

export const sqliteDialect = {
  engine: 'sqlite' as Engine,
  table: sqlite.sqliteTable,
  /** UTF-8 text; ids, ISO dates and PINs are text too. */
  text: (name: string) => sqlite.text(name),
  /** 53-bit integer: counts, epoch milliseconds, 0/1 flags. */
  int: (name: string) => sqlite.integer(name),
  bytes: (name: string) => sqlite.blob(name, { mode: 'buffer' }),
  index: sqlite.index,
  uniqueIndex: sqlite.uniqueIndex,
  primaryKey: sqlite.primaryKey,
};

/** The shape both dialects share; queries are typed against the SQLite one. */
export type Dialect = typeof sqliteDialect;

const bytea = pg.customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

// The cast is where two libraries' types meet: both engines give the same rows for the same helpers, which the
// conformance suite proves on every table.
export const postgresDialect = {
  engine: 'postgres' as Engine,
  table: pg.pgTable,
  text: (name: string) => pg.text(name),
  int: (name: string) => pg.bigint(name, { mode: 'number' }),
  bytes: (name: string) => bytea(name),
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  primaryKey: pg.primaryKey,
} as unknown as Dialect;
