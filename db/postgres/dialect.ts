// Column helpers for PostgreSQL, in the shape of the SQLite ones.
import * as pg from 'drizzle-orm/pg-core';
import type { Dialect, Engine } from '../dialect.ts';

const bytea = pg.customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

// The cast is where two libraries' types meet: both engines give the same rows for the same helpers, which the
// conformance suite proves.
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
