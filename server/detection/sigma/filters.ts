/**
 * Filter documents: exceptions kept apart from the rules they are made to, so that each can be seen, dated and
 * taken back. A filter takes events away from the detections it names; over a correlation, from what that
 * correlation counts. Source: Sigma filters specification 2.1.
 */
import { type Condition, parseCondition } from './condition.ts';
import { compileDetection, type Predicate } from './detection.ts';
import type { RuleDocument } from './document.ts';
import { Fault } from './faults.ts';
import type { Placeholders } from './values.ts';

/** `over`: positions of the rules it is laid over. */
export type Filter = { over: ReadonlySet<number>; excludes: Predicate; body: unknown };

/** Compiles one filter. Throws `Fault` for what does not compile and for rules that are not there. */
export function readFilter(
  document: RuleDocument,
  rules: readonly RuleDocument[],
  positions: ReadonlyMap<string, number>,
  config: Placeholders,
): Filter {
  const section = document.body.filter as Record<string, unknown>;
  const { matches } = compileDetection(section, ['rules'], config);
  const names = Object.keys(section).filter((name) => name !== 'rules' && name !== 'condition');
  const keeps = saysWhatToKeep(parseCondition(String(section.condition), names));
  const everything = typeof section.rules === 'string' && /^(any|all)$/i.test(section.rules);
  const named = Array.isArray(section.rules) ? section.rules.map(String) : [String(section.rules)];
  const over = everything
    ? rules.flatMap((rule, at) => (rule.kind === 'detection' ? [at] : []))
    : named.map((reference) => resolveRule(reference, positions, 'filter.rules'));
  return { over: new Set(over), excludes: keeps ? (event) => !matches(event) : matches, body: section };
}

/**
 * The specification's condition describes the exception (`selection`). Many authors instead write what must still
 * hold (`not selection`). Taken as a description that would silence everything but the exception, so a condition
 * made of negations only is read as what to keep: both say the same exception.
 */
function saysWhatToKeep(condition: Condition): boolean {
  if (condition.kind === 'and') return condition.of.every(saysWhatToKeep);
  return condition.kind === 'not';
}

/** The position of a rule by id or name. Throws `Fault` when there is none. */
export function resolveRule(
  reference: string,
  positions: ReadonlyMap<string, number>,
  field: string,
): number {
  const at = positions.get(reference);
  if (at !== undefined) return at;
  const fault = `no rule has the id or name "${reference}"`;
  throw new Fault(field, fault, 'load the file of that rule too, or correct the reference');
}
