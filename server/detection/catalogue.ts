// The rules in force: loaded once at boot from policies/detection, and the standing ones. What an alert's card says about its rule
// comes from here.
import { join } from 'node:path';
import type { AlertLevel } from '#server/contract/vocabulary.ts';
import { loadRules, parseRuleFiles, type RuleFile, readRuleFiles } from './sigma/directory.ts';
import type { RuleDocument } from './sigma/document.ts';
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
  if (last?.text !== text) last = { text, catalogue: catalogueOf(compileRules(...withStanding(files))) };
  return last.catalogue;
}

const standingDir = join(import.meta.dirname, 'standing');

/**
 * What tells of a changed rule may not lie where rules are changed: whoever takes it out of the folder, softens it, lays an
 * exception over it or has another rule listen to it would silence the news of that as well.
 */
function withStanding(files: readonly RuleFile[]): Parameters<typeof compileRules> {
  const standing = loadRules(standingDir);
  const ids = new Set(standing.flatMap(({ id }) => id ?? []));
  const isOlderCopy = ({ id, kind }: RuleDocument) => kind !== 'filter' && id !== null && ids.has(id);
  const others = parseRuleFiles(files).filter((document) => !isOlderCopy(document));
  return [[...standing, ...others], { standing: ids }];
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
