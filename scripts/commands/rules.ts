/**
 * `kuzot rules …`: check, test, run and compare detection rules; those in force, and their change by two officers, are in
 * rules-in-force.ts. Exit codes: 0 done, 1 the rules or their tests are
 * wrong, 2 the call or its input could not be used. It never prints an event's content.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { parse } from 'yaml';
import { backtest, type Comparison } from '#server/detection/sigma/backtest.ts';
import { loadRules, parseRuleFiles, readRuleFiles } from '#server/detection/sigma/directory.ts';
import { createEngine, type Firing } from '#server/detection/sigma/engine.ts';
import { readEventLines, readTimedEvents, timeOf } from '#server/detection/sigma/eventlines.ts';
import { Fault, faultLine, RuleFaults } from '#server/detection/sigma/faults.ts';
import { isObject } from '#server/detection/sigma/fields.ts';
import { lintRules } from '#server/detection/sigma/lint.ts';
import { runAllCases } from '#server/detection/sigma/rulecases.ts';
import { compileRules } from '#server/detection/sigma/ruleset.ts';
import type { Placeholders } from '#server/detection/sigma/values.ts';
import { addRulesInForce } from './rules-in-force.ts';

const SHIPPED = resolve(import.meta.dirname, '../../policies/detection');

/** The `rules` command with its subcommands, to be added to the command line. */
export function rulesCommand(): Command {
  const rules = new Command('rules').description('Detection rules (Sigma 2.1)');
  rules
    .command('lint')
    .description(
      'check rules: schema, reasons, messages in three languages, tests that notice a moved threshold',
    )
    .option('--rules <dir>', 'directory or file of rules', SHIPPED)
    .option('--placeholders <file>', 'YAML map of values for |expand')
    .action(guarded(lint));
  rules
    .command('test')
    .description('run the tests that stand in the rules')
    .option('--rules <dir>', 'directory or file of rules', SHIPPED)
    .option('--placeholders <file>', 'YAML map of values for |expand')
    .action(guarded(test));
  rules
    .command('run')
    .description('run any Sigma rules over any events, in order; one JSON line for each firing')
    .requiredOption('--rules <dir>', 'directory or file of rules')
    .requiredOption('--events <file>', 'one JSON object on each line, in the order of time')
    .option('--time-field <name>', 'the field with the time of the event', '@timestamp')
    .option('--placeholders <file>', 'YAML map of values for |expand')
    .action(guarded(run));
  rules
    .command('backtest')
    .description('count the firings of old and new rules over the same events')
    .requiredOption('--old <dir>', 'the rules as they are')
    .option('--new <dir>', 'the rules as they would be', SHIPPED)
    .requiredOption('--events <file>', 'one JSON object on each line, in the order of time')
    .option('--time-field <name>', 'the field with the time of the event', '@timestamp')
    .option('--placeholders <file>', 'YAML map of values for |expand')
    .option('--json', 'one JSON line for each rule')
    .action(guarded(compare));
  addRulesInForce(rules);
  return rules;
}

type Options = Record<'rules' | 'events' | 'timeField' | 'placeholders' | 'old' | 'new', string> & {
  json?: boolean;
};

/** Faults of rules and input are told on standard error and end with 2; anything else is a bug and is thrown. */
function guarded(work: (options: Options) => Promise<number> | number): (options: Options) => Promise<void> {
  return async (options) => {
    try {
      process.exitCode = await work(options);
    } catch (thrown) {
      if (thrown instanceof RuleFaults) for (const fault of thrown.faults) console.error(faultLine(fault));
      else if (thrown instanceof Fault)
        console.error(
          faultLine({ file: '', rule: '', field: thrown.field, fault: thrown.message, next: thrown.next }),
        );
      else throw thrown;
      process.exitCode = 2;
    }
  };
}

