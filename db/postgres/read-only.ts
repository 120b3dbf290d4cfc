// Reads a PostgreSQL database that another process may be writing to.
import { tellingDamage } from '../errors.ts';
import { logReader } from '../log-source.ts';
import type { ReadOnlyStore } from '../opened.ts';
import type { Reader } from '../reader.ts';
import { createTables } from '../schema/tables.ts';
import { connect, readerPool } from './connect.ts';
import { postgresDialect } from './dialect.ts';
import { numbered } from './engine.ts';
import { guardFault } from './guards.ts';
import { postgresReader } from './reader.ts';

export async function openPostgresReadOnly(url: string): Promise<ReadOnlyStore> {
  const log = await connect(url, null, true);
  // One view for the whole reading: all pages show the log as it stood now.
  await log.query('begin transaction isolation level repeatable read, read only');
  const pool = readerPool(url, null, () => undefined);
  let last: Promise<unknown> = Promise.resolve();
  /** One connection answers one question at a time; who reads ahead asks before the last answer. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    reader: postgresReader(pool, createTables(postgresDialect)),
    log: logReader('postgres', <R>(text: string, params: (number | string)[]) =>
      inTurn(async () => {
        const { rows } = await log.query({ text: numbered(text), values: params });
        return rows as R[];
      }),
    ),
    guardFault: () => tellingDamage(() => guardFault(log)),
    async close() {
      await log.end();
      await pool.end();
    },
  };
}

export function openPostgresReader(url: string): { reader: Reader; close(): Promise<void> } {
  const pool = readerPool(url, null, () => undefined);
  return {
    reader: postgresReader(pool, createTables(postgresDialect)),
    close: () => pool.end(),
  };
}
