// The writer's connection on PostgreSQL. Holds the session's advisory lock that makes it the only appender of its
// database; when the session ends, however it ends, PostgreSQL frees the lock.

import pg from 'pg';
import { getTableColumns, getTableName } from '#db/drizzle.ts';
import { hashBytes } from '#server/lib/log/merkle.ts';
import type { CompletedTile } from '#server/lib/log/tiles.ts';
import type { Statement, Value } from '../changes.ts';
import { AppenderBusy } from '../errors.ts';
import type { Tables } from '../schema/tables.ts';
import type { Fault, NewEntries, WriteEngine } from '../writer/engine.ts';
import { connect } from './connect.ts';

/** Any constant does; advisory locks are counted per database. */
const lockKey = 0x6b757a6f;
const loadRows = 1_000;
const lockTries = 50;
const lockPauseMs = 100;

export interface EngineSettings {
  url: string;
  role: string | null;
  /** Type of every column, `table.column`, for arrays of values. */
  columnTypes: ReadonlyMap<string, string>;
}

export class PostgresEngine implements WriteEngine {
  readonly engine = 'postgres';
  readonly #settings: EngineSettings;
  readonly #numbered = new Map<string, pg.QueryConfig>();
  #client: pg.Client;
  #broken = false;

  private constructor(settings: EngineSettings, client: pg.Client) {
    this.#settings = settings;
    this.#client = this.#watch(client);
  }

  /** @throws AppenderBusy when another session holds the lock, and still does after some seconds */
  static async open(settings: EngineSettings): Promise<PostgresEngine> {
    return new PostgresEngine(settings, await connectAlone(settings));
  }

  async begin(): Promise<void> {
    await this.#client.query('begin');
  }

  async commit(): Promise<void> {
    const { command } = await this.#client.query('commit');
    // COMMIT of a transaction that met an error answers ROLLBACK, without an error.
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
  }

  async rollback(): Promise<void> {
    await this.#client.query('rollback');
  }

  async mark(): Promise<void> {
    await this.#client.query('savepoint unit');
  }

  async keep(): Promise<void> {
    await this.#client.query('release savepoint unit');
  }

  async undo(): Promise<void> {
    await this.#client.query('rollback to savepoint unit; release savepoint unit');
  }

  async run(statement: Statement, params: Value[]): Promise<number> {
    const { rowCount } = await this.#client.query(this.#named(statement.text), params);
    return rowCount ?? 0;
  }

