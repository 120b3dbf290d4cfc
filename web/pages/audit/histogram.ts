/**
 * Entries counted over time: by hour while they lie within two days, else by day, else by runs of days. Hours and
 * days are Bishkek's. Pure.
 */
import { bishkekDay, DAY_MS, formatTime, startOfBishkekDay } from '../../../server/lib/dates.ts';

const HOUR_MS = 3_600_000;
const BARS = 62;

export interface Bucket {
  /** First and last millisecond. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly refused: number;
}

export interface Histogram {
  readonly unit: 'hour' | 'day';
  /** Oldest first, without gaps; empty without entries. */
  readonly buckets: readonly Bucket[];
  readonly most: number;
}

/** @param entries in any order; `at` in epoch ms */
export function histogramOf(entries: readonly { at: number; outcome: string }[]): Histogram {
  if (entries.length === 0) return { unit: 'hour', buckets: [], most: 0 };
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const { at } of entries) {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  const unit = last - first < 2 * DAY_MS ? 'hour' : 'day';
  const start =
    unit === 'hour' ? Math.floor(first / HOUR_MS) * HOUR_MS : startOfBishkekDay(bishkekDay(first));
  const days = Math.floor((last - start) / DAY_MS) + 1;
  const size = unit === 'hour' ? HOUR_MS : Math.ceil(days / BARS) * DAY_MS;
  const count = Math.floor((last - start) / size) + 1;
  const totals = new Array<number>(count).fill(0);
  const refused = new Array<number>(count).fill(0);
  for (const { at, outcome } of entries) {
    const i = Math.floor((at - start) / size);
    totals[i] = (totals[i] ?? 0) + 1;
    if (outcome !== 'done') refused[i] = (refused[i] ?? 0) + 1;
  }
  const buckets = totals.map((total, i) => ({
    from: start + i * size,
    to: start + (i + 1) * size - 1,
    total,
    refused: refused[i] ?? 0,
  }));
  return { unit, buckets, most: Math.max(...totals) };
}

/** How a moment stands in the address: Bishkek time without its offset, to the millisecond where it ends a bucket. */
export function asked(at: number): string {
  const ms = ((at % 60_000) + 60_000) % 60_000;
  const rest = ms === 0 ? '' : `:${(ms / 1000).toFixed(3).padStart(6, '0')}`;
  return `${bishkekDay(at)}T${formatTime(at)}${rest}`;
}
