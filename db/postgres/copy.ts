// A whole PostgreSQL database as one SQLite file and back: the schema is one, so every backup has the same form whichever
// engine it comes from, is checked by the same code, and can be put back into either. Reads in one snapshot, writes in
// one transaction.

import type { Client } from 'pg';
import { getTableColumns, getTableName } from '#db/drizzle.ts';
import { createTables } from '../schema/tables.ts';
import { openFile } from '../sqlite/cipher.ts';
import { connectWriter, migrate as migrateSqlite, requireDatabase } from '../sqlite/connect.ts';
import { sqliteDialect } from '../sqlite/dialect.ts';
import { connect } from './connect.ts';
import { PostgresEngine } from './engine.ts';
import { migrate, requireSafeServer } from './migrate.ts';

interface CopiedTable {
  name: string;
  columns: string[];
  /** Of tables whose triggers take rows in this order only. */
  order: string;
}

const orders: Record<string, string> = { entry: 'seq', tile: 'level, idx', checkpoint: 'size' };
const rowsAtOnce = 2_000;
/** What one statement of PostgreSQL may bind. */
const mostParameters = 60_000;

/** Entries come first: checkpoints may not be ahead of them. */
function copiedTables(): CopiedTable[] {
  const all = Object.values(createTables(sqliteDialect)).map((table) => {
    const name = getTableName(table);
    const columns = Object.values(getTableColumns(table)).map((column) => column.name);
    return { name, columns, order: orders[name] ?? '' };
  });
  return [...all.filter(({ name }) => name === 'entry'), ...all.filter(({ name }) => name !== 'entry')];
}

const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
const inOrder = ({ order }: CopiedTable) => (order === '' ? '' : ` order by ${order}`);
const countOf = (rows: { n: number }[]) => Number(rows[0]!.n);

/**
 * Writes the database as it stands at one moment to a SQLite file that must not exist (mode 0600).
 * @param now epoch ms, for the file's own record of its migrations
 */
export async function copyFromPostgres(
  url: string,
  to: string,
  now: number,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  requireDatabase(to, true);
  const file = connectWriter(to);
  const client = await connect(url, null, true);
  try {
    migrateSqlite(file, now);
    await client.query('begin transaction isolation level repeatable read, read only');
    const tables = copiedTables();
    const total = await rowsIn(client, tables);
    let done = 0;
    for (const table of tables) {
      const { name, columns } = table;
      await client.query(
        `declare copied no scroll cursor for select ${quoted(columns)} from "${name}"${inOrder(table)}`,
      );
      const insert = file.prepare(
        `insert into "${name}" (${quoted(columns)}) values (${columns.map(() => '?').join(', ')})`,
      );
      const insertAll = file.transaction((rows: unknown[][]) => {
        for (const row of rows) insert.run(row);
      });
      for (;;) {
        const { rows } = await client.query<unknown[]>({
          text: `fetch ${rowsAtOnce} from copied`,
          rowMode: 'array',
        });
        if (rows.length === 0) break;
        insertAll.immediate(rows);
        done += rows.length;
        onProgress?.(done, total);
      }
      await client.query('close copied');
    }
  } finally {
    await client.end();
    // A copy that stands alone: without this its first reader would need to write beside it.
    file.pragma('journal_mode = DELETE');
    file.close();
  }
}

/** Whether anything of ours is in the database already: nothing is ever restored over it. */
export async function isPostgresInUse(url: string): Promise<boolean> {
  const client = await connect(url, null, true);
  try {
    const { rows } = await client.query<{ entry: string | null }>(
      "select to_regclass('public.entry') as entry",
    );
    if (rows[0]!.entry === null) return false;
    const { rows: counted } = await client.query<{ n: number }>(
      'select (select count(*) from entry) + (select count(*) from officer) as n',
    );
    return countOf(counted) > 0;
  } finally {
    await client.end();
  }
}

/**
 * Fills an empty database with what such a file holds, in one transaction: all of it or nothing.
 * @throws AppenderBusy while another process writes there, DatabaseUnusable for a server that would lose commits
 */
export async function copyToPostgres(
  from: string,
  url: string,
  now: number,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const lock = await PostgresEngine.open({ url, role: null, columnTypes: new Map() });
  const file = openFile(from, { readonly: true, fileMustExist: true });
  const client = await connect(url, null);
  try {
    await requireSafeServer(client);
    await migrate(client, now);
    const tables = copiedTables();
    const total = tables.reduce(
      (sum, { name }) =>
        sum + countOf(file.prepare(`select count(*) as n from "${name}"`).all() as { n: number }[]),
      0,
    );
    let done = 0;
    await client.query('begin');
    for (const table of tables) {
      const { name, columns } = table;
      const rowsOfOne = Math.min(rowsAtOnce, Math.floor(mostParameters / columns.length));
      let rows: unknown[][] = [];
      const write = async () => {
        if (rows.length === 0) return;
        let mark = 0;
        const places = rows.map((row) => `(${row.map(() => `$${++mark}`).join(', ')})`).join(', ');
        await client.query(`insert into "${name}" (${quoted(columns)}) values ${places}`, rows.flat());
        done += rows.length;
        onProgress?.(done, total);
        rows = [];
      };
      const read = file.prepare(`select ${quoted(columns)} from "${name}"${inOrder(table)}`).raw();
      for (const row of read.iterate() as IterableIterator<unknown[]>) {
        rows.push(row);
        if (rows.length >= rowsOfOne) await write();
      }
      await write();
    }
    await client.query('commit');
  } finally {
    // Without its commit PostgreSQL undoes all of it.
    await client.end();
    file.close();
    await lock.close();
  }
}

async function rowsIn(client: Client, tables: readonly CopiedTable[]): Promise<number> {
  let sum = 0;
  for (const { name } of tables)
    sum += countOf((await client.query<{ n: number }>(`select count(*) as n from "${name}"`)).rows);
  return sum;
}
