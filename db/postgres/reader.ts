// Rooms' queries on PostgreSQL connections that cannot write.

import { drizzle } from 'drizzle-orm/node-postgres';
import type { Client, Pool } from 'pg';
import { type Column, sql } from '#db/drizzle.ts';
import type { Db, Preparable } from '../connection.ts';
import { createReader, type Reader } from '../reader.ts';
import type { Tables } from '../schema/tables.ts';

export function postgresReader(connection: Pool | Client, tables: Tables): Reader {
  return createReader(postgresDb(connection), tables);
}

export function postgresDb(connection: Pool | Client): Db {
  const db = drizzle(connection);
  return Object.assign(db, {
    prepared(name: string, query: Preparable) {
      // When it is first asked, as on SQLite.
      let prepared: ReturnType<PostgresPreparable['prepare']> | null = null;
      return (values?: Record<string, unknown>) => {
        prepared ??= (query as unknown as PostgresPreparable).prepare(name);
        return prepared.execute(values);
      };
    },
    among: (column: Column, name: string) => sql`${column} = any(${sql.placeholder(name)})`,
    list: (values: readonly (string | number)[]) => [...values],
    // The tables are typed as SQLite's (see dialect.ts), and so are the queries built on them.
  }) as unknown as Db;
}

interface PostgresPreparable {
  prepare(name: string): { execute(values?: Record<string, unknown>): Promise<unknown> };
}
