// What servers remember of the database, and how each lets go of it when another changed it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, TableName } from '../store.ts';

/** What servers keep in memory, by the tables it is read from. */
const remembered: ReadonlySet<TableName> = new Set(['policyInForce', 'emergency', 'alert']);
export const everythingRemembered: readonly TableName[] = [...remembered];

/** What operators are told: `away` and `back` by a joined server, `refused` by both, the others by the appending one. */
export type SeveralState = 'joined' | 'left' | 'cut-off' | 'stuck' | 'in-step' | 'away' | 'back' | 'refused';

export interface Heed {
  /** Another server changed rows of these tables. Resolves when nothing remembered of them is asked any more. */
  changed(tables: readonly TableName[]): Promise<void>;
  onState?(state: SeveralState, why?: string): void;
}

export interface HubHeed extends Heed {
  /** Counts for another server what is counted once for all. */
  count(asked: unknown): Promise<unknown>;
}

export function rememberedOf(changes: readonly Change[]): TableName[] {
  return [...new Set(changes.map(({ table }) => table).filter((table) => remembered.has(table)))];
}

const heedMs = 2_000;

/** Whether it is done, and in time; what fails is not. */
export async function inTime(done: Promise<unknown>): Promise<boolean> {
  const stop = new AbortController();
  const isDone = done.then(
    () => true,
    () => false,
  );
  const late = sleep(heedMs, false, { signal: stop.signal }).catch(() => false);
  return Promise.race([isDone, late]).finally(() => stop.abort());
}
