/**
 * The windows of the types that are about which events came: how many, from how many of the rules, in which order.
 * See window.ts for what every window does.
 */
import { compileCondition } from './condition.ts';
import { type Correlation, thresholdsHold, wantedLabels } from './correlation.ts';
import { distinctWindow } from './distinct.ts';
import { append, dropOldest, emptyLog, entries, type Log, logLength, positionsOf, slideLog } from './log.ts';
import { numericWindow } from './numeric.ts';
import { EVIDENCE, enough, type Window } from './window.ts';

/** The window of a correlation; its state type is private to it. */
export function windowOf(correlation: Correlation): Window<unknown> {
  const { type } = correlation;
  if (type === 'event_count') return countWindow(correlation) as Window<unknown>;
  if (type === 'value_count') return distinctWindow(correlation) as Window<unknown>;
  if (type === 'temporal') return temporalWindow(correlation) as Window<unknown>;
  if (type === 'temporal_ordered') return orderedWindow(correlation) as Window<unknown>;
  return numericWindow(correlation) as Window<unknown>;
}

function countWindow(correlation: Correlation): Window<Log<null>> {
  const { thresholds, timespanMs } = correlation;
  const most = enough(correlation);
  return {
    create: emptyLog,
    slide: (log, now) => slideLog(log, now, timespanMs),
    add(log, now, { events }) {
      append(log, now, events, null);
      if (logLength(log) > most) dropOldest(log);
    },
    holds: (log) => logLength(log) > 0 && thresholdsHold(thresholds, logLength(log)),
    evidence: (log) => positionsOf(entries(log).map((entry) => entry.events)),
  };
}

type Temporal = { last: (number | null)[]; log: Log<null> };

function temporalWindow(correlation: Correlation): Window<Temporal> {
  const { rules, thresholds, timespanMs, expression } = correlation;
  const seen = (state: Temporal, now: number, label: number) => {
    const at = state.last[label];
    return at !== null && at !== undefined && now - at < timespanMs;
  };
  const expressed =
    expression &&
    compileCondition<[Temporal, number]>(expression, (name) => {
      const label = rules.indexOf(name);
      return ([state, now]) => seen(state, now, label);
    });
  return {
    create: () => ({ last: rules.map(() => null), log: emptyLog() }),
    slide: ({ log }, now) => slideLog(log, now, timespanMs),
    add(state, now, { labels, events }) {
      for (const label of labels) state.last[label] = now;
      append(state.log, now, events, null);
      if (logLength(state.log) > EVIDENCE) dropOldest(state.log);
    },
    holds(state, now) {
      const count = rules.reduce((sum, _, label) => sum + (seen(state, now, label) ? 1 : 0), 0);
      if (count === 0) return false;
      return expressed ? expressed([state, now]) : thresholdsHold(thresholds, count);
    },
    evidence: ({ log }) => positionsOf(entries(log).map((entry) => entry.events)),
  };
}

/**
 * `starts[length][rule]`: the latest possible first time of a run of `length + 1` different events, in the order
 * of arrival and of the list, that ends with `rule`. Latest, because a later start stays in the window longer.
 */
type Ordered = { starts: (number | null)[][]; last: (number | null)[]; log: Log<readonly number[]> };

function orderedWindow(correlation: Correlation): Window<Ordered> {
  const { rules, thresholds, timespanMs, expression } = correlation;
  const wanted = wantedLabels(correlation);
  const place = new Map(wanted.map((label, at) => [label, at]));
  const inside = (at: number | null | undefined, now: number) =>
    at !== null && at !== undefined && now - at < timespanMs;
  const expressed =
    expression &&
    compileCondition<[Ordered, number]>(expression, (name) => {
      const label = rules.indexOf(name);
      return ([state, now]) => inside(state.last[label], now);
    });
  const longest = (state: Ordered, now: number) =>
    state.starts.findLastIndex((ends) => ends.some((at) => inside(at, now))) + 1;
  return {
    create: () => ({
      starts: wanted.map(() => wanted.map(() => null)),
      last: rules.map(() => null),
      log: emptyLog(),
    }),
    slide: ({ log }, now) => slideLog(log, now, timespanMs),
    add(state, now, { labels, events }) {
      const before = state.starts.map((ends) => [...ends]);
      for (const label of labels) {
        state.last[label] = now;
        const at = place.get(label);
        if (at === undefined) continue;
        state.starts[0]![at] = now;
        for (let length = 1; length <= at; length++) {
          const runs = before[length - 1]!.slice(0, at).filter((start) => start !== null);
          if (runs.length > 0)
            state.starts[length]![at] = Math.max(state.starts[length]![at] ?? -Infinity, ...runs);
        }
      }
      append(state.log, now, events, labels);
      if (logLength(state.log) > EVIDENCE) dropOldest(state.log);
    },
    holds(state, now) {
      const length = longest(state, now);
      if (expressed) return length === wanted.length && logLength(state.log) > 0 && expressed([state, now]);
      return length > 0 && thresholdsHold(thresholds, length);
    },
    evidence: ({ log }) => positionsOf(inRuns(entries(log), wanted).map((entry) => entry.events)),
  };
}

/** Of the events in the window, those that stand in some complete run; all of them when there is none. */
function inRuns<E extends { about: readonly number[] }>(
  window: readonly E[],
  wanted: readonly number[],
): E[] {
  const last = wanted.length - 1;
  const forward = reach(window, wanted, (at) => at === 0, 1);
  const backward = reach([...window].reverse(), wanted, (at) => at === last, -1).reverse();
  const kept = window.filter((_, i) => wanted.some((_, at) => forward[i]!.has(at) && backward[i]!.has(at)));
  return kept.length > 0 ? kept : [...window];
}

function reach(
  window: readonly { about: readonly number[] }[],
  wanted: readonly number[],
  isFirst: (at: number) => boolean,
  step: 1 | -1,
): Set<number>[] {
  const reached = new Set<number>();
  return window.map(({ about }) => {
    const here = about
      .map((label) => wanted.indexOf(label))
      .filter((at) => at !== -1 && (isFirst(at) || reached.has(at - step)));
    for (const at of here) reached.add(at);
    return new Set(here);
  });
}
