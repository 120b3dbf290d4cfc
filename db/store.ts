// The port between rooms and storage. Rooms see only these types: a Reader with the queries of every room, and
// `commit`, which only the gate calls. Whole units of work cross it as data; no transaction object ever escapes.
import type { Reader } from './reader.ts';
import type { NewRow, Row, TableName } from './schema/tables.ts';

export type { Reader } from './reader.ts';
export type { SealedRow, SealedTable } from './schema/sealed.ts';
export type { NewRow, Row, TableName } from './schema/tables.ts';

/** Stands for the seq of the unit's n-th entry, known only when the batch is written. */
export interface EntrySeq {
  entrySeq: number;
}

type Values<T extends TableName> = { [K in keyof NewRow<T>]: NewRow<T>[K] | EntrySeq };

/**
 * One change as data, in property names. An update or delete that meets no row is a conflict, never a silent no-op; where
 * none may be met, the operation says so by its name.
 */
export type ChangeOf<T extends TableName> =
  | { op: 'insert'; table: T; row: Values<T> }
  /** Inserts unless a row with the same key exists; meeting one is no conflict. */
  | { op: 'ensure'; table: T; row: Values<T> }
  /** `key` selects, `expect` must hold too (null means IS NULL); both are compared for equality. */
  | { op: 'update'; table: T; key: Partial<Row<T>>; expect?: Partial<Row<T>>; set: Partial<Values<T>> }
  | { op: 'delete'; table: T; key: Partial<Row<T>>; expect?: Partial<Row<T>> }
  /** Every row that `key` selects when it is written, be it none: for what must end whoever added to it since it was read. */
  | { op: 'update-all'; table: T; key: Partial<Row<T>>; set: Partial<Values<T>> }
  | { op: 'delete-all'; table: T; key: Partial<Row<T>> }
  /** Positional rows for imports; rows whose unique key exists are skipped and reported by index. */
  | { op: 'load'; table: T; columns: (keyof NewRow<T> & string)[]; rows: (string | number | null)[][] };

export type Change = { [T in TableName]: ChangeOf<T> }[TableName];

/** One audit entry ready to be written: canonical leaf text and the erasable event's JSON. */
export interface EntryDraft {
  leaf: string;
  event: string;
}

export interface CommitUnit {
  changes: Change[];
  entries: EntryDraft[];
  /** Takes the entries' place when a change meets another version; the unit's changes are then undone alone. */
  onConflict?: EntryDraft;
  /** The store's term when what this rests on was decided: in another one it is refused. */
  term?: number;
}

export type CommitResult =
  | { kind: 'done'; seqs: number[]; skipped: number[] }
  | { kind: 'conflict'; change: number; seqs: number[] };

/** Why the log does not accept entries now: every reply about a voter becomes 503 until it does. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

export interface LogStatus {
  /** Entries durable now. */
  size: number;
  accepting: boolean;
  /** Operator's words when not accepting. */
  why: string | null;
  /** The last write that failed in this run, epoch ms; the log may have come back since. */
  failed: { at: number; why: string } | null;
  queued: number;
}

export interface Store {
  readonly engine: 'sqlite' | 'postgres';
  readonly reader: Reader;
  /** Durable when it resolves. Rejects with LogUnavailable when the log is failing or its queue is full. */
  commit(unit: CommitUnit): Promise<CommitResult>;
  /** A signed note covering at least `size` entries (all durable ones when absent); signs one if needed. */
  checkpoint(size?: number): Promise<{ size: number; note: string }>;
  /** Resolves when the projections of every entry durable at the call are built. */
  settled(): Promise<void>;
  /**
   * After an erasure: sees to it that the bytes it freed are overwritten in the database's files too. False where some of
   * these texts are left until the database is compacted, which a large one is not while others wait for it.
   */
  scrub(traces: readonly string[]): Promise<boolean>;
  /**
   * Where several servers share a database: begins anew whenever this one is in step with the others again after it was not. What
   * was decided in between, by what they had changed, must not be written afterwards.
   */
  term?(): number;
  status(): LogStatus;
  close(): Promise<void>;
}

/** @throws LogUnavailable for what was decided in an earlier term */
export function requireTerm({ term }: CommitUnit, present: number): void {
  if (term !== undefined && term !== present)
    throw new LogUnavailable('This server was out of step with the others for a moment. Try again.');
}
