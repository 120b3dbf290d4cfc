// How many entries a filter selects over time, for the explorer's histogram: every entry, not only those on the page. By act and
// outcome whole hours are counted already; everything else is counted from the filter's own index in short slices, newest
// first, so that a filter over millions holds up nobody; past its time it stops and says from when on its numbers are whole.
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
  const isShort = from !== undefined && to !== undefined && to - from <= finestMs;
  const hours = isShort ? null : await audit.countable.countHours(filter);
  if (hours === null) {
    const { counts, wholeFrom } = await countSlices(audit, filter, size, isShort ? minuteMs : hourMs, clock);
    return histogramOf(counts, isShort ? minuteMs : hourMs, wholeFrom);
  }
  // The hours the filter's times cut: more than three lie between them, so each edge has its own.
  const edges: { from: number; to: number }[] = [];
  if (from !== undefined && from % hourMs !== 0) edges.push({ from, to: Math.ceil(from / hourMs) * hourMs });
  if (to !== undefined && to % hourMs !== 0) edges.push({ from: Math.floor(to / hourMs) * hourMs, to });
  let wholeFrom: number | null = null;
  for (const edge of edges) {
    const cut = await countSlices(audit, { ...filter, ...edge }, size, hourMs, clock);
    hours.push(...cut.counts);
    wholeFrom = cut.wholeFrom ?? wholeFrom;
  }
  return histogramOf(hours, hourMs, wholeFrom);
}

/** Counts entry by entry, in slices, newest first; whole from a moment on where it takes too long. */
async function countSlices(
  audit: Reader['audit'],
  filter: Omit<Filter, 'before'>,
  size: number,
  unitMs: number,
  clock: () => number,
): Promise<{ counts: Counts; wholeFrom: number | null }> {
  const counts: Counts = [];
  const began = clock();
  let width = firstSlice;
  const ranges = await audit.countable.ranges(filter);
  for (const [i, range] of ranges.entries())
    for (let until = Math.min(range.until, size); until > range.from; ) {
      const slice = { from: Math.max(range.from, until - width), until };
      const started = clock();
      counts.push(...(await audit.countable.count(filter, slice, unitMs)));
      until = slice.from;
      const took = clock() - started;
      if (took < sliceMs) width *= 2;
      else if (took > 2 * sliceMs) width = Math.max(1_000, Math.floor(width / 2));
      if (clock() - began > longestMs && (until > range.from || i < ranges.length - 1))
        return { counts, wholeFrom: await wholeAfter(audit, until, unitMs) };
      // On SQLite a slice is answered at once: between two of them others get their turn.
      await new Promise((turn) => setImmediate(turn));
    }
  return { counts, wholeFrom: null };
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

/** The slice ended somewhere within a unit of time: whole is what comes after it. */
async function wholeAfter(audit: Reader['audit'], seq: number, unitMs: number): Promise<number> {
  const at = await audit.countable.momentOf(seq);
  return (Math.floor(at / unitMs) + 1) * unitMs;
}

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
