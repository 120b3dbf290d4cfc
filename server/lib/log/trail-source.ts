// What the check of a database reads of the explorer's tables, which are built from the log and can be built anew: `trail`,
// `trail_voter`, `trail_hour`, `trail_count`. Implemented where the database is; all calls see the same state as those for the log.
import type { Later } from './database-source.ts';
import type { TrailRow } from './trail-entry.ts';

/** A row that a table must not have: of no entry, or of one not built yet. */
export interface StrayRows {
  readonly table: string;
  readonly count: number;
  /** The least seq among them. */
  readonly first: number;
}

export interface TrailVoter {
  readonly voter: string;
  readonly seq: number;
}

/** All entries of one hour since 1970, over all the runs they lie in. */
export interface HourCount {
  readonly hour: number;
  readonly first: number;
  readonly last: number;
  readonly entries: number;
  readonly refused: number;
}

/** Entries of one hour, act and outcome, by whether they name a unit (0/1). */
export interface ActCount {
  readonly act: string;
  readonly outcome: string;
  readonly inUnit: number;
  readonly hour: number;
  readonly entries: number;
}

export interface TrailSource {
  /** How many entries the tables show: every seq below. */
  trailBuilt(): Later<number>;
  /** The rows of `trail` with from ≤ seq < to, as `trailText` writes them. */
  readTrailText(from: number, to: number): Later<string>;
  /** Rows of `trail` and `trail_voter` with a seq below 0, or from `end` on. */
  strayTrail(end: number): Later<readonly StrayRows[]>;
  /** At most `limit` rows of `trail_voter` behind one, in the order of voter and seq. */
  readTrailVoters(after: TrailVoter | null, limit: number): Later<readonly TrailVoter[]>;
  readHours(): Later<readonly HourCount[]>;
  readActCounts(): Later<readonly ActCount[]>;
}

/** Between fields, between rows, and for null: characters that no field holds. */
export const trailMarks = { field: '\u001f', row: '\u001e', none: '\u001d' } as const;

/** Rows as one text, so that a database can hand over a thousand at once. */
export const trailText = (rows: readonly TrailRow[]): string =>
  rows.map((row) => row.map((value) => value ?? trailMarks.none).join(trailMarks.field)).join(trailMarks.row);
