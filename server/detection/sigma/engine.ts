/**
 * Runs a rule set over events, one at a time, in order. The state is a pure function of the rule set and the
 * events pushed: no clock, no randomness, so a replay gives the same firings.
 *
 * Semantics (Sigma leaves them open):
 * - Events count in the order they are pushed. One whose time lies before the last of its group counts as
 *   simultaneous with that one; if it is more than a span late, its group may be forgotten already, and it begins anew.
 * - An arrival first slides its group's window, which is half open: it holds what is less than a span old.
 * - A correlation fires when an arrival makes its condition true, and again only after the condition had been
 *   false for the group, after an arrival or by such a sliding.
 * - An event without a group-by field, or without the value a condition is about, does not arrive. An array in a
 *   group-by field belongs to the group of each of its elements.
 * - One event arrives once at a correlation, also when it matches several of its rules.
 * - A firing arrives at the correlations above it as the event that completed it, with the fields of its group.
 */

import { candidatesOf } from './candidates.ts';
import { isObject, type Scalar, type SigmaEvent } from './fields.ts';
import type { RuleLevel, RuleSet } from './ruleset.ts';
import { arrive, forgetIdle, type Groups, groupsOf, type Match, stationOf } from './station.ts';

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

const SWEEP_EVERY = 1_024;

/** Throws when the snapshot belongs to another rule set. */
export function createEngine(ruleSet: RuleSet, snapshot?: string): Engine {
  const { rules, programs } = ruleSet;
  const candidates = candidatesOf(programs);
  const stations = ruleSet.order.flatMap((at) => {
    const program = programs[at]!;
    return program.kind === 'correlation' ? [stationOf(at, program)] : [];
  });
  // For each rule the stations (by place in the order) that listen to it.
  const listeners = rules.map((_, at) =>
    stations.flatMap((station, place) => (station.inputs.includes(at) ? [place] : [])),
  );
  if (snapshot !== undefined) {
    const groups = readSnapshot(ruleSet, snapshot);
    stations.forEach((station, place) => {
      station.groups = groups[place]!;
    });
  }
  // What the event being pushed has matched, by rule, and which stations it calls; emptied before the next.
  const matches: Match[][] = rules.map(() => []);
  const matched: number[] = [];
  const called = new Uint8Array(stations.length);
  let pushed = 0;

  function match(at: number, one: Match): void {
    if (matches[at]!.push(one) === 1) matched.push(at);
    for (const place of listeners[at]!) called[place] = 1;
  }

  function push(event: SigmaEvent, timeMs: number, index: number): Firing[] {
    for (const at of matched) matches[at]!.length = 0;
    matched.length = 0;
    for (const at of candidates(event)) {
      const program = programs[at]!;
      if (program.kind === 'detection' && program.matches(event))
        match(at, { event, group: {}, events: [index] });
    }
    // In this order an inner correlation has fired before an outer one is asked.
    for (let place = 0; matched.length > 0 && place < stations.length; place++) {
      if (called[place] === 0) continue;
      called[place] = 0;
      const station = stations[place]!;
      for (const firing of arrive(station, matches, timeMs)) match(station.at, firing);
    }
    if (++pushed % SWEEP_EVERY === 0) for (const station of stations) forgetIdle(station, timeMs);
    return matched.length === 0 ? [] : firingsOf(timeMs);
  }

  /** Of all that matched, what speaks for itself, in the order of the rules. */
  function firingsOf(timeMs: number): Firing[] {
    const loud = matched.filter((at) => !rules[at]!.silent).sort((a, b) => a - b);
    return loud.flatMap((at) => {
      const { key, version, title, level } = rules[at]!;
      return matches[at]!.map(
        ({ group, events }): Firing => ({
          rule: key,
          ruleVersion: version,
          title,
          level,
          timeMs,
          group,
          indexes: [...events],
        }),
      );
    });
  }

  return {
    push,
    groupCount: () => stations.reduce((sum, { groups }) => sum + groups.fresh.size + groups.stale.size, 0),
    snapshot: () =>
      JSON.stringify({ hash: ruleSet.hash, groups: stations.map(({ groups }) => groups) }, mapsOut),
  };
}

function readSnapshot(ruleSet: RuleSet, snapshot: string): Groups[] {
  const { hash, groups } = JSON.parse(snapshot, mapsIn) as { hash: string; groups: Groups[] };
  if (hash !== ruleSet.hash)
    throw new Error('the snapshot belongs to another rule set: replay the events instead');
  return groups.map((one) => groupsOf(one));
}

const mapsOut = (_: string, value: unknown): unknown => (value instanceof Map ? { map: [...value] } : value);
const mapsIn = (_: string, value: unknown): unknown =>
  isObject(value) && Array.isArray(value.map) ? new Map(value.map as [unknown, unknown][]) : value;
