/**
 * Runs the tests a rule carries in its own file. A test's rule is run with everything it listens to and every
 * filter over those, exactly as live, on the test's few events; only the firings of that rule are counted.
 */
import { createEngine, type Firing } from './engine.ts';
import type { RuleTest } from './extension.ts';
import type { SigmaEvent } from './fields.ts';
import type { RuleSet } from './ruleset.ts';
import { eventTime, parseOffset } from './times.ts';

export type CaseResult =
  | { kind: 'passed'; test: RuleTest }
  | { kind: 'failed'; test: RuleTest; fired: number }
  | { kind: 'faulty'; test: RuleTest; fault: string };

// A Monday, in no zone: offsets of tests are counted from here.
const START_MS = Date.UTC(2026, 0, 5);

/** Runs one test of the rule with the given key. */
export function runCase(ruleSet: RuleSet, key: string, test: RuleTest): CaseResult {
  const engine = createEngine(ruleSet);
  const firings: Firing[] = [];
  let index = 0;
  for (const [at, written] of test.events.entries()) {
    const events = eventsOf(written, test.defaults);
    if (events === null)
      return {
        kind: 'faulty',
        test,
        fault: `event ${at + 1}: t or every is neither an offset such as 5h nor a time`,
      };
    for (const { event, timeMs } of events) firings.push(...engine.push(event, timeMs, index++));
  }
  const fired = firings.filter((firing) => firing.rule === key).length;
  return fired === test.expect ? { kind: 'passed', test } : { kind: 'failed', test, fired };
}

const MOST_REPEATS = 10_000;

/**
 * One written event: `{t, …fields}`, or `{t, repeat, every, number, …fields}` for `repeat` events, each `every`
 * after the one before, with a running number in the field that `number` names.
 */
function eventsOf(written: Record<string, unknown>, defaults: Record<string, unknown>) {
  const { t, repeat = 1, every = '1s', number, ...fields } = written;
  const startMs = caseTime(t);
  const stepMs = typeof every === 'string' ? parseOffset(every) : null;
  if (startMs === null || stepMs === null || typeof repeat !== 'number' || repeat > MOST_REPEATS) return null;
  return Array.from({ length: repeat }, (_, i): { event: SigmaEvent; timeMs: number } => {
    const timeMs = startMs + i * stepMs;
    const numbered = typeof number === 'string' ? { [number]: `number-${i + 1}` } : {};
    return {
      event: { '@timestamp': new Date(timeMs).toISOString(), ...defaults, ...fields, ...numbered },
      timeMs,
    };
  });
}

function caseTime(t: unknown): number | null {
  if (t === 0) return START_MS;
  const offset = typeof t === 'string' ? parseOffset(t) : null;
  return offset === null ? eventTime(t) : START_MS + offset;
}

/** Runs every test of every rule that has some. */
export function runAllCases(ruleSet: RuleSet): { title: string; file: string; result: CaseResult }[] {
  return ruleSet.rules.flatMap(({ key, title, file, kuzot }) =>
    (kuzot?.tests ?? []).map((test) => ({ title, file, result: runCase(ruleSet, key, test) })),
  );
}
