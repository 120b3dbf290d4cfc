/**
 * The window of a count of different values: for each value only when it came last. Of the values at most one more
 * than the largest threshold are kept, the latest ones, since beyond that the condition no longer changes.
 */
import { type Correlation, thresholdsHold } from './correlation.ts';
import { append, dropOldest, emptyLog, entries, type Log, logLength, positionsOf, slideLog } from './log.ts';
import { EVIDENCE, enough, type Window } from './window.ts';

type Latest = [value: string, at: number, event: number];

/** The longest ago first. Few values, as most groups have, stand in a list; many in a map. */
type Distinct = { latest: Latest[] | Map<string, Latest>; log: Log<null> };

const FEW = 8;

export function distinctWindow(correlation: Correlation): Window<Distinct> {
  const { thresholds, timespanMs } = correlation;
  const most = enough(correlation);
  return {
    create: () => ({ latest: [], log: emptyLog() }),
    slide(state, now) {
      slideValues(state.latest, (at) => now - at < timespanMs);
      slideLog(state.log, now, timespanMs);
    },
    add(state, now, { events, values }) {
      for (const value of values)
        state.latest = touch(state.latest, [String(value), now, events.at(-1)!], most);
      append(state.log, now, events, null);
      if (logLength(state.log) > EVIDENCE) dropOldest(state.log);
    },
    holds({ latest }) {
      const count = Array.isArray(latest) ? latest.length : latest.size;
      return count > 0 && thresholdsHold(thresholds, count);
    },
    evidence: ({ latest, log }) =>
      positionsOf([
        ...[...latest.values()].map(([, , event]) => event),
        ...entries(log).map((entry) => entry.events),
      ]),
  };
}

function slideValues(latest: Distinct['latest'], inside: (at: number) => boolean): void {
  if (Array.isArray(latest)) {
    let gone = 0;
    while (gone < latest.length && !inside(latest[gone]![1])) gone++;
    if (gone > 0) latest.splice(0, gone);
    return;
  }
  for (const [value, [, at]] of latest) {
    if (inside(at)) return;
    latest.delete(value);
  }
}

function touch(latest: Distinct['latest'], entry: Latest, most: number): Distinct['latest'] {
  const [value] = entry;
  if (Array.isArray(latest)) {
    let known = latest.length - 1;
    while (known >= 0 && latest[known]![0] !== value) known--;
    if (known !== -1) latest.splice(known, 1);
    latest.push(entry);
    if (latest.length > most) latest.shift();
    return latest.length > FEW ? new Map(latest.map((one) => [one[0], one])) : latest;
  }
  latest.delete(value);
  latest.set(value, entry);
  if (latest.size > most) latest.delete(latest.keys().next().value!);
  return latest;
}
