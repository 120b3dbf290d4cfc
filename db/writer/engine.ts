// What the log's writer needs of a database: one connection that writes, in transactions with savepoints. The two
// engines differ only behind this. Everything may answer at once (SQLite in its worker thread) or later (PostgreSQL).
import type { CompletedTile } from '#server/lib/log/tiles.ts';
import type { Statement, Value } from '../changes.ts';
import type { Engine } from '../dialect.ts';

export type Later<T> = T | Promise<T>;

/** Entries of one batch: seqs count from `first` without gaps. */
export interface NewEntries {
  readonly first: number;
  /** UTF-8, as all bytes of entries. */
  readonly leaves: readonly Buffer[];
  /** 32 bytes for each leaf, one after the other. */
  readonly hashes: Buffer;
  readonly events: readonly Buffer[];
}

/**
 * What an error of a statement means: `clash` a unique key met (a conflict), `refused` this statement alone is wrong
 * (the unit's bug), `broken` the connection or the disk: nothing about the transaction is known.
 */
export type Fault = 'clash' | 'refused' | 'broken';

export interface WriteEngine {
  readonly engine: Engine;
  begin(): Later<void>;
  /** Returns only when durable. */
  commit(): Later<void>;
  rollback(): Later<void>;
  /** Opens, keeps and undoes the one savepoint that surrounds a unit's changes. */
  mark(): Later<void>;
  keep(): Later<void>;
  undo(): Later<void>;
  /** Runs a change; rows it touched. */
  run(statement: Statement, params: Value[]): Later<number>;
  /** Positional rows; indexes of those skipped because a unique key was met. */
  load(table: string, columns: string[], rows: Value[][]): Later<number[]>;
  append(entries: NewEntries): Later<void>;
  addTiles(tiles: readonly CompletedTile[]): Later<void>;
  /** A fixed statement of the writer itself, `?` for each parameter; rows by column name, if it gives any. */
  query<R>(text: string, params?: Value[]): Later<R[]>;
  classify(error: unknown): Fault;
  /** Whether commits made now may wait for a later one to become durable (projections: they can be rebuilt). */
  relax(relaxed: boolean): Later<void>;
  /** Between transactions: nothing outside the database's own pages keeps what was written or freed before. */
  settleFiles(): Later<void>;
  /** Between transactions: writes the database anew without what was freed. */
  compact(): Later<void>;
  /** Drops the connection, whatever its state, and connects anew, still as the only appender. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}
