// How many entries a filter selects over time, for the explorer's histogram: every entry, not only those on the page. Counted
// in short slices, newest first, so that a filter over millions holds up nobody; past its time it stops and says from
// when on its numbers are whole.
import type { Reader } from '#db/store.ts';
import type { TrailHistogram } from '#server/contract/audit.ts';
import { bishkekDay, DAY_MS, startOfBishkekDay } from '#server/lib/dates.ts';

type Filter = Parameters<Reader['audit']['page']>[0];
type Counts = Awaited<ReturnType<Reader['audit']['countable']['count']>>;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Bars a page has room for. */
const barsAtMost = 62;
/** Up to here minutes are counted. */
const finestMs = 3 * hourMs;
const firstSlice = 20_000;
const sliceMs = 8;
const longestMs = 3_000;

/**
 * @param filter what was asked for; `before` and the page's limit do not count
 * @param size entries durable when it was asked
 */
export async function countTrail(
  reader: Pick<Reader, 'audit'>,
  { before: _, ...filter }: Filter,
  size: number,
  clock: () => number = () => performance.now(),
): Promise<TrailHistogram> {
  const counted = await countOnce(reader, filter, size, clock);
  const first = counted.buckets[0];
  const last = counted.buckets.at(-1);
  // A few hours are a few bars: their minutes say more, and there are few of them to count.
  if (
    !first ||
    !last ||
    counted.unit !== 'hour' ||
    last.to - first.from > finestMs ||
    counted.wholeFrom !== null
  )
    return counted;
  const minutes = { from: filter.from ?? first.from, to: filter.to ?? last.to };
  return countOnce(reader, { ...filter, ...minutes }, size, clock);
}

async function countOnce(
  { audit }: Pick<Reader, 'audit'>,
  filter: Omit<Filter, 'before'>,
  size: number,
  clock: () => number,
): Promise<TrailHistogram> {
  const { from, to } = filter;
  const inHours = [from, to].every((edge) => edge === undefined || edge % hourMs === 0);
  const asksMore = Object.entries(filter).some(
    ([name, value]) => name !== 'from' && name !== 'to' && value !== undefined,
  );
  const isShort = from !== undefined && to !== undefined && to - from <= finestMs;
  if (!asksMore && inHours && !isShort)
    return histogramOf(await audit.countable.countHours(from, to), hourMs, null);
  const span = await audit.countable.span(filter);
  if (span === null) return histogramOf([], hourMs, null);
  const unitMs = isShort ? minuteMs : hourMs;
  const counts: Counts = [];
  const began = clock();
  let until = Math.min(span.until, size);
  let width = firstSlice;
  while (until > span.from) {
    const slice = { from: Math.max(span.from, until - width), until };
    const started = clock();
    counts.push(...(await audit.countable.count(filter, slice, unitMs)));
    until = slice.from;
    const took = clock() - started;
    if (took < sliceMs) width *= 2;
    else if (took > 2 * sliceMs) width = Math.max(1_000, Math.floor(width / 2));
    if (clock() - began > longestMs && until > span.from)
      return histogramOf(counts, unitMs, oldest(counts) + unitMs);
    // On SQLite a slice is answered at once: between two of them others get their turn.
    await new Promise((turn) => setImmediate(turn));
  }
  return histogramOf(counts, unitMs, null);
}

/**
 * Adds counts up to bars without gaps: minutes, hours, Bishkek's days or runs of days, whichever fit.
 * @param unitMs what the counts were made by
 * @param wholeFrom epoch ms; null: nothing is missing
 */
export function histogramOf(counts: Counts, unitMs: number, wholeFrom: number | null): TrailHistogram {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { at } of counts) {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  if (counts.length === 0) return { unit: 'hour', buckets: [], total: 0, wholeFrom };
  const { unit, start, size } = barsFor(first, last, unitMs);
  const buckets = Array.from({ length: Math.floor((last - start) / size) + 1 }, (_, i) => ({
    from: start + i * size,
    to: start + (i + 1) * size,
    total: 0,
    refused: 0,
  }));
  let total = 0;
  for (const count of counts) {
    const bucket = buckets[Math.floor((count.at - start) / size)]!;
    bucket.total += count.total;
    bucket.refused += count.refused;
    total += count.total;
  }
  return { unit, buckets, total, wholeFrom };
}

/** The slice ended somewhere within this unit of time: whole is what comes after it. */
const oldest = (counts: Counts) =>
  counts.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);

function barsFor(first: number, last: number, unitMs: number) {
  const span = last - first + unitMs;
  if (unitMs < hourMs) {
    const steps = [1, 5, 15].map((minutes) => minutes * minuteMs);
    const size = steps.find((step) => span / step <= barsAtMost - 1) ?? hourMs;
    return { unit: 'minute' as const, start: Math.floor(first / size) * size, size };
  }
  if (span <= 2 * DAY_MS) return { unit: 'hour' as const, start: first, size: hourMs };
  const start = startOfBishkekDay(bishkekDay(first));
  const days = Math.floor((last - start) / DAY_MS) + 1;
  return { unit: 'day' as const, start, size: Math.ceil(days / barsAtMost) * DAY_MS };
}