  async load(table: string, columns: string[], rows: Value[][]): Promise<number[]> {
    const names = columns.map((column) => `"${column}"`).join(', ');
    const arrays = columns.map(
      (column, i) => `$${i + 1}::${this.#settings.columnTypes.get(`${table}.${column}`)}[]`,
    );
    const insert = this.#named(
      `insert into "${table}" (${names}) select * from unnest(${arrays.join(', ')}) on conflict do nothing`,
    );
    const skipped: number[] = [];
    for (let from = 0; from < rows.length; from += loadRows) {
      await this.#loadRange(
        insert,
        columns.length,
        rows,
        from,
        Math.min(rows.length, from + loadRows),
        skipped,
      );
    }
    return skipped;
  }

  /** Halves a range of which some row was skipped until it is known which. */
  async #loadRange(
    insert: pg.QueryConfig,
    width: number,
    rows: Value[][],
    from: number,
    until: number,
    skipped: number[],
  ): Promise<void> {
    const range = rows.slice(from, until);
    const params = Array.from({ length: width }, (_, column) => range.map((row) => row[column]));
    if (range.length > 1) await this.#client.query('savepoint range');
    const { rowCount } = await this.#client.query(insert, params);
    if (range.length === 1) {
      if (rowCount === 0) skipped.push(from);
      return;
    }
    if (rowCount === range.length) {
      await this.#client.query('release savepoint range');
      return;
    }
    await this.#client.query('rollback to savepoint range; release savepoint range');
    const middle = from + Math.ceil(range.length / 2);
    await this.#loadRange(insert, width, rows, from, middle, skipped);
    await this.#loadRange(insert, width, rows, middle, until, skipped);
  }

  async append({ first, leaves, hashes, events }: NewEntries): Promise<void> {
    await this.#client.query(
      this.#named(
        "insert into entry (seq, leaf, leaf_hash) select $1::bigint + i - 1, convert_to(leaf, 'UTF8'), " +
          `substr($3::bytea, (i::int - 1) * ${hashBytes} + 1, ${hashBytes}) ` +
          'from unnest($2::text[]) with ordinality as added (leaf, i) order by i',
      ),
      [first, leaves.map(String), hashes],
    );
    await this.#client.query(
      this.#named(
        'insert into event (seq, json) select $1::bigint + i - 1, json ' +
          'from unnest($2::text[]) with ordinality as added (json, i)',
      ),
      [first, events.map(String)],
    );
  }

  async addTiles(tiles: readonly CompletedTile[]): Promise<void> {
    const insert = this.#named('insert into tile (level, idx, hashes) values ($1, $2, $3)');
    for (const { level, idx, hashes } of tiles) await this.#client.query(insert, [level, idx, hashes]);
  }

  async query<R>(text: string, params: Value[] = []): Promise<R[]> {
    const { rows } = await this.#client.query(this.#named(numbered(text)), params);
    return rows as R[];
  }

  classify(error: unknown): Fault {
    if (this.#broken) return 'broken';
    if (!(error instanceof pg.DatabaseError)) return error instanceof TypeError ? 'refused' : 'broken';
    const code = error.code ?? '';
    if (code === '23505') return 'clash';
    // Data exception, integrity constraint, syntax or access rule: this statement's own fault.
    return ['22', '23', '42'].includes(code.slice(0, 2)) ? 'refused' : 'broken';
  }

  async relax(relaxed: boolean): Promise<void> {
    if (!this.#broken) await this.#client.query(`set synchronous_commit = ${relaxed ? 'off' : 'on'}`);
  }

  /** PostgreSQL recycles its own log; what was archived of it is kept and destroyed where it is archived. */
  settleFiles(): void {}

  /**
   * As the tables' owner, which the writer's role is not: VACUUM passes over what is somebody else's without an error.
   * @throws Error where the login does not own them
   */
  async compact(): Promise<void> {
    const { role } = this.#settings;
    await this.#client.query('set role none');
    try {
      const { rows } = await this.#client.query<{ owned: boolean }>(
        "select pg_has_role(current_user, relowner, 'USAGE') as owned from pg_class where oid = 'event'::regclass",
      );
      if (!rows[0]!.owned) throw new Error('only the tables’ owner can compact them: VACUUM (FULL, ANALYZE)');
      // Statistics keep samples of what stood in the columns: they are taken anew, and the old ones dropped.
      await this.#client.query('vacuum (full, analyze)');
      await this.#client.query('vacuum (full) pg_statistic');
    } finally {
      if (role !== null) await this.#client.query(`set role ${role}`);
    }
  }

  async reopen(): Promise<void> {
    await this.close();
    this.#client = this.#watch(await connectAlone(this.#settings));
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  #watch(client: pg.Client): pg.Client {
    this.#broken = false;
    client.on('error', () => {
      if (client === this.#client) this.#broken = true;
    });
    return client;
  }

  #named(text: string): pg.QueryConfig {
    let config = this.#numbered.get(text);
    if (config === undefined) {
      config = { name: `w${this.#numbered.size}`, text };
      this.#numbered.set(text, config);
    }
    return config;
  }
}

/**
 * A connection that holds the lock. A session ends after its client: that of a process that was killed, or was closed a moment
 * ago, holds the lock as long as it works on its last COMMIT. Having it means that is decided.
 */
async function connectAlone({ url, role }: EngineSettings): Promise<pg.Client> {
  const client = await connect(url, role);
  for (let tries = 1; !(await tryLock(client)); tries++) {
    if (tries === lockTries) {
      await client.end();
      throw new AppenderBusy('this PostgreSQL database');
    }
    await new Promise((resolve) => setTimeout(resolve, lockPauseMs));
  }
  return client;
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    lockKey,
  ]);
  return rows[0]!.locked;
}

/** `?` → `$1`, `$2` …: the writer's own statements hold no other question mark. */
export function numbered(text: string): string {
  let n = 0;
  return text.replaceAll('?', () => `$${++n}`);
}

/** Type of every column by `table.column`. */
export function columnTypes(tables: Tables): Map<string, string> {
  return new Map(
    Object.values(tables).flatMap((table) =>
      Object.values(getTableColumns(table)).map((column): [string, string] => [
        `${getTableName(table)}.${column.name}`,
        column.getSQLType(),
      ]),
    ),
  );
}
