// Reads a SQLite database that another process may be writing to.
import { DatabaseUnusable, damageOf, tellingDamage } from '../errors.ts';
import { logReader } from '../log-source.ts';
import type { ReadOnlyStore } from '../opened.ts';
import type { Reader } from '../reader.ts';
import { createTables } from '../schema/tables.ts';
import { type Connection, connectReader, requireDatabase } from './connect.ts';
import { sqliteDialect } from './dialect.ts';
import { guardFault } from './guards.ts';
import { sqliteReader } from './reader.ts';
import { sharedView } from './shared-view.ts';

/** @throws DatabaseUnusable when there is no database of this version at the path */
export async function openSqliteReadOnly(path: string): Promise<ReadOnlyStore> {
  requireDatabase(path, false);
  const queries = connectReader(path);
  const log = connectReader(path);
  const statements = new Map<string, ReturnType<Connection['prepare']>>();
  // A statement each page would pile up until they are collected.
  const prepared = (text: string) => {
    const known = statements.get(text) ?? log.prepare(text);
    statements.set(text, known);
    return known;
  };
  try {
    // Read once from end to end: kept pages would only take up memory.
    log.pragma('cache_size = -4096');
    // One transaction for the whole reading: all pages show the log as it stood now.
    log.exec('begin');
    log.prepare('select count(*) from (select seq from entry limit 1)').get();
    return {
      reader: sqliteReader(queries, createTables(sqliteDialect), sharedView(queries, 0)),
      log: logReader(
        'sqlite',
        <R>(text: string, params: (number | string)[]) => prepared(text).all(params) as R[],
      ),
      guardFault: () => tellingDamage(() => guardFault(log)),
      async close() {
        log.close();
        queries.close();
      },
    };
  } catch (error) {
    const damage = isOurs(log) ? damageOf(error) : null;
    log.close();
    queries.close();
    if (damage !== null) throw damage;
    const fault = error instanceof Error ? error.message : 'unknown fault';
    throw new DatabaseUnusable(`${path} is not a database of this version (${fault}).`);
  }
}

/** Whether what is missing was there once; where pages cannot be read, nobody can tell. */
function isOurs(db: Connection): boolean {
  try {
    return db.prepare("select 1 from sqlite_master where name = 'migration'").get() !== undefined;
  } catch {
    return true;
  }
}

/** @throws DatabaseUnusable when there is no database at the path */
export function openSqliteReader(path: string): { reader: Reader; close(): Promise<void> } {
  requireDatabase(path, false);
  const connection = connectReader(path);
  // Nobody tells this connection what was committed: each read of the log looks anew, also within one turn.
  const view = sharedView(connection, 0);
  return {
    reader: sqliteReader(connection, createTables(sqliteDialect), { ...view, catchUp: view.renew }),
    async close() {
      connection.close();
    },
  };
}