function placeholdersOf({ placeholders: file }: Options): { placeholders?: Placeholders } {
  if (file === undefined) return {};
  const next = 'write name: [value, value] on each line';
  let text: string;
  let read: unknown;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Fault(file, 'it cannot be read', 'give a YAML file of placeholders');
  }
  try {
    read = parse(text, { schema: 'core', maxAliasCount: 100 });
  } catch {
    throw new Fault(file, 'it is not YAML', next);
  }
  if (!isObject(read)) throw new Fault(file, 'it is not a YAML map of lists', next);
  const values = Object.entries(read).map(([name, list]): [string, (string | number)[]] => {
    const all: unknown[] = Array.isArray(list) ? list : [list];
    const known = all.filter((one) => typeof one === 'string' || typeof one === 'number');
    // Left out silently, a rule would look for less than its author wrote.
    if (known.length < all.length)
      throw new Fault(`${file}: ${name}`, 'a value is neither text nor a number', next);
    return [name, known];
  });
  return { placeholders: Object.fromEntries(values) };
}

function lint(options: Options): number {
  const files = readRuleFiles(options.rules);
  const documents = parseRuleFiles(files);
  const config = placeholdersOf(options);
  const ruleSet = compileRules(documents, config);
  const faults = lintRules(files, documents, ruleSet, config);
  for (const fault of faults) console.log(faultLine(fault));
  console.log(`${documents.length} documents, ${faults.length} faults`);
  return faults.length === 0 ? 0 : 1;
}

function test(options: Options): number {
  const results = runAllCases(compileRules(loadRules(options.rules), placeholdersOf(options)));
  const bad = results.filter(({ result }) => result.kind !== 'passed');
  for (const { file, title, result } of bad) {
    const fault =
      result.kind === 'failed'
        ? `expected ${result.test.expect} firings, saw ${result.fired}`
        : result.kind === 'faulty'
          ? result.fault
          : '';
    console.log(`${file}: ${title}: "${result.test.name}": ${fault}`);
  }
  console.log(`${results.length - bad.length} passed, ${bad.length} failed`);
  return bad.length === 0 ? 0 : 1;
}

async function run(options: Options): Promise<number> {
  const ruleSet = compileRules(loadRules(options.rules), placeholdersOf(options));
  const engine = createEngine(ruleSet);
  // Standard output is written in chunks: a line at a time would cost more than the rules.
  let out: string[] = [];
  const flush = async () => {
    const text = out.join('');
    out = [];
    if (text !== '' && !process.stdout.write(text))
      await new Promise((done) => process.stdout.once('drain', done));
  };
  for await (const line of readEventLines(options.events, options.timeField)) {
    // Detections need no time; a correlation cannot do without.
    const timeMs =
      ruleSet.order.length === 0 ? (line.timeMs ?? 0) : timeOf(line, options.events, options.timeField);
    for (const firing of engine.push(line.event, timeMs, line.index))
      out.push(`${JSON.stringify(printed(firing, line.timeMs))}\n`);
    if (out.length >= 512) await flush();
  }
  await flush();
  return 0;
}

function printed({ rule, title, group, indexes }: Firing, timeMs: number | null) {
  return {
    rule,
    title,
    time: timeMs === null ? null : new Date(timeMs).toISOString(),
    group,
    events: indexes,
  };
}

async function compare(options: Options): Promise<number> {
  const config = placeholdersOf(options);
  const [before, after] = [options.old, options.new].map((path) => compileRules(loadRules(path), config));
  const rows = await backtest(before!, after!, readTimedEvents(options.events, options.timeField));
  if (options.json) for (const row of rows) console.log(JSON.stringify(row));
  else for (const row of rows) console.log(rowText(row));
  return 0;
}

function rowText({ title, level, change, before, after, onlyBefore, onlyAfter }: Comparison): string {
  const moved = onlyBefore + onlyAfter === 0 ? '' : `  (gone ${onlyBefore}, new ${onlyAfter})`;
  return `${String(before).padStart(8)} → ${String(after).padEnd(8)} ${change.padEnd(8)} ${(level ?? '').padEnd(14)} ${title}${moved}`;
}
