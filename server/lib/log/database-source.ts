// What the check of a stored log reads: the four tables, page by page. Implemented where the database is; this side
// knows no SQL. Pages come as columns, because handing over a million small rows costs more than hashing them.

import { hashBytes } from './merkle.ts';

export type Later<T> = T | Promise<T>;

/**
 * Neighbouring rows of `entry`. On SQLite one row of aggregates gives all of it three times as fast as the rows
 * themselves: min(seq), max(seq), count(*), group_concat of leaf and leaf_hash as text cast back to a blob, and of
 * length(leaf); on PostgreSQL string_agg over bytea does the same.
 */
export type EntryPage = {
  /** seq of the first and the last row. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** All leaves, one after the other, and the length of each in bytes. */
  readonly leaves: Buffer;
  readonly lengths: ArrayLike<number>;
  /** All leaf hashes, one after the other. */
  readonly hashes: Buffer;
};

/** Rows of `event` in the order of seq, some of a range that were not erased. */
export type EventPage = {
  readonly seqs: ArrayLike<number>;
  /** All texts, one after the other, and the length of each in bytes. */
  readonly texts: Uint8Array;
  readonly lengths: ArrayLike<number>;
  /** The range is covered up to here, this seq excluded. */
  readonly until: number;
};

/**
 * All calls must see one state of the database (a read transaction), or a log that grows meanwhile would look
 * damaged.
 */
export type LogDatabaseSource = {
  /** Rows in the tables as they are, whatever their keys. */
  counts(): Later<{
    readonly entries: number;
    readonly checkpoints: number;
    readonly tiles: readonly { readonly level: number; readonly count: number }[];
  }>;
  /** At most `limit` rows with seq ≥ from, in order; null when there are none. */
  readEntries(from: number, limit: number): Later<EntryPage | null>;
  /** At most `limit` tiles of a level with idx ≥ from, in order. */
  readTiles(
    level: number,
    from: number,
    limit: number,
  ): Later<readonly { idx: number; hashes: Uint8Array }[]>;
  /** At most `limit` checkpoints with size ≥ from, in order. */
  readCheckpoints(from: number, limit: number): Later<readonly { size: number; note: string }[]>;
  /** The stored checkpoint of the greatest size; null before the first. It says whose heir the log is. */
  lastCheckpoint?(): Later<{ size: number; note: string } | null>;
  /**
   * The events with from ≤ seq < to that have not been erased, as many as `maxBytes` hold and at least one; only asked for
   * when entries are checked with them.
   */
  readEventPage?(from: number, to: number, maxBytes: number): Later<EventPage>;
  /** Events with a seq below 0, or from `end` on; null for none. */
  strayEvents?(end: number): Later<{ readonly count: number; readonly first: number } | null>;
};

/** A page out of ordinary rows in seq order; null for none. */
export function pageOfRows(
  rows: readonly { readonly seq: number; readonly leaf: Uint8Array; readonly leaf_hash: Uint8Array }[],
): EntryPage | null {
  const first = rows[0];
  if (first === undefined) return null;
  return {
    first: first.seq,
    last: rows.at(-1)!.seq,
    count: rows.length,
    leaves: Buffer.concat(rows.map((row) => row.leaf)),
    lengths: rows.map((row) => row.leaf.length),
    // A stored hash of another length must not shift its neighbours.
    hashes: Buffer.concat(rows.map((row) => (row.leaf_hash.length === hashBytes ? row.leaf_hash : noHash))),
  };
}

const noHash = Buffer.alloc(hashBytes);

/** A page out of all the rows of a range up to `until`, in seq order. */
export function pageOfEvents(
  rows: readonly { readonly seq: number; readonly json: string }[],
  until: number,
): EventPage {
  const texts = rows.map(({ json }) => Buffer.from(json));
  return {
    seqs: rows.map(({ seq }) => seq),
    texts: Buffer.concat(texts),
    lengths: texts.map(({ length }) => length),
    until,
  };
}
