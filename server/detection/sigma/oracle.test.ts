/**
 * The engine's small, sliding state against the plainest possible reading of the semantics: at every arrival, take
 * all events of the group so far, keep those inside the window, and ask the condition anew.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRules } from './document.ts';
import { createEngine } from './engine.ts';
import { compileRules } from './ruleset.ts';

const LABELS = ['a', 'b', 'c'];
const BASE = LABELS.map(
  (label) =>
    `title: ${label}\nname: ${label}\nlogsource: {category: test}\ndetection: {s: {kinds: ${label}}, condition: s}\n`,
).join('---\n');

type Raw = { wait: number; kinds: string[]; user: string; value: number };
type Seen = { at: number; labels: number[]; value: number; index: number };
type Plan = { type: string; thresholds: Record<string, number>; spanSeconds: number; percentile: number };

const events = fc.array(
  fc.record({
    wait: fc.integer({ min: 0, max: 4 }),
    kinds: fc.subarray(LABELS, { minLength: 1 }),
    user: fc.constantFrom('u', 'v'),
    value: fc.integer({ min: -2, max: 5 }),
  }),
  { maxLength: 60 },
);
const words = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
const thresholds = fc.dictionary(fc.constantFrom(...words), fc.integer({ min: 0, max: 5 }), {
  minKeys: 1,
  maxKeys: 2,
  noNullPrototype: true,
});
const spanSeconds = fc.integer({ min: 1, max: 12 });
const plans = (types: string[]): fc.Arbitrary<Plan> =>
  fc.record({
    type: fc.constantFrom(...types),
    thresholds,
    spanSeconds,
    percentile: fc.constantFrom(0, 25, 50, 95, 100),
  });

function document({ type, thresholds, spanSeconds, percentile }: Plan): string {
  const condition = {
    ...thresholds,
    ...(type.startsWith('value_') ? { field: 'value' } : {}),
    ...(type === 'value_percentile' ? { percentile } : {}),
  };
  const section = { type, rules: LABELS, 'group-by': ['user'], timespan: `${spanSeconds}s`, condition };
  return `${BASE}---\n${JSON.stringify({ title: 'Whole', id: 'whole', correlation: section })}\n`;
}

function compared(value: number, thresholds: Record<string, number>): boolean {
  const holds: Record<string, (than: number) => boolean> = {
    gt: (than) => value > than,
    gte: (than) => value >= than,
    lt: (than) => value < than,
    lte: (than) => value <= than,
    eq: (than) => value === than,
    neq: (than) => value !== than,
  };
  return Object.entries(thresholds).every(([word, than]) => holds[word]!(than));
}

/** The longest run of different events, ascending in the list, found by trying every choice. */
function longestRun(window: Seen[], from = 0, above = -1): number {
  let best = 0;
  for (let i = from; i < window.length; i++) {
    for (const label of window[i]!.labels)
      if (label > above) best = Math.max(best, 1 + longestRun(window, i + 1, label));
  }
  return best;
}

function measured(window: Seen[], { type, percentile }: Plan): number {
  const values = window.map((seen) => seen.value).sort((a, b) => a - b);
  const sum = values.reduce((total, value) => total + value, 0);
  if (type === 'event_count') return window.length;
  if (type === 'value_count') return new Set(values).size;
  if (type === 'value_sum') return sum;
  if (type === 'value_avg') return sum / values.length;
  if (type === 'temporal') return new Set(window.flatMap((seen) => seen.labels)).size;
  if (type === 'temporal_ordered') return longestRun(window);
  const rank = (percentile * (values.length - 1)) / 100;
  const [low, high] = [values[Math.floor(rank)]!, values[Math.ceil(rank)]!];
  return low + (high - low) * (rank - Math.floor(rank));
}

type Fired = { at: number; user: string; events: number[] };

function naive(plan: Plan, raws: Raw[]): Fired[] {
  const all = new Map<string, Seen[]>();
  const active = new Map<string, boolean>();
  const fired: Fired[] = [];
  let now = 0;
  raws.forEach((raw, index) => {
    now += raw.wait;
    const seen = all.get(raw.user) ?? [];
    all.set(raw.user, seen);
    const inside = () => seen.filter((one) => now - one.at < plan.spanSeconds);
    const holds = (window: Seen[]) => window.length > 0 && compared(measured(window, plan), plan.thresholds);
    if (!holds(inside())) active.set(raw.user, false);
    seen.push({ at: now, labels: raw.kinds.map((kind) => LABELS.indexOf(kind)), value: raw.value, index });
    const window = inside();
    if (holds(window) && !active.get(raw.user))
      fired.push({ at: now, user: raw.user, events: window.map((one) => one.index) });
    active.set(raw.user, holds(window));
  });
  return fired;
}

