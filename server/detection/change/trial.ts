// Tries a proposed set of rules: reads it, runs the tests that stand in it, and runs it beside the set in force over the newest
// entries of the log. In a thread of its own (lib/trial-thread.ts), which is handed all it needs and has no database.
import type { Reader } from '#db/store.ts';
import type { RuleDifference, RuleFault } from '#server/contract/rules.ts';
import {
  openTrialThreads,
  type TrialLimits,
  type Trials as TrialsOf,
  type Tried as TriedOf,
} from '#server/lib/trial-thread.ts';
import type { RuleFile } from '../sigma/directory.ts';

type Row = Awaited<ReturnType<Reader['audit']['following']>>[number];

/** What both sets are run over. */
export interface Recent {
  rows: Pick<Row, 'seq' | 'leaf' | 'json'>[];
  /** Paths of units by code. */
  units: ReadonlyMap<string, string>;
}

export interface RuleTrial {
  inForce: RuleFile[];
  proposed: RuleFile[];
  /** Null: the difference is not wanted. */
  recent: Recent | null;
}

export type RuleTrialAnswer =
  | { kind: 'faults'; faults: RuleFault[] }
  | { kind: 'set'; difference: RuleDifference | null };

export type RuleTried = TriedOf<RuleTrialAnswer>;
export type RuleTrials = TrialsOf<RuleTrial, RuleTrialAnswer>;

/** @param onFault operators' log: a thread that fell */
export const openRuleTrials = (onFault: (error: unknown) => void, limits?: TrialLimits): RuleTrials =>
  openTrialThreads(new URL('./trial-worker.ts', import.meta.url), onFault, limits);

/** Days of a small installation, an hour of the whole country's: enough to see what a rule would say of ordinary work. */
export const newestEntries = 20_000;
/** Read at once: a few milliseconds, in which nobody else is answered. */
const slice = 500;

/** The newest entries of the log, as a trial takes them. */
export async function recentOf(reader: Reader, atMost = newestEntries): Promise<Recent> {
  const latest = await reader.audit.latest();
  const units = new Map((await reader.commissions.all()).map(({ code, path }) => [code, path]));
  const rows: Recent['rows'] = [];
  const until = latest?.seq ?? -1;
  for (let next = Math.max(0, until + 1 - atMost); next <= until; ) {
    const some = await reader.audit.following(next, Math.min(slice, until + 1 - next));
    if (some.length === 0) break;
    for (const { seq, leaf, json } of some) rows.push({ seq, leaf, json });
    next = some.at(-1)!.seq + 1;
    await new Promise((done) => setImmediate(done));
  }
  return { rows, units };
}
