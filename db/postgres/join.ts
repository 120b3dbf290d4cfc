// A PostgreSQL database another server writes to, read by connections of this server's own.
import type { Client } from 'pg';
import { DatabaseUnusable, requireOrigin } from '../errors.ts';
import { type JoinedStore, joinStore } from '../relay/join.ts';
import { createTables } from '../schema/tables.ts';
import { connect, readerPool } from './connect.ts';
import { postgresDialect } from './dialect.ts';
import { requireSameSchema, schemaNumber } from './migrate.ts';
import { postgresReader } from './reader.ts';
import { usableReader } from './roles.ts';

export interface JoinOptions {
  /** The log's name. */
  origin: string;
  /** Where the appending server listens for others. */
  socket: string;
  /** Tells one set of keys from another: both servers hold the same. */
  keys: string;
  clock: () => number;
}

/** @throws AppenderAway, DatabaseUnusable */
export async function joinPostgresStore(url: string, options: JoinOptions): Promise<JoinedStore> {
  const { origin, keys, socket, clock } = options;
  const login = await connect(url, null, true);
  let role: string | null;
  try {
    await requirePrimary(login);
    await requireSameSchema(login);
    const { rows } = await login.query<{ value: string }>("select value from meta where key = 'origin'");
    requireOrigin(rows[0]?.value ?? '', origin);
    role = await usableReader(login);
  } finally {
    await login.end();
  }
  const pool = readerPool(url, role, () => undefined);
  try {
    return await joinStore(
      { path: socket, origin, schema: schemaNumber(), keys, clock },
      postgresReader(pool, createTables(postgresDialect)),
      () => pool.end(),
    );
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** A standby shows what was written a moment later: decisions would rest on what another server has changed already. */
async function requirePrimary(login: Client): Promise<void> {
  const { rows } = await login.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
  if (rows[0]!.standby)
    throw new DatabaseUnusable(
      'KUZOT_DB names a standby, which is a moment behind. Name the PostgreSQL server it follows.',
    );
}
