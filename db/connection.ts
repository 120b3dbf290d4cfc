// The query handle rooms' queries are written against: drizzle typed as SQLite, working on either engine because every
// query is awaited. It reads; nothing written through it would ever reach the database (read-only connections).

import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';
import type { Column, SQL } from '#db/drizzle.ts';

export type Db = Pick<
  BaseSQLiteDatabase<'async', unknown>,
  'select' | 'selectDistinct' | 'with' | '$with' | '$count'
> & {
  /** Prepares a query once under a name unique in the process; run it with placeholder values, get its rows. */
  prepared<Q extends Preparable>(
    name: string,
    query: Q,
  ): (values?: Record<string, unknown>) => Promise<Rows<Q>>;
  /** For prepared queries: the column is one of as many values as there are, given under a name and made by `list`. */
  among(column: Column, name: string): SQL;
  list(values: readonly (string | number)[]): unknown;
};

/** Any drizzle select: it has a `_` with the result's type and can be prepared. */
export interface Preparable {
  readonly _: { readonly result: unknown };
}
export type Rows<Q extends Preparable> = Q['_']['result'];
