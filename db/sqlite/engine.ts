// The writer's connection on SQLite. Lives in the writer thread; every call answers at once.
import type { Statement as Prepared } from 'better-sqlite3';
import { hashBytes } from '#server/lib/log/merkle.ts';
import type { CompletedTile } from '#server/lib/log/tiles.ts';
import type { Statement, Value } from '../changes.ts';
import type { Fault, NewEntries, WriteEngine } from '../writer/engine.ts';
import { isSqliteError } from './cipher.ts';
import { type Connection, connectWriter } from './connect.ts';

/** Entries put in by one statement; a statement each costs twice as much in all. */
const appendRows = 16;

const appendTexts = new Map(
  [1, appendRows].map((rows) => {
    const times = (row: string) => Array.from({ length: rows }, () => row).join(', ');
    const entry = `insert into entry (seq, leaf, leaf_hash) values ${times('(?, ?, ?)')}`;
    // Bytes are bound for less than the text they came from.
    return [rows, { entry, event: `insert into event (seq, json) values ${times('(?, cast(? as text))')}` }];
  }),
);
/** The hashes being inserted, each with a view of its own: binding copies, so both serve every statement. */
const hashArea = Buffer.alloc(appendRows * hashBytes);
const hashViews = Array.from({ length: appendRows }, (_, i) =>
  hashArea.subarray(i * hashBytes, (i + 1) * hashBytes),
);

export class SqliteEngine implements WriteEngine {
  readonly engine = 'sqlite';
  readonly #path: string;
  #db: Connection;
  #prepared = new Map<string, Prepared>();

  constructor(path: string) {
    this.#path = path;
    this.#db = connectWriter(path);
  }

  begin(): void {
    this.#prepare('begin immediate').run();
  }

  commit(): void {
    this.#prepare('commit').run();
  }

  rollback(): void {
    this.#prepare('rollback').run();
  }

  mark(): void {
    this.#prepare('savepoint unit').run();
  }

  keep(): void {
    this.#prepare('release unit').run();
  }

  undo(): void {
    this.#prepare('rollback to unit').run();
    this.keep();
  }

  run(statement: Statement, params: Value[]): number {
    return this.#prepare(statement.text, statement.key).run(params).changes;
  }

  load(table: string, columns: string[], rows: Value[][]): number[] {
    const skipped: number[] = [];
    // One row a statement: a savepoint round several (to find out which were skipped) copies every page it touches.
    const insert = this.#prepare(loadText(table, columns));
    for (let i = 0; i < rows.length; i++) if (insert.run(rows[i]!).changes === 0) skipped.push(i);
    return skipped;
  }

  append({ first, leaves, hashes, events }: NewEntries): void {
    let i = 0;
    for (; i + appendRows <= leaves.length; i += appendRows)
      this.#appendRows(appendRows, i, first, leaves, hashes, events);
    for (; i < leaves.length; i++) this.#appendRows(1, i, first, leaves, hashes, events);
  }

  #appendRows(
    rows: number,
    from: number,
    first: number,
    leaves: readonly Buffer[],
    hashes: Buffer,
    events: readonly Buffer[],
  ): void {
    const texts = appendTexts.get(rows)!;
    const entryParams: Value[] = [];
    hashes.copy(hashArea, 0, from * hashBytes, (from + rows) * hashBytes);
    const eventParams: Value[] = [];
    for (let i = from; i < from + rows; i++) {
      entryParams.push(first + i, leaves[i]!, hashViews[i - from]!);
      eventParams.push(first + i, events[i]!);
    }
    this.#prepare(texts.entry).run(entryParams);
    this.#prepare(texts.event).run(eventParams);
  }

  addTiles(tiles: readonly CompletedTile[]): void {
    const insert = this.#prepare('insert into tile (level, idx, hashes) values (?, ?, ?)');
    for (const { level, idx, hashes } of tiles) insert.run(level, idx, hashes);
  }

  query<R>(text: string, params: Value[] = []): R[] {
    const prepared = this.#prepare(text);
    if (prepared.reader) return prepared.all(params) as R[];
    prepared.run(params);
    return [];
  }

  classify(error: unknown): Fault {
    // Some faults (a full disk, an input/output error) end the transaction themselves.
    if (!this.#db.open || !this.#db.inTransaction) return 'broken';
    if (error instanceof TypeError || error instanceof RangeError) return 'refused';
    if (!isSqliteError(error)) return 'broken';
    const { code } = error;
    if (code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') return 'clash';
    const own = ['SQLITE_CONSTRAINT', 'SQLITE_ERROR', 'SQLITE_MISMATCH', 'SQLITE_RANGE', 'SQLITE_TOOBIG'];
    return own.some((known) => code.startsWith(known)) ? 'refused' : 'broken';
  }

  relax(relaxed: boolean): void {
    if (!this.#db.inTransaction) this.#db.pragma(`synchronous = ${relaxed ? 'NORMAL' : 'FULL'}`);
  }

  settleFiles(): void {
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
  }

  compact(): void {
    this.#db.exec('vacuum');
    this.settleFiles();
  }

  async reopen(): Promise<void> {
    this.#drop();
    this.#db = connectWriter(this.#path);
    rewrite(this.#db);
  }

  /** Leaves one whole file: whoever copies it after a stop must not miss what stood in the WAL beside it. */
  async close(): Promise<void> {
    try {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      this.#drop();
    }
  }

  #drop(): void {
    this.#prepared = new Map();
    this.#db.close();
  }

  #prepare(text: string, key = text): Prepared {
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      prepared = this.#db.prepare(text);
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }
}

/**
 * Copies everything the write-ahead log holds into the database file and syncs it there. What a failed sync left behind can
 * still be read, and yet be lost with the power: the system may take those pages for written and never write them again.
 */
function rewrite(db: Connection): void {
  const [outcome] = db.pragma('wal_checkpoint(FULL)') as {
    busy: number;
    log: number;
    checkpointed: number;
  }[];
  if (outcome!.busy !== 0 || outcome!.checkpointed < outcome!.log)
    throw new Error('the write-ahead log could not be copied whole, since somebody reads an older state');
}

function loadText(table: string, columns: readonly string[]): string {
  const names = columns.map((column) => `"${column}"`).join(', ');
  return `insert into "${table}" (${names}) values (${columns.map(() => '?').join(', ')}) on conflict do nothing`;
}
