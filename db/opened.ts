// What opening a database takes and gives, on either engine.
import type { Predecessor } from '#server/lib/log/lineage.ts';
import type { LogReader } from './log-source.ts';
import type { Reader } from './reader.ts';
import type { Store } from './store.ts';

export interface StoreOptions {
  /** The log's name: first line of every checkpoint. */
  origin: string;
  /** PKCS#8 PEM of the Ed25519 key that signs checkpoints. */
  signingKeyPem: string;
  /** File outside the database that holds the last signed size and root. */
  headFile: string;
  /** Makes the SQLite database when there is none. */
  create?: boolean;
  /** Epoch ms; dates migrations and failures, never entries. */
  clock: () => number;
  /** Lines signed with every checkpoint (`bindingLine`, `followsLine`). */
  extensions?: readonly string[];
  /** Logs this one goes on from: what they signed is in the same tables. */
  predecessors?: readonly Predecessor[];
  /**
   * Takes the log up as it stands, whatever was signed before, puts its guards back, and signs nothing: for the recorded
   * recovery alone (server/audit/recover.ts).
   */
  recovering?: boolean;
  /** Units that may wait; more are refused with LogUnavailable. */
  queueLimit?: number;
}

export interface MaintainedStore extends Store {
  /** Builds `trail` and `trail_voter` anew from leaves and events; resolves when done. */
  rebuildProjections(): Promise<void>;
  /** Writes the database anew without what was freed. Nothing else is written meanwhile: minutes for a large one. */
  compact(): Promise<void>;
}

/** What can be read while another process writes: one unmoving view of the log, and the rooms' queries. */
export interface ReadOnlyStore {
  readonly reader: Reader;
  readonly log: LogReader;
  /** What is wrong with the first trigger that keeps the log append-only; null when all stand. */
  guardFault(): Promise<string | null>;
  close(): Promise<void>;
}
