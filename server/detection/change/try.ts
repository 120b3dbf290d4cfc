// What is found out about a proposed set of rules. Pure: all it reads it is handed.
import type { RuleFault } from '#server/contract/rules.ts';
import { standingRules, withStanding } from '../catalogue.ts';
import { enrich } from '../enrich.ts';
import type { TimedEvent } from '../sigma/backtest.ts';
import { parseRuleFiles, type RuleFile } from '../sigma/directory.ts';
import { RuleFaults } from '../sigma/faults.ts';
import { runAllCases } from '../sigma/rulecases.ts';
import { compileRules } from '../sigma/ruleset.ts';
import { parseEntry } from '../stored.ts';
import { differenceOf, type ReadRules } from './difference.ts';
import type { Recent, RuleTrial, RuleTrialAnswer } from './trial.ts';

/** Once approved they are read where everybody is answered: so much work nobody may wait for. Of this thread, whatever else runs. */
const readAtMostMs = 5_000;

export async function tryRules({ inForce, proposed, recent }: RuleTrial): Promise<RuleTrialAnswer> {
  const started = process.threadCpuUsage();
  const after = read(proposed);
  if ('faults' in after) return { kind: 'faults', faults: [...after.faults] };
  const { user, system } = process.threadCpuUsage(started);
  const tookMs = (user + system) / 1_000;
  const faults = [...ownFaults(after), ...(tookMs > readAtMostMs ? [tooLong] : [])];
  if (faults.length > 0) return { kind: 'faults', faults };
  if (recent === null) return { kind: 'set', difference: null };
  // A kept set that this release cannot read has no rules to compare with.
  const known = read(inForce);
  const before = 'faults' in known ? (read([]) as ReadRules) : known;
  const first = recent.rows[0];
  const difference = await differenceOf(before, after, {
    count: recent.rows.length,
    from: first ? timeOf(parseEntry(first).leaf) : null,
    events: eventsOf(recent),
  });
  return { kind: 'set', difference };
}

function read(files: readonly RuleFile[]): ReadRules | { faults: readonly RuleFault[] } {
  try {
    const documents = parseRuleFiles(files);
    return { documents, ruleSet: compileRules(...withStanding(documents)) };
  } catch (error) {
    if (error instanceof RuleFaults) return { faults: error.faults };
    throw error;
  }
}

const tooLong: RuleFault = {
  file: '',
  rule: '',
  field: '',
  fault: 'these rules take too long to read',
  next: 'make them shorter and simpler, then try again',
};

/** What is wrong with rules that can be run: a test of theirs that fails, or the program's own rule written anew. */
function ownFaults({ documents, ruleSet }: ReadRules): RuleFault[] {
  const standing = standingRules().ids;
  const copies = documents
    .filter(({ id, kind }) => kind !== 'filter' && id !== null && standing.has(id))
    .map(({ file, title }) => ({
      file,
      rule: title,
      field: 'id',
      fault: 'it is a rule of the program itself, which no file changes',
      next: 'leave it out, or give your rule an id of its own',
    }));
  const failing = runAllCases(ruleSet).flatMap(({ file, title, result }) => {
    if (result.kind === 'passed') return [];
    const fault =
      result.kind === 'failed'
        ? `it expects ${result.test.expect} firings and sees ${result.fired}`
        : result.fault;
    const field = `kuzot.tests "${result.test.name}"`;
    return [{ file, rule: title, field, fault, next: 'correct the rule or the test' }];
  });
  return [...copies, ...failing];
}

const timeOf = (leaf: Record<string, unknown>) => (typeof leaf.t === 'number' ? leaf.t : null);

function* eventsOf({ rows, units }: Recent): Generator<TimedEvent> {
  for (const row of rows) {
    // As in the follower: an entry of an unforeseen shape is passed over.
    let events: ReturnType<typeof enrich> = [];
    try {
      events = enrich(parseEntry(row), (code) => units.get(code) ?? null);
    } catch {}
    for (const { fields, timeMs, seq } of events) yield { event: fields, timeMs, index: seq };
  }
}