function engine(plan: Plan, raws: Raw[], cutAt = -1): Fired[] {
  const ruleSet = compileRules(parseRules(document(plan), 'oracle.yml'));
  let running = createEngine(ruleSet);
  let now = 0;
  return raws.flatMap((raw, index) => {
    now += raw.wait;
    if (index === cutAt) running = createEngine(ruleSet, running.snapshot());
    return running
      .push({ kinds: raw.kinds, user: raw.user, value: raw.value }, now * 1000, index)
      .map(({ timeMs, group, indexes }) => ({
        at: timeMs / 1000,
        user: String(group.user),
        events: indexes,
      }));
  });
}

describe('the engine fires exactly when a naive re-evaluation of the whole window does', () => {
  const same = (types: string[], numRuns: number) =>
    fc.assert(
      fc.property(plans(types), events, (plan, raws) => {
        expect(engine(plan, raws)).toEqual(naive(plan, raws));
      }),
      { numRuns },
    );
  it('event_count, for every comparison', () => same(['event_count'], 400));
  it('value_count, for every comparison', () => same(['value_count'], 400));
  it('value_sum, value_avg and value_percentile', () =>
    same(['value_sum', 'value_avg', 'value_percentile'], 400));
  it('temporal by how many rules were seen', () => same(['temporal'], 400));

  it('temporal_ordered by the longest run in order', () => {
    const few = fc.array(
      fc.record({
        wait: fc.integer({ min: 0, max: 3 }),
        kinds: fc.subarray(LABELS, { minLength: 1, maxLength: 2 }),
        user: fc.constant('u'),
        value: fc.constant(0),
      }),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(plans(['temporal_ordered']), few, (plan, raws) => {
        const moments = (fired: Fired[]) => fired.map(({ at, events: [...found] }) => [at, found.at(-1)]);
        expect(moments(engine(plan, raws))).toEqual(moments(naive(plan, raws)));
      }),
      { numRuns: 600 },
    );
  });
});

it('a snapshot restored in the middle changes no firing', () => {
  const types = [
    'event_count',
    'value_count',
    'temporal',
    'temporal_ordered',
    'value_sum',
    'value_percentile',
  ];
  fc.assert(
    fc.property(plans(types), events, fc.nat(59), (plan, raws, cut) => {
      expect(engine(plan, raws, cut)).toEqual(engine(plan, raws));
    }),
    { numRuns: 200 },
  );
});

it('replaying only replayWindowMs before a moment gives the firings after it', () => {
  const types = ['event_count', 'value_count', 'temporal', 'temporal_ordered', 'value_sum'];
  fc.assert(
    fc.property(plans(types), events, fc.nat(59), (plan, raws, cut) => {
      const ruleSet = compileRules(parseRules(document(plan), 'oracle.yml'));
      let now = 0;
      const times = raws.map((raw) => {
        now += raw.wait * 1000;
        return now;
      });
      const from = (times[cut] ?? 0) - ruleSet.replayWindowMs;
      const short = createEngine(ruleSet);
      const late = raws.flatMap((raw, index) =>
        times[index]! >= from
          ? short.push({ kinds: raw.kinds, user: raw.user, value: raw.value }, times[index]!, index)
          : [],
      );
      const after = (index: number | undefined) => (index ?? 0) >= cut;
      expect(late.map((firing) => firing.indexes.at(-1)).filter(after)).toEqual(
        engine(plan, raws)
          .map((fired) => fired.events.at(-1))
          .filter(after),
      );
    }),
    { numRuns: 200 },
  );
});

it('needs found for the index never hide a rule that matches', () => {
  const field = fc.constantFrom('f', 'g', 'h');
  const value = fc.constantFrom('x', 'X', 'y', 'z*', 1);
  const item = fc.oneof(
    field.chain((name) => value.map((one): [string, unknown] => [name, one])),
    field.chain((name) =>
      fc.array(value, { minLength: 1, maxLength: 3 }).map((list): [string, unknown] => [name, list]),
    ),
    field.chain((name) => value.map((one): [string, unknown] => [`${name}|neq`, one])),
  );
  const map = fc.array(item, { minLength: 1, maxLength: 2 }).map((items) => Object.fromEntries(items));
  const search = fc.oneof(map, fc.array(map, { minLength: 1, maxLength: 2 }));
  const condition = fc.constantFrom(
    'p',
    'p and q',
    'p or q',
    'p and not q',
    'not p or q',
    '1 of them',
    'all of them',
    '2 of them',
  );
  const event = fc.dictionary(
    field,
    fc.oneof(
      fc.constantFrom('x', 'Y', 'zz', 1, true),
      fc.array(fc.constantFrom('x', 'y', 1), { maxLength: 2 }),
    ),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(search, search, condition, event, (p, q, text, fields) => {
      const rule = JSON.stringify({ title: 'r', logsource: {}, detection: { p, q, condition: text } });
      const ruleSet = compileRules(parseRules(rule, 'needs.yml'));
      const program = ruleSet.programs[0]!;
      const direct = program.kind === 'detection' && program.matches(fields);
      expect(createEngine(ruleSet).push(fields, 0, 0).length).toBe(direct ? 1 : 0);
    }),
    { numRuns: 1500 },
  );
});
