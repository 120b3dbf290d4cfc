// Column helpers for SQLite. Their types are the ones all tables and queries carry.
import * as sqlite from 'drizzle-orm/sqlite-core';
import type { Engine } from '../dialect.ts';

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
