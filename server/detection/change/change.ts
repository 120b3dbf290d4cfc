// Changes of the detection rules, put together: what is in force, the use cases, the kind of approval, and what a start says of
// them. It starts nothing but the trials that are asked for.
import type { Change, Reader } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import { tellDiffers } from '#server/gate/file-sets.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import type { Catalogue } from '../catalogue.ts';
import { type RuleHolder, rulesApproval } from './approval.ts';
import { agreesWithLog, baseline, type ChosenRules, recordedRules } from './in-force.ts';
import { createRules } from './service.ts';
import { openRuleTrials } from './trial.ts';

export interface RuleChangeDeps {
  gate: Gate;
  reader: Reader;
  chosen: ChosenRules;
  /** Reads again what the database says is in force. */
  choose(): Promise<ChosenRules>;
  /** Has detection go over to other rules. */
  goOver(next: Catalogue): void;
  /** Enters something by the system's own hand. */
  record(act: Act, detail: NonNullable<EntryAbout['detail']>): Promise<void>;
  /** Hash of the access policies in force: an entry about the one says that the other stayed. */
  policy(): string;
  onFault: (error: unknown) => void;
}

export function createRuleChanges(deps: RuleChangeDeps) {
  const { gate, reader, chosen, record, onFault } = deps;
  const { differs } = chosen;
  const trials = openRuleTrials(onFault);
  let catalogue = chosen.catalogue;
  const holder: RuleHolder = {
    get catalogue() {
      return catalogue;
    },
    replace(next) {
      catalogue = next;
      deps.goOver(next);
    },
  };
  return {
    ...createRules({ gate, holder, trials, differs }),
    holder,
    approval: rulesApproval({
      holder,
      trials,
      enter: (change) => {
        const stayed = { policy: deps.policy(), policyBefore: deps.policy(), recorded: true };
        const basis = recordedRules({ hash: change.ruleFiles, approval: change.approval });
        return record('rule.change', { ...change, ...stayed, ...basis }).catch(onFault);
      },
    }),
    /** What a start says of them, and records with that. */
    started: () => {
      const { hash } = chosen.catalogue.set;
      return { hash, approval: chosen.record?.hash === hash ? chosen.record.approval : null };
    },
    baseline: (at: number): Change[] => baseline(chosen, at),
    /** Before the first request: holds what is in force against the log, and says so when the files are others. */
    async open() {
      await agreesWithLog(reader, chosen);
      return tellDiffers(differs, (told) =>
        record('rule.differ', { ruleFiles: catalogue.set.hash, ...told }),
      );
    },
    /** Another server put rules in force: detection goes over to them. @throws SetRefused, RuleFaults */
    async takeUp() {
      const now = await deps.choose();
      if (now.catalogue.set.hash === catalogue.set.hash) return;
      await agreesWithLog(reader, now);
      holder.replace(now.catalogue);
    },
    close: () => trials.close(),
  };
}
