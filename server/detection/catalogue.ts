// A set of rules, read and compiled: what files say, and the standing rules. What an alert's card says about its rule comes
// from here. Which set is in force is another question (change/in-force.ts).
import { join } from 'node:path';
import type { AlertLevel } from '#server/contract/vocabulary.ts';
import type { FileSet } from '#server/gate/file-sets.ts';
import { sha256 } from '#server/lib/digest.ts';
import { loadRules, parseRuleFiles, type RuleFile, readRuleFiles } from './sigma/directory.ts';
import type { RuleDocument } from './sigma/document.ts';
import { compileRules, type Rule, type RuleSet } from './sigma/ruleset.ts';

export interface Catalogue {
  ruleSet: RuleSet;
  /** The files it was made of, under the hash of their text. `ruleSet.hash` is over what decides alone. */
  set: FileSet;
  /** Every rule and exception as written, the standing ones first. */
  documents: readonly RuleDocument[];
  /** By what a firing or an alert calls the rule; null once the rule is gone. */
  rule(key: string): Rule | null;
}

/** What was loaded last, by its text: nothing of a rule set changes once it is compiled. */
let last: Catalogue | null = null;

/** @throws RuleFaults naming everything that is wrong with the files */
export const loadCatalogue = (dir: string): Catalogue => catalogueOfFiles(readRuleFiles(dir));

/** @throws RuleFaults naming everything that is wrong with the files */
export function catalogueOfFiles(files: readonly RuleFile[]): Catalogue {
  const set = fileSetOf(files);
  if (last?.set.hash !== set.hash) last = catalogueOfDocuments(parseRuleFiles(filesOf(set)), set);
  return last;
}

export function catalogueOfDocuments(others: readonly RuleDocument[], set: FileSet): Catalogue {
  const [documents, options] = withStanding(others);
  return { ...catalogueOf(compileRules(documents, options)), set, documents };
}

export function catalogueOf(ruleSet: RuleSet): Catalogue {
  const rules = new Map(ruleSet.rules.map((rule) => [rule.key, rule]));
  const set: FileSet = { hash: '', files: [] };
  return { ruleSet, set, documents: [], rule: (key) => rules.get(key) ?? null };
}

/** Files in the order of their names, and the hash of names and texts. */
export function fileSetOf(files: readonly RuleFile[]): FileSet {
  const sorted = files
    .map(({ file, text }) => ({ name: file, text }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { hash: sha256(JSON.stringify(sorted.map(({ name, text }) => [name, text]))), files: sorted };
}

export const filesOf = ({ files }: Pick<FileSet, 'files'>): RuleFile[] =>
  files.map(({ name, text }) => ({ file: name, text }));

const standingDir = join(import.meta.dirname, 'standing');

/** Rules of the program itself. Read at each use: a rule set is loaded seldom. */
export function standingRules(): { documents: RuleDocument[]; ids: ReadonlySet<string> } {
  const documents = loadRules(standingDir);
  return { documents, ids: new Set(documents.flatMap(({ id }) => id ?? [])) };
}

/**
 * What tells of a changed rule may not lie where rules are changed: whoever takes it out of the folder, softens it, lays an
 * exception over it or has another rule listen to it would silence the news of that as well.
 */
export function withStanding(documents: readonly RuleDocument[]): Parameters<typeof compileRules> {
  const { documents: standing, ids } = standingRules();
  const isOlderCopy = ({ id, kind }: RuleDocument) => kind !== 'filter' && id !== null && ids.has(id);
  return [[...standing, ...documents.filter((document) => !isOlderCopy(document))], { standing: ids }];
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
