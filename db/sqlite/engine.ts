// The writer's connection on SQLite. Lives in the writer thread; every call answers at once.
import Database, { type Statement as Prepared } from 'better-sqlite3';
import type { CompletedTile } from '#server/lib/log/tiles.ts';
import type { Statement, Value } from '../changes.ts';
import type { Fault, NewEntries, WriteEngine } from '../writer/engine.ts';
import { type Connection, connectWriter } from './connect.ts';

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
    const entry = this.#prepare('insert into entry (seq, leaf, leaf_hash) values (?, ?, ?)');
    const event = this.#prepare('insert into event (seq, json) values (?, ?)');
    for (let i = 0; i < leaves.length; i++) entry.run(first + i, leaves[i], hashes[i]);
    for (let i = 0; i < events.length; i++) event.run(first + i, events[i]);
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
    if (!(error instanceof Database.SqliteError)) return 'broken';
    const { code } = error;
    if (code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') return 'clash';
    const own = ['SQLITE_CONSTRAINT', 'SQLITE_ERROR', 'SQLITE_MISMATCH', 'SQLITE_RANGE', 'SQLITE_TOOBIG'];
    return own.some((known) => code.startsWith(known)) ? 'refused' : 'broken';
  }

  relax(relaxed: boolean): void {
    if (!this.#db.inTransaction) this.#db.pragma(`synchronous = ${relaxed ? 'NORMAL' : 'FULL'}`);
  }

  async reopen(): Promise<void> {
    await this.close();
    this.#db = connectWriter(this.#path);
  }

  async close(): Promise<void> {
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

function loadText(table: string, columns: readonly string[]): string {
  const names = columns.map((column) => `"${column}"`).join(', ');
  return `insert into "${table}" (${names}) values (${columns.map(() => '?').join(', ')}) on conflict do nothing`;
}
