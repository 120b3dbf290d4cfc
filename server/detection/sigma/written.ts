/**
 * Short ways for the tests of this folder to write rules and events: detections `a`, `b` … that match
 * `{kind: 'a'}` …, a correlation called `whole` over them, and events of a group `u`. Used by tests only.
 */
import { parseRules } from './document.ts';
import { createEngine } from './engine.ts';
import { RuleFaults } from './faults.ts';
import { compileRules } from './ruleset.ts';

export const MINUTE = 60_000;
export type Doc = Record<string, unknown>;
export const base = (name: string, search: Doc = { kind: name }): Doc => ({
  title: `Base ${name}`,
  name,
  logsource: {},
  detection: { s: search, condition: 's' },
});
export const correlate = (correlation: Doc, more: Doc = {}): Doc => ({
  title: 'Whole',
  id: 'whole',
  correlation,
  ...more,
});
export const compile = (...documents: Doc[]) =>
  compileRules(documents.flatMap((document, at) => parseRules(JSON.stringify(document), `${at}.yml`)));

/** Pushes `[minute, event]` pairs and tells the firings as `[rule, minute, indexes, group]`. */
export function run(documents: Doc[], events: [number, Doc][]) {
  const engine = createEngine(compile(...documents));
  return events.flatMap(([minute, event], index) =>
    engine
      .push(event, minute * MINUTE, index)
      .map(({ rule, timeMs, indexes, group }) => [rule, timeMs / MINUTE, indexes, group]),
  );
}
export const fired = (documents: Doc[], events: [number, Doc][]) =>
  run(documents, events).map(([rule, minute]) => `${rule}@${minute}`);
export function faultOf(...documents: Doc[]): string {
  try {
    compile(...documents);
  } catch (thrown) {
    if (thrown instanceof RuleFaults) return thrown.message;
    throw thrown;
  }
  return 'no fault';
}
export const count = (condition: Doc, more: Doc = {}) =>
  correlate({ type: 'event_count', rules: ['a'], 'group-by': ['u'], timespan: '10m', condition, ...more });
export const a = (u: unknown, more: Doc = {}): Doc => ({ kind: 'a', u, ...more });
export const b = (u: unknown, more: Doc = {}): Doc => ({ kind: 'b', u, ...more });
