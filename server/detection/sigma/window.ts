/**
 * The window of one group under one correlation: what must be remembered to know, exactly, whether its condition
 * holds. `slide` forgets what is a span or more old, `add` takes an arrival in, `holds` answers. An empty window
 * holds nothing: a group exists only by its events, so `lt: 3` is not true of the countless groups never seen.
 *
 * Memory is small where exactness allows: a count keeps one more time than its largest threshold, a count of
 * values the latest time of as many values. Evidence (which events) is kept beside it, the newest EVIDENCE of them.
 */
import type { Correlation } from './correlation.ts';

/** One event (or firing of an inner rule) as a correlation sees it. */
export type Arrival = {
  /** Positions in `correlation.rules` of the rules it matched, ascending. */
  labels: readonly number[];
  /** Positions of the events behind it: its own, or those of the inner firing. */
  events: readonly number[];
  /** Values of the condition's field: texts to count, or numbers. Empty for counts of events and temporal types. */
  values: readonly (string | number)[];
};

/** `S` is plain data. Times never go back: the engine passes the later of an event's time and the group's last. */
export type Window<S> = {
  create(): S;
  slide(state: S, now: number): void;
  add(state: S, now: number, arrival: Arrival): void;
  holds(state: S, now: number): boolean;
  /** The positions of the events that make the condition true, ascending. */
  evidence(state: S): number[];
};

export const EVIDENCE = 1_000;

/** Above its largest threshold a condition on a whole number no longer changes. */
export function enough(correlation: Correlation): number {
  return Math.max(1, ...correlation.thresholds.map(({ than }) => Math.floor(than) + 1));
}
