/**
 * Compiles the `correlation` section of a rule: which rules it listens to, how events fall into groups, how long
 * the window is, and the condition over it. What happens when events arrive is in window.ts and engine.ts.
 * Source: Sigma correlation rules specification 2.1.
 *
 * Where the specification leaves a choice: without `group-by` all events are one group; `temporal` without a
 * condition wants every listed rule; a text condition (`rule_a and not rule_b`) is a condition over the rules seen
 * in the window; `value_percentile` compares the `percentile`-th percentile (50 when not given: the median) of the
 * numbers in the window, interpolated linearly between neighbours.
 */
import { type Condition, parseCondition, positiveNames } from './condition.ts';
import { Fault } from './faults.ts';
import { isObject } from './fields.ts';
import { parseTimespan } from './times.ts';

export type CorrelationType =
  | 'event_count'
  | 'value_count'
  | 'temporal'
  | 'temporal_ordered'
  | 'value_sum'
  | 'value_avg'
  | 'value_percentile';
export type Threshold = { by: 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq'; than: number };
export const THRESHOLD_WORDS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;

export type Correlation = {
  readonly type: CorrelationType;
  /** References as written, in order; the label of an event is the position of the rule it matched. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  readonly timespanMs: number;
  readonly thresholds: readonly Threshold[];
  /** A text condition over the rules, for temporal correlations. */
  readonly expression: Condition | null;
  readonly fields: readonly string[];
  readonly percentile: number;
  /** For each rule (by position), which field an alias of `group-by` or `field` stands for. */
  readonly aliases: readonly ReadonlyMap<string, string>[];
  readonly generate: boolean;
};

const TEMPORAL = new Set<string>(['temporal', 'temporal_ordered']);

/** Reads a section that has passed the schema; `callsOf` gives a rule's id and name by either. Throws `Fault`. */
export function readCorrelation(
  body: Readonly<Record<string, unknown>>,
  callsOf: (reference: string) => readonly string[],
): Correlation {
  const section = body.correlation;
  if (!isObject(section))
    throw new Fault(
      'correlation',
      'it is not a map',
      'write type, rules, group-by, timespan and condition under it',
    );
  const type = section.type as CorrelationType;
  const timespanMs = parseTimespan(String(section.timespan));
  if (timespanMs === null)
    throw new Fault(
      'correlation.timespan',
      'it is not a time span',
      'write a positive number and one of s m h d w M y, such as 24h',
    );
  const rules = referenced(section, type);
  const { thresholds, fields, percentile, expression } = readCondition(section.condition, type, rules);
  return {
    type,
    rules,
    groupBy: listOf(section['group-by']),
    timespanMs,
    thresholds,
    expression,
    fields,
    percentile,
    aliases: readAliases(section.aliases, rules, callsOf),
    generate: section.generate === true || body.generate === true,
  };
}

function listOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(String) : [];
}

function referenced(section: Record<string, unknown>, type: CorrelationType): string[] {
  const rules = listOf(section.rules);
  if (rules.length > 0) return rules;
  const words =
    typeof section.condition === 'string' && TEMPORAL.has(type) ? section.condition.match(/[^\s()]+/g) : null;
  const named = (words ?? []).filter(
    (word) => !/^(and|or|not|of|them|all|any|\d+)$/i.test(word) && !word.includes('*'),
  );
  if (named.length === 0)
    throw new Fault(
      'correlation.rules',
      'it names no rule',
      'list the names or ids of the rules to correlate',
    );
  return [...new Set(named)];
}

type Conditions = Pick<Correlation, 'thresholds' | 'fields' | 'percentile' | 'expression'>;

function readCondition(raw: unknown, type: CorrelationType, rules: readonly string[]): Conditions {
  const none = { thresholds: [], fields: [], percentile: 50, expression: null };
  if (typeof raw === 'string') {
    if (!TEMPORAL.has(type))
      throw new Fault(
        'correlation.condition',
        `it is text, which ${type} does not have`,
        'write a map such as {gte: 3}',
      );
    return { ...none, expression: parseCondition(raw, rules) };
  }
  const map = isObject(raw) ? raw : {};
  const thresholds = THRESHOLD_WORDS.flatMap((by): Threshold[] =>
    typeof map[by] === 'number' ? [{ by, than: map[by] }] : [],
  );
  const fields = listOf(map.field);
  if (TEMPORAL.has(type))
    return { ...none, thresholds: thresholds.length > 0 ? thresholds : [{ by: 'gte', than: rules.length }] };
  if (thresholds.length === 0)
    throw new Fault(
      'correlation.condition',
      'it has no threshold',
      `write one of ${THRESHOLD_WORDS.join(', ')} with a number`,
    );
  if (type === 'event_count') return { ...none, thresholds };
  if (fields.length === 0)
    throw new Fault(
      'correlation.condition.field',
      'it is missing',
      `name the field whose values ${type} is about`,
    );
  if (fields.length > 1 && type !== 'value_count')
    throw new Fault(
      'correlation.condition.field',
      `it names several fields, which ${type} does not have`,
      'name one field',
    );
  return {
    ...none,
    thresholds,
    fields,
    percentile: typeof map.percentile === 'number' ? map.percentile : 50,
  };
}

/** An alias names a rule by its name, also where `rules` lists it by id ("Field Name Aliases"); its id will do as well. */
function readAliases(
  raw: unknown,
  rules: readonly string[],
  callsOf: (reference: string) => readonly string[],
): ReadonlyMap<string, string>[] {
  const aliases = isObject(raw) ? raw : {};
  const calls = rules.map((rule) => new Set([rule, ...callsOf(rule)]));
  for (const [alias, mapping] of Object.entries(aliases)) {
    const strangers = Object.keys(isObject(mapping) ? mapping : {}).filter(
      (rule) => !calls.some((known) => known.has(rule)),
    );
    if (strangers.length > 0)
      throw new Fault(
        `correlation.aliases.${alias}`,
        `${strangers.join(', ')} is not among its rules`,
        'name only rules that stand under rules',
      );
  }
  return calls.map((known, at) => {
    const fields = new Map<string, string>();
    for (const [alias, mapping] of Object.entries(aliases)) {
      const named = Object.entries(isObject(mapping) ? mapping : {}).filter(([rule]) => known.has(rule));
      if (named.length > 1)
        throw new Fault(
          `correlation.aliases.${alias}`,
          `it names ${rules[at]} twice`,
          'name it once, by name or by id',
        );
      for (const [, field] of named) if (typeof field === 'string') fields.set(alias, field);
    }
    return fields;
  });
}

export function thresholdsHold(thresholds: readonly Threshold[], value: number): boolean {
  return thresholds.every(({ by, than }) => {
    if (by === 'gt') return value > than;
    if (by === 'gte') return value >= than;
    if (by === 'lt') return value < than;
    if (by === 'lte') return value <= than;
    return (value === than) === (by === 'eq');
  });
}

/** Positions of the rules that a text condition wants seen, in listed order; all of them without one. */
export function wantedLabels(correlation: Correlation): number[] {
  const { expression, rules } = correlation;
  const wanted = expression ? new Set(positiveNames(expression)) : new Set(rules);
  return rules.flatMap((rule, label) => (wanted.has(rule) ? [label] : []));
}
