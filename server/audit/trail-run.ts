// Holds what is searched of a run of entries to the entries themselves. Each row of `trail` is compared; persons and counts are
// summed up, for a comparison once the whole log was seen. Pure, so that it may run in any thread.
import { hash } from 'node:crypto';
import { type EntryRun, entriesOf } from '#server/lib/log/entry-runs.ts';
import {
  type TrailEntry,
  type TrailRow,
  trailColumns,
  trailEntry,
  trailHourMs,
} from '#server/lib/log/trail-entry.ts';
import { trailMarks, trailText } from '#server/lib/log/trail-source.ts';

/** What is stored for a run of entries. */
export interface StoredTrail {
  /** Entries from here on are not built yet. */
  built: number;
  /** The rows of `trail` of the run's entries. */
  rows: string;
  /** Drawn for each check: nobody can have made other persons that give the same sums. */
  salt: string;
}

export interface TrailChecked {
  /** The first entry whose row of `trail` is another one, missing or too many. */
  wrongRow: number | null;
  sums: TrailSums;
}

/** What rows that cannot be read in the order of entries must come to. */
export interface TrailSums {
  /** By `personsBucket`: the sum of `personMark` of each person of each entry. */
  persons: Map<number, number>;
  /** By hour: entries, those refused, first and last seq. */
  hours: Map<number, [entries: number, refused: number, first: number, last: number]>;
  /** By `actKey`: entries. */
  acts: Map<string, number>;
}

export const emptySums = (): TrailSums => ({ persons: new Map(), hours: new Map(), acts: new Map() });

const markModulus = 2 ** 48;

export function checkTrail(run: EntryRun, { built, rows, salt }: StoredTrail): TrailChecked {
  const made: TrailEntry[] = [];
  const sums = emptySums();
  for (const { seq, leaf, event } of entriesOf(run)) {
    if (seq >= built) break;
    const entry = trailEntry(seq, leaf, event);
    if (entry === null) continue;
    made.push(entry);
    addRow(sums, entry.row);
    for (const voter of entry.voters) addPerson(sums.persons, salt, voter, seq);
  }
  const isSame = trailText(made.map(({ row }) => row)) === rows;
  return { wrongRow: isSame ? null : firstWrong(made, rows), sums };
}

export function addPerson(persons: TrailSums['persons'], salt: string, voter: string, seq: number): void {
  const mark = hash('sha256', `${salt} ${seq} ${voter}`, 'buffer').readUIntBE(0, 6);
  const bucket = personsBucket(seq);
  persons.set(bucket, ((persons.get(bucket) ?? 0) + mark) % markModulus);
}

/** Entries whose persons are summed up together. */
export const bucketEntries = 1_024;
const personsBucket = (seq: number) => Math.floor(seq / bucketEntries);

export const actKey = (act: string, outcome: string, inUnit: number, hour: number) =>
  [hour, inUnit, outcome, act].join(trailMarks.field);

function addRow({ hours, acts }: TrailSums, [seq, at, act, outcome, , , commission]: TrailRow): void {
  const hour = Math.floor(at / trailHourMs);
  const of = hours.get(hour) ?? [0, 0, seq, seq];
  hours.set(hour, of);
  of[0]++;
  if (outcome !== 'done') of[1]++;
  of[3] = seq;
  const key = actKey(act, outcome, commission === null ? 0 : 1, hour);
  acts.set(key, (acts.get(key) ?? 0) + 1);
}

export function addSums(to: TrailSums, { persons, hours, acts }: TrailSums): void {
  for (const [bucket, sum] of persons)
    to.persons.set(bucket, ((to.persons.get(bucket) ?? 0) + sum) % markModulus);
  for (const [key, entries] of acts) to.acts.set(key, (to.acts.get(key) ?? 0) + entries);
  for (const [hour, [entries, refused, first, last]] of hours) {
    const of = to.hours.get(hour) ?? [0, 0, first, last];
    of[0] += entries;
    of[1] += refused;
    to.hours.set(hour, [of[0], of[1], Math.min(of[2], first), Math.max(of[3], last)]);
  }
}

function firstWrong(made: readonly TrailEntry[], stored: string): number | null {
  const rows = stored === '' ? [] : stored.split(trailMarks.row);
  const at = made.findIndex((entry, i) => !isRowOf(entry, rows[i] ?? ''));
  // All that must be there are: one may stand behind them that has no entry of ours.
  if (at < 0) return rows.length > made.length ? seqOf(rows[made.length]!) : null;
  return Math.min(made[at]!.row[0], at < rows.length ? seqOf(rows[at]!) : Number.POSITIVE_INFINITY);
}

const seqOf = (row: string) => Number(row.split(trailMarks.field)[0]);
const addressAt = trailColumns.indexOf('address');

function isRowOf({ row, lostDetail }: TrailEntry, stored: string): boolean {
  if (!lostDetail) return trailText([row]) === stored;
  const fields = stored.split(trailMarks.field);
  fields[addressAt] = trailMarks.none;
  return trailText([row]) === fields.join(trailMarks.field);
}
