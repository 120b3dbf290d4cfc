/**
 * Runs a rule set over events, one at a time, in order. The state is a pure function of the rule set and the
 * events pushed: no clock, no randomness, so a replay gives the same firings.
 *
 * Semantics (Sigma leaves them open):
 * - Events count in the order they are pushed. One whose time lies before the last of its group counts as
 *   simultaneous with that one.
 * - An arrival first slides its group's window, which is half open: it holds what is less than a span old.
 * - A correlation fires when an arrival makes its condition true, and again only after the condition had been
 *   false for the group, after an arrival or by such a sliding.
 * - An event without a group-by field, or without the value a condition is about, does not arrive. An array in a
 *   group-by field belongs to the group of each of its elements.
 * - One event arrives once at a correlation, also when it matches several of its rules.
 * - A firing arrives at the correlations above it as the event that completed it, with the fields of its group.
 */

import { candidatesOf } from './candidates.ts';
import type { Correlation } from './correlation.ts';
import {
  type FieldReader,
  fieldReader,
  isObject,
  isScalar,
  type Scalar,
  type SigmaEvent,
  scalarsOf,
} from './fields.ts';
import type { Program, RuleLevel, RuleSet } from './ruleset.ts';
import { numberIn } from './values.ts';
import { type Arrival, type Window, windowOf } from './window.ts';

export type Firing = {
  /** The rule's id, else its name, else its title. */
  rule: string;
  ruleVersion: string;
  title: string;
  level: RuleLevel | null;
  /** The time of the event that completed it, milliseconds. */
  timeMs: number;
  /** The group-by fields and their values; empty for a detection. */
  group: Record<string, Scalar>;
  /** The positions pushed with the events that made the condition true, ascending. */
  indexes: number[];
};

export type Engine = {
  /** `timeMs` may have a fraction; `index` is what firings call the event: its seq, or its place in a file. */
  push(event: SigmaEvent, timeMs: number, index: number): Firing[];
  /** Groups in memory over all correlations. */
  groupCount(): number;
  /** The whole state as JSON, to be given to `createEngine` with the same rule set. */
  snapshot(): string;
};

/** A match of one rule by the event being pushed: a detection, or an inner correlation that fired. */
type Match = { event: SigmaEvent; events: readonly number[] };
type Group = { lastMs: number; active: boolean; window: unknown };
type Station = {
  at: number;
  correlation: Correlation;
  inputs: readonly number[];
  excluded: ((event: SigmaEvent) => boolean) | null;
  window: Window<unknown>;
  groupReaders: FieldReader[][];
  valueReaders: FieldReader[][];
  groups: Map<string, Group>;
};

const MOST_COMBINATIONS = 1_000;
const SWEEP_EVERY = 1_024;

/** Throws when the snapshot belongs to another rule set. */
export function createEngine(ruleSet: RuleSet, snapshot?: string): Engine {
  const { rules, programs } = ruleSet;
  const candidates = candidatesOf(programs);
  const stations = ruleSet.order.map((at) =>
    stationOf(at, programs[at] as Program & { kind: 'correlation' }),
  );
  // For each rule the stations (by place in the order) that listen to it.
  const listeners = rules.map((_, at) =>
    stations.flatMap((station, place) => (station.inputs.includes(at) ? [place] : [])),
  );
  if (snapshot !== undefined) restore(ruleSet, stations, snapshot);
  let pushed = 0;

  function push(event: SigmaEvent, timeMs: number, index: number): Firing[] {
    const firings: { at: number; firing: Firing }[] = [];
    const matches = new Map<number, Match[]>();
    const called = new Set<number>();
    const fire = (at: number, group: Record<string, Scalar>, match: Match) => {
      const known = matches.get(at);
      if (known) known.push(match);
      else matches.set(at, [match]);
      for (const place of listeners[at]!) called.add(place);
      const { silent, key, version, title, level } = rules[at]!;
      if (silent) return;
      const firing = {
        rule: key,
        ruleVersion: version,
        title,
        level,
        timeMs,
        group,
        indexes: [...match.events],
      };
      firings.push({ at, firing });
    };
    for (const at of candidates(event)) {
      const program = programs[at]!;
      if (program.kind === 'detection' && program.matches(event)) fire(at, {}, { event, events: [index] });
    }
    // In this order an inner correlation has fired before an outer one is asked.
    for (let place = 0; called.size > 0 && place < stations.length; place++) {
      if (called.has(place)) arrive(stations[place]!, matches, timeMs, fire);
    }
    if (++pushed % SWEEP_EVERY === 0) for (const station of stations) forgetIdle(station, timeMs);
    return firings.sort((a, b) => a.at - b.at).map(({ firing }) => firing);
  }

  return {
    push,
    groupCount: () => stations.reduce((sum, { groups }) => sum + groups.size, 0),
    snapshot: () =>
      JSON.stringify({ hash: ruleSet.hash, groups: stations.map(({ groups }) => groups) }, mapsOut),
  };
}

function restore(ruleSet: RuleSet, stations: readonly Station[], snapshot: string): void {
  const { hash, groups } = JSON.parse(snapshot, mapsIn) as { hash: string; groups: Map<string, Group>[] };
  if (hash !== ruleSet.hash)
    throw new Error('the snapshot belongs to another rule set: replay the events instead');
  stations.forEach((station, place) => {
    station.groups = groups[place]!;
  });
}

