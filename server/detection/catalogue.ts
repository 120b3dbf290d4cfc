// The rules in force: loaded once at boot from policies/detection. What an alert's card says about its rule comes from here.
import type { AlertLevel } from '#server/contract/vocabulary.ts';
import { parseRuleFiles, readRuleFiles } from './sigma/directory.ts';
import { compileRules, type Rule, type RuleSet } from './sigma/ruleset.ts';

export interface Catalogue {
  ruleSet: RuleSet;
  /** By what a firing or an alert calls the rule; null once the rule is gone. */
  rule(key: string): Rule | null;
}

/** What was loaded last, by its text: nothing of a rule set changes once it is compiled. */
let last: { text: string; catalogue: Catalogue } | null = null;

/** @throws RuleFaults naming everything that is wrong with the files */
export function loadCatalogue(dir: string): Catalogue {
  const files = readRuleFiles(dir);
  const text = JSON.stringify(files);
  if (last?.text !== text) last = { text, catalogue: catalogueOf(compileRules(parseRuleFiles(files))) };
  return last.catalogue;
}

export function catalogueOf(ruleSet: RuleSet): Catalogue {
  const rules = new Map(ruleSet.rules.map((rule) => [rule.key, rule]));
  return { ruleSet, rule: (key) => rules.get(key) ?? null };
}

const minute = 60_000;
/** How soon a person must look, unless the rule says otherwise. */
const slaMs: Record<AlertLevel, number> = {
  critical: 15 * minute,
  high: 120 * minute,
  medium: 480 * minute,
  low: 1_440 * minute,
};

/** The level at which a rule alerts; null for signals, which only add risk. */
export function alertLevel(level: string | null): AlertLevel | null {
  return level === 'medium' || level === 'high' || level === 'critical' ? level : null;
}

export function dueAfter(rule: Rule, level: AlertLevel): number {
  return rule.kuzot?.slaMs ?? slaMs[level];
}
