// Every table of the product, once. The dialect decides the engine; types are the SQLite ones.
import { getTableColumns } from '#db/drizzle.ts';
import type { Dialect } from '../dialect.ts';
import { listTables } from './list.ts';
import { logTables } from './log.ts';
import { peopleTables } from './people.ts';
import { policyTables } from './policies.ts';
import { sampleTables } from './samples.ts';

export function createTables(dialect: Dialect) {
  return {
    ...logTables(dialect),
    ...peopleTables(dialect),
    ...listTables(dialect),
    ...sampleTables(dialect),
    ...policyTables(dialect),
  };
}

export type Tables = ReturnType<typeof createTables>;
export type TableName = keyof Tables;
export type Row<T extends TableName> = Tables[T]['$inferSelect'];
export type NewRow<T extends TableName> = Tables[T]['$inferInsert'];

/** Tables nothing may ever change or delete from. */
export const appendOnlyTables = ['entry', 'tile', 'checkpoint', 'cosignature'] as const satisfies TableName[];

/**
 * Bookkeeping that may be committed without an entry: it holds nothing about a voter and decides nothing. A cosignature
 * is another's statement about the log, proven by its own signature; an entry for each would make the log grow by being
 * witnessed.
 */
export const housekeepingTables = [
  'session',
  'throttle',
  'device',
  'passkeyChallenge',
  'cursor',
  'meta',
  'cosignature',
] as const satisfies TableName[];

/** Property name → column name of one table. */
export function columnNames(tables: Tables, table: TableName): Record<string, string> {
  return Object.fromEntries(Object.entries(getTableColumns(tables[table])).map(([key, c]) => [key, c.name]));
}