const mapsOut = (_: string, value: unknown): unknown => (value instanceof Map ? { map: [...value] } : value);
const mapsIn = (_: string, value: unknown): unknown =>
  isObject(value) && Array.isArray(value.map) ? new Map(value.map as [unknown, unknown][]) : value;

function stationOf(
  at: number,
  { correlation, inputs, excluded }: Program & { kind: 'correlation' },
): Station {
  const readers = (fields: readonly string[]) =>
    correlation.aliases.map((aliases) => fields.map((field) => fieldReader(aliases.get(field) ?? field)));
  return {
    at,
    correlation,
    inputs,
    excluded,
    window: windowOf(correlation),
    groupReaders: readers(correlation.groupBy),
    valueReaders: readers(correlation.fields),
    groups: new Map(),
  };
}

type Fire = (at: number, group: Record<string, Scalar>, match: Match) => void;
type Pending = {
  name: string;
  key: readonly Scalar[];
  labels: readonly number[];
  events: readonly number[];
  values: readonly (string | number)[];
  event: SigmaEvent;
};

function arrive(station: Station, matches: ReadonlyMap<number, Match[]>, timeMs: number, fire: Fire): void {
  let pending: Pending[] = [];
  for (let label = 0; label < station.inputs.length; label++) {
    for (const match of matches.get(station.inputs[label]!) ?? NO_MATCHES) {
      if (station.excluded?.(match.event)) continue;
      pending = merge(pending, arrivalsOf(station, label, match));
    }
  }
  for (const { name, key, labels, events, values, event } of pending) {
    const evidence = advance(station, name, timeMs, { labels, events, values });
    if (!evidence) continue;
    const group = Object.fromEntries(station.correlation.groupBy.map((field, i) => [field, key[i]!]));
    fire(station.at, group, { event: { ...event, ...group }, events: evidence });
  }
}

const NO_MATCHES: readonly Match[] = [];

/** One arrival for each group the match belongs to. */
function arrivalsOf(station: Station, label: number, { event, events }: Match): Pending[] {
  const values = valuesOf(station, label, event);
  if (values === null) return [];
  return combinations(station.groupReaders[label]!, event).map((key) => ({
    name: key.length === 1 ? String(key[0]) : JSON.stringify(key.map(String)),
    key,
    labels: [label],
    events,
    values,
    event,
  }));
}

/** Arrivals at one group become one, which has matched all their rules. */
function merge(known: Pending[], more: Pending[]): Pending[] {
  if (known.length === 0) return more;
  for (const arrival of more) {
    const at = known.findIndex(({ name }) => name === arrival.name);
    const same = known[at];
    if (!same) known.push(arrival);
    else {
      const either = <T>(some: readonly T[], more: readonly T[]) => [...new Set([...some, ...more])];
      // Rules that see one number of the event see it once; different texts under an alias are different values.
      const values = same.values.some((value) => typeof value === 'string')
        ? either(same.values, arrival.values)
        : same.values;
      const { labels, events } = arrival;
      known[at] = {
        ...same,
        labels: either(same.labels, labels),
        events: either(same.events, events),
        values,
      };
    }
  }
  return known;
}

/** One value for each reader, in every combination where fields have several; none when a field has none. */
function combinations(readers: readonly FieldReader[], event: SigmaEvent): Scalar[][] {
  if (readers.length === 1) {
    const only = readers[0]!(event);
    if (isScalar(only)) return [[only]];
  }
  let keys: Scalar[][] = [[]];
  for (const read of readers) {
    const scalars = scalarsOf(read(event));
    keys = keys.flatMap((key) => scalars.map((scalar) => [...key, scalar])).slice(0, MOST_COMBINATIONS);
  }
  return keys;
}

/** What the condition is about: nothing to say for a count of events; null when the event lacks it. */
function valuesOf(
  { correlation, valueReaders }: Station,
  label: number,
  event: SigmaEvent,
): (string | number)[] | null {
  if (correlation.fields.length === 0) return [];
  const found = combinations(valueReaders[label]!, event);
  const values =
    correlation.type === 'value_count'
      ? [
          ...new Set(
            found.map((key) => (key.length === 1 ? String(key[0]) : JSON.stringify(key.map(String)))),
          ),
        ]
      : found.map(([scalar]) => numberIn(scalar)).filter((number) => number !== null);
  return values.length === 0 ? null : values;
}

/** Slides, adds, and answers with the evidence when this arrival makes the condition true. */
function advance(station: Station, name: string, timeMs: number, arrival: Arrival): number[] | null {
  const { groups, window } = station;
  const group: Group = groups.get(name) ?? { lastMs: timeMs, active: false, window: window.create() };
  const now = Math.max(timeMs, group.lastMs);
  group.lastMs = now;
  // Set anew, so that the groups stand in the order of their last arrival and the idle ones in front.
  groups.delete(name);
  groups.set(name, group);
  window.slide(group.window, now);
  const wasActive = group.active && window.holds(group.window, now);
  window.add(group.window, now, arrival);
  group.active = window.holds(group.window, now);
  return group.active && !wasActive ? window.evidence(group.window) : null;
}

/** A group whose last arrival has left the window is as if it had never been. */
function forgetIdle({ groups, correlation }: Station, now: number): void {
  for (const [name, { lastMs }] of groups) {
    if (now - lastMs < correlation.timespanMs) return;
    groups.delete(name);
  }
}
