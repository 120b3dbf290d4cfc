/**
 * What we ask of our own rules beyond being loadable: the Sigma schemas to the letter, an id, a why, a level, a
 * message in three languages, a play-book and a deadline, and tests that would notice a changed threshold.
 * It reads rule documents only and never events.
 */

import type { RuleFile } from './directory.ts';
import { checkRules, type RuleDocument } from './document.ts';
import type { RuleFault } from './faults.ts';
import { mutantsOf } from './mutants.ts';
import { runCase } from './rulecases.ts';
import { type CompileOptions, compileRules, type Rule, type RuleSet } from './ruleset.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Every fault of a rule directory; the documents must already load and compile. */
export function lintRules(
  files: readonly RuleFile[],
  documents: readonly RuleDocument[],
  ruleSet: RuleSet,
  options: CompileOptions = {},
): RuleFault[] {
  const faults = files.flatMap(({ file, text }) => checkRules(text, file));
  for (const document of documents) faults.push(...lintDocument(document));
  for (const rule of ruleSet.rules) {
    // A rule that only feeds correlations never speaks to anyone and is tested through them.
    if (!rule.silent)
      faults.push(...lintRule(rule), ...lintTests(rule, ruleSet), ...lintMutants(rule, documents, options));
  }
  return faults;
}

type Say = (field: string, fault: string, next: string) => void;

function saying(file: string, rule: string, faults: RuleFault[]): Say {
  return (field, fault, next) => {
    faults.push({ file, rule, field, fault, next });
  };
}

function lintDocument({ kind, body, file, title, id }: RuleDocument): RuleFault[] {
  const faults: RuleFault[] = [];
  const say = saying(file, title, faults);
  if (typeof body.title !== 'string') say('title', 'the rule has no title', 'add a short one');
  if (id === null) say('id', 'the rule has no id', 'add a random UUID');
  else if (!UUID.test(id)) say('id', 'the id is not a UUID', 'write a random UUID in lower case');
  if (kind !== 'correlation' && body.logsource === undefined)
    say('logsource', 'it is missing', 'say which log the rule is about');
  if (kind === 'filter' && typeof body.description !== 'string')
    say('description', 'the exception has no reason', 'say why these events are left out, and who agreed');
  return faults;
}

function lintRule({ file, title, description, level, falsepositives, kuzot }: Rule): RuleFault[] {
  const faults: RuleFault[] = [];
  const say = saying(file, title, faults);
  if (description.trim() === '') say('description', 'the rule has no why', 'say what harm it looks for');
  if (level === null) say('level', 'it is missing', 'write low, medium, high or critical');
  if (falsepositives.length === 0)
    say('falsepositives', 'it is missing', 'name the innocent reasons for a firing');
  if (kuzot === null) {
    say('kuzot', 'it is missing', 'add message, playbook, sla, suppress and tests under it');
    return faults;
  }
  for (const language of ['ky', 'ru', 'en'] as const)
    if (!kuzot.message?.[language]?.trim())
      say(`kuzot.message.${language}`, 'it is missing', 'write one plain sentence');
  if (kuzot.playbook === null) say('kuzot.playbook', 'it is missing', 'name the play-book a person follows');
  if (kuzot.slaMs === null)
    say('kuzot.sla', 'it is missing', 'write how soon a person must look, such as 8h');
  return faults;
}

function lintTests({ file, title, key, kuzot }: Rule, ruleSet: RuleSet): RuleFault[] {
  const faults: RuleFault[] = [];
  const say = saying(file, title, faults);
  const tests = kuzot?.tests ?? [];
  for (const kind of ['positive', 'negative', 'boundary'] as const)
    if (!tests.some((test) => test.kind === kind))
      say('kuzot.tests', `there is no ${kind} test`, `add one with kind: ${kind}`);
  for (const test of tests) {
    const result = runCase(ruleSet, key, test);
    if (result.kind === 'failed')
      say(
        `kuzot.tests "${test.name}"`,
        `it expects ${test.expect} firings and sees ${result.fired}`,
        'correct the rule or the test',
      );
    if (result.kind === 'faulty') say(`kuzot.tests "${test.name}"`, result.fault, 'correct the test');
  }
  return faults;
}

/** Moves each threshold and each window by one; a change that no test notices is a fault. */
function lintMutants(rule: Rule, documents: readonly RuleDocument[], options: CompileOptions): RuleFault[] {
  const faults: RuleFault[] = [];
  const say = saying(rule.file, rule.title, faults);
  const tests = rule.kuzot?.tests ?? [];
  if (tests.length === 0) return faults;
  for (const { change, documents: changed } of mutantsOf(rule, documents)) {
    const mutant = compileRules(changed, options);
    if (tests.every((test) => runCase(mutant, rule.key, test).kind === 'passed'))
      say('kuzot.tests', `no test notices ${change}`, 'add a boundary test just on each side');
  }
  return faults;
}
