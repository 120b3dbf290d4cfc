/**
 * Windows over a number of each event: sum, average and percentile. They keep every number of the window, since
 * none of these can be known exactly from less. Sums of whole numbers run along; as soon as a fraction or a number
 * too large is in the window the sum is taken anew, so no rounding error is carried from event to event.
 */
import { type Correlation, thresholdsHold } from './correlation.ts';
import { append, emptyLog, entries, type Log, positionsOf, slideLog } from './log.ts';
import type { Window } from './window.ts';

type Numbers = {
  log: Log<readonly number[]>;
  count: number;
  whole: number;
  inexact: number;
  sorted: number[];
};

export function numericWindow(correlation: Correlation): Window<Numbers> {
  const { type, thresholds, timespanMs, percentile } = correlation;
  const ranked = type === 'value_percentile';

  const value = (state: Numbers): number => {
    if (ranked) return percentileOf(state.sorted, percentile);
    const sum = sumOf(state);
    return type === 'value_sum' ? sum : sum / state.count;
  };
  const change = (state: Numbers, number: number, by: 1 | -1) => {
    state.count += by;
    if (isExact(number)) state.whole += by * number;
    else state.inexact += by;
    if (!ranked) return;
    const at = firstAtLeast(state.sorted, number);
    if (by === 1) state.sorted.splice(at, 0, number);
    else state.sorted.splice(at, 1);
  };

  return {
    create: () => ({ log: emptyLog(), count: 0, whole: 0, inexact: 0, sorted: [] }),
    slide: (state, now) =>
      slideLog(state.log, now, timespanMs, (numbers) => {
        for (const number of numbers) change(state, number, -1);
      }),
    add(state, now, { events, values }) {
      const numbers = values as readonly number[];
      append(state.log, now, events, numbers);
      for (const number of numbers) change(state, number, 1);
    },
    holds: (state) => state.count > 0 && thresholdsHold(thresholds, value(state)),
    evidence: ({ log }) => positionsOf(entries(log).map((entry) => entry.events)),
  };
}

// Two to the 53rd divided by more numbers than a window will hold: sums of such numbers are exact.
const EXACT_BELOW = 2 ** 32;

function isExact(number: number): boolean {
  return Number.isInteger(number) && Math.abs(number) < EXACT_BELOW;
}

function sumOf({ log, whole, inexact }: Numbers): number {
  if (inexact === 0) return whole;
  return entries(log).reduce((sum, { about }) => about.reduce((inner, number) => inner + number, sum), 0);
}

function firstAtLeast(sorted: readonly number[], number: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Linear interpolation between the two nearest ranks, the first rank being 0 % and the last 100 %. */
export function percentileOf(sorted: readonly number[], percentile: number): number {
  const rank = (percentile / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return below + (above - below) * (rank - Math.floor(rank));
}
