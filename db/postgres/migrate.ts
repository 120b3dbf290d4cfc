// Brings a PostgreSQL database to this version's schema, and refuses servers that would break the store's promises.
import type { Client } from 'pg';
import { DatabaseUnusable } from '../errors.ts';
import { type AppliedMigration, pendingMigrations, readMigrations } from '../migrate.ts';

/** The caller holds the appender lock. */
export async function migrate(owner: Client, now: number): Promise<void> {
  await owner.query(
    'create table if not exists migration (number bigint primary key, name text not null, sha256 text not null, at bigint not null)',
  );
  const { rows } = await owner.query<AppliedMigration>('select number, sha256 from migration');
  for (const { number, name, sha256, text } of pendingMigrations(readMigrations('postgres'), rows)) {
    await owner.query('begin');
    try {
      await owner.query(text);
      await owner.query('insert into migration values ($1, $2, $3, $4)', [number, name, sha256, now]);
      await owner.query('commit');
    } catch (error) {
      await owner.query('rollback');
      throw error;
    }
  }
}

/** Number of the newest migration this release knows. */
export const schemaNumber = (): number => readMigrations('postgres').at(-1)!.number;

/** @throws DatabaseUnusable when the database is not exactly at this release's schema */
export async function requireSameSchema(reader: Client): Promise<void> {
  const { rows: made } = await reader.query<{ there: boolean }>(
    "select to_regclass('migration') is not null as there",
  );
  const { rows } = made[0]!.there
    ? await reader.query<AppliedMigration>('select number, sha256 from migration')
    : { rows: [] };
  if (pendingMigrations(readMigrations('postgres'), rows).length > 0)
    throw new DatabaseUnusable(
      'The database is not at the schema of this release. Start the server that writes with this release first.',
    );
}

/** @throws DatabaseUnusable when commits would not be durable or text not UTF-8 */
export async function requireSafeServer(owner: Client): Promise<void> {
  for (const [setting, value] of [
    ['fsync', 'on'],
    ['full_page_writes', 'on'],
    ['server_encoding', 'UTF8'],
  ] as const) {
    const { rows } = await owner.query<{ value: string }>('select current_setting($1) as value', [setting]);
    if (rows[0]!.value !== value) {
      throw new DatabaseUnusable(
        `PostgreSQL runs with ${setting} = ${rows[0]!.value}; the audit log needs ${setting} = ${value}. Change it and start again.`,
      );
    }
  }
}
