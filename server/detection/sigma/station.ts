/**
 * One correlation at work: which groups an event belongs to, what it brings to them, and whether it makes their
 * condition true. The windows themselves are in window.ts.
 */
import type { Correlation } from './correlation.ts';
import {
  type FieldReader,
  fieldReader,
  isScalar,
  type Scalar,
  type SigmaEvent,
  scalarsOf,
} from './fields.ts';
import type { Program } from './ruleset.ts';
import { numberIn } from './values.ts';
import type { Arrival, Window } from './window.ts';
import { windowOf } from './windows.ts';

/** A match of one rule by the event being pushed: of a detection, or of an inner correlation that fired. */
export type Match = { event: SigmaEvent; group: Record<string, Scalar>; events: readonly number[] };

type Group = { lastMs: number; active: boolean; window: unknown };

/**
 * Groups of which something arrived since `sinceMs`, and those that were last touched before. Once a whole span has
 * gone by since, the stale ones have empty windows: they are as if they had never been, and are dropped together.
 */
export type Groups = { sinceMs: number; fresh: Map<string, Group>; stale: Map<string, Group> };

export type Station = {
  /** The correlation's position among the rules. */
  readonly at: number;
  readonly correlation: Correlation;
  /** Positions of the rules it listens to. */
  readonly inputs: readonly number[];
  readonly excluded: ((event: SigmaEvent) => boolean) | null;
  readonly window: Window<unknown>;
  /** By label: how to read the group-by fields, and the condition's fields. */
  readonly groupReaders: readonly (readonly FieldReader[])[];
  readonly valueReaders: readonly (readonly FieldReader[])[];
  readonly labels: readonly (readonly number[])[];
  groups: Groups;
};

const MOST_COMBINATIONS = 1_000;

export function groupsOf(known?: Groups): Groups {
  return known ?? { sinceMs: 0, fresh: new Map(), stale: new Map() };
}

export function stationOf(at: number, program: Program & { kind: 'correlation' }): Station {
  const { correlation, inputs, excluded } = program;
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
    labels: inputs.map((_, label) => [label]),
    groups: groupsOf(),
  };
}

type Pending = Arrival & { name: string; key: readonly Scalar[]; event: SigmaEvent };

/** Takes in what the event has matched (by rule) and gives back the firings, one at most for each group. */
export function arrive(station: Station, matches: readonly (readonly Match[])[], timeMs: number): Match[] {
  const { inputs, excluded, correlation } = station;
  forgetIdle(station, timeMs);
  let pending: Pending[] = [];
  for (let label = 0; label < inputs.length; label++) {
    for (const match of matches[inputs[label]!]!) {
      if (excluded?.(match.event)) continue;
      const more = arrivalsOf(station, label, match);
      pending = pending.length === 0 ? more : merge(pending, more);
    }
  }
  const firings: Match[] = [];
  for (const arrival of pending) {
    const evidence = advance(station, timeMs, arrival);
    if (!evidence) continue;
    const group = Object.fromEntries(correlation.groupBy.map((field, i) => [field, arrival.key[i]!]));
    firings.push({ event: { ...arrival.event, ...group }, group, events: evidence });
  }
  return firings;
}

/** One arrival for each group the match belongs to. */
function arrivalsOf(station: Station, label: number, { event, events }: Match): Pending[] {
  const values = valuesOf(station, label, event);
  if (values === null) return [];
  const labels = station.labels[label]!;
  const keys = combinations(station.groupReaders[label]!, event);
  return keys.map((key) => ({ name: nameOf(key), key, labels, events, values, event }));
}

function nameOf(key: readonly Scalar[]): string {
  return key.length === 1 ? String(key[0]) : JSON.stringify(key.map(String));
}

/** Arrivals at one group become one, which has matched all their rules. */
function merge(known: Pending[], more: readonly Pending[]): Pending[] {
  for (const arrival of more) {
    const at = known.findIndex(({ name }) => name === arrival.name);
    const same = known[at];
    if (!same) {
      known.push(arrival);
      continue;
    }
    // Rules that see one number of the event see it once; different texts under an alias are different values.
    const texts = same.values.some((value) => typeof value === 'string');
    known[at] = {
      ...same,
      labels: either(same.labels, arrival.labels),
      events: either(same.events, arrival.events),
      values: texts ? either(same.values, arrival.values) : same.values,
    };
  }
  return known;
}

function either<T>(some: readonly T[], more: readonly T[]): T[] {
  return [...new Set([...some, ...more])];
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

const NO_VALUES: readonly never[] = [];

/** What the condition is about: nothing to say for a count of events; null when the event lacks it. */
function valuesOf(station: Station, label: number, event: SigmaEvent): readonly (string | number)[] | null {
  const { correlation, valueReaders } = station;
  if (correlation.fields.length === 0) return NO_VALUES;
  const found = combinations(valueReaders[label]!, event);
  const values =
    correlation.type === 'value_count'
      ? found.map(nameOf)
      : found.map(([scalar]) => numberIn(scalar)).filter((number) => number !== null);
  return values.length === 0 ? null : values;
}

/** Slides, adds, and answers with the evidence when this arrival makes the condition true. */
function advance(station: Station, timeMs: number, arrival: Pending): number[] | null {
  const { window } = station;
  const group = groupNamed(station, arrival.name, timeMs);
  const now = Math.max(timeMs, group.lastMs);
  group.lastMs = now;
  window.slide(group.window, now);
  const wasActive = group.active && window.holds(group.window, now);
  window.add(group.window, now, arrival);
  group.active = window.holds(group.window, now);
  return group.active && !wasActive ? window.evidence(group.window) : null;
}

function groupNamed({ groups, window }: Station, name: string, timeMs: number): Group {
  const { fresh, stale } = groups;
  const known = fresh.get(name);
  if (known) return known;
  const group = stale.get(name) ?? { lastMs: timeMs, active: false, window: window.create() };
  stale.delete(name);
  fresh.set(name, group);
  return group;
}

/** Drops groups whose last arrival has left the window; at most two spans of groups stay. */
export function forgetIdle({ groups, correlation }: Station, now: number): void {
  if (now - groups.sinceMs < correlation.timespanMs) return;
  groups.stale = groups.fresh;
  groups.fresh = new Map();
  groups.sinceMs = now;
}
