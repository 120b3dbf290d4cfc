/**
 * Two rule sets over the same history, side by side: what a changed rule would have said. A person looks at this
 * before the change is approved. The source of events is whatever yields them in order.
 */
import { createEngine, type Firing } from './engine.ts';
import type { SigmaEvent } from './fields.ts';
import type { RuleSet } from './ruleset.ts';

export type TimedEvent = { event: SigmaEvent; timeMs: number; index: number };
export type EventSource = AsyncIterable<TimedEvent> | Iterable<TimedEvent>;
export type Comparison = {
  rule: string;
  title: string;
  level: string | null;
  change: 'added' | 'removed' | 'changed' | 'same';
  before: number;
  after: number;
  /** Firings of the same rule, group and moment are the same firing. */
  onlyBefore: number;
  onlyAfter: number;
};

/** Counts per rule that can fire under either set, in the order of the new set and then of what it dropped. */
export async function backtest(before: RuleSet, after: RuleSet, source: EventSource): Promise<Comparison[]> {
  const engines = [createEngine(before), createEngine(after)] as const;
  const counts = [new Map<string, Map<string, number>>(), new Map<string, Map<string, number>>()] as const;
  for await (const { event, timeMs, index } of source) {
    engines.forEach((engine, side) => {
      for (const firing of engine.push(event, timeMs, index)) tally(counts[side]!, firing);
    });
  }
  const loud = (set: RuleSet) =>
    new Map(set.rules.filter((rule) => !rule.silent).map((rule) => [rule.key, rule]));
  const [old, current] = [loud(before), loud(after)];
  return [...new Set([...current.keys(), ...old.keys()])].map((key) => {
    const rule = current.get(key) ?? old.get(key)!;
    const [was, is] = counts.map((side) => side.get(key) ?? new Map<string, number>()) as [
      Map<string, number>,
      Map<string, number>,
    ];
    const versions = [old.get(key)?.version, current.get(key)?.version];
    return {
      rule: key,
      title: rule.title,
      level: rule.level,
      change:
        versions[0] === undefined
          ? 'added'
          : versions[1] === undefined
            ? 'removed'
            : versions[0] === versions[1]
              ? 'same'
              : 'changed',
      before: total(was),
      after: total(is),
      onlyBefore: without(was, is),
      onlyAfter: without(is, was),
    };
  });
}

function tally(counts: Map<string, Map<string, number>>, { rule, timeMs, group }: Firing): void {
  const moments = counts.get(rule) ?? new Map<string, number>();
  counts.set(rule, moments);
  const moment = JSON.stringify([timeMs, group]);
  moments.set(moment, (moments.get(moment) ?? 0) + 1);
}

function total(moments: ReadonlyMap<string, number>): number {
  return [...moments.values()].reduce((sum, count) => sum + count, 0);
}

function without(some: ReadonlyMap<string, number>, others: ReadonlyMap<string, number>): number {
  return [...some].reduce((sum, [moment, count]) => sum + Math.max(0, count - (others.get(moment) ?? 0)), 0);
}
