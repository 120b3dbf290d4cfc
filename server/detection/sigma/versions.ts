/**
 * The version of a rule: a digest of everything that decides when it fires and what an alert says: the rule
 * itself, the rules it listens to, the filters over them, the values of placeholders. Its tests are left out.
 */
import { createHash } from 'node:crypto';
import type { RuleDocument } from './document.ts';
import { isObject } from './fields.ts';
import type { Filter } from './filters.ts';
import type { Placeholders } from './values.ts';

/** Versions by position. `inputs` gives what a correlation listens to, `order` puts it after those. */
export function versionsOf(
  rules: readonly RuleDocument[],
  inputs: readonly (readonly number[])[],
  order: readonly number[],
  filters: readonly Filter[],
  config: Placeholders,
): string[] {
  const versions: string[] = [];
  const version = (at: number) => {
    const { kuzot, ...body } = rules[at]!.body;
    const extension = isObject(kuzot) ? { ...kuzot, tests: undefined } : null;
    const over = filters.filter((filter) => filter.over.has(at)).map((filter) => filter.body);
    const expanded = JSON.stringify([body, over]).includes('|expand') ? config : null;
    versions[at] = digest([body, extension, over, expanded, inputs[at]!.map((input) => versions[input])]);
  };
  rules.forEach((rule, at) => {
    if (rule.kind === 'detection') version(at);
  });
  order.forEach(version);
  return versions;
}

/** 16 hexadecimal digits. Keys are sorted, so that the order of a YAML map does not make another version. */
export function digest(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
