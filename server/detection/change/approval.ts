// Other detection rules, as an approval (gate/set-changes.ts): with the vote the detection that runs goes over to them.
import type { ApprovalRule } from '#server/gate/approval.ts';
import { setApproval } from '#server/gate/set-changes.ts';
import { type Catalogue, catalogueOfFiles, filesOf } from '../catalogue.ts';
import { detectionRules, keptSetOf } from './in-force.ts';
import type { RuleTrials } from './trial.ts';

/** The rules in force, by one name that never changes. */
export interface RuleHolder {
  readonly catalogue: Catalogue;
  /** Puts others in force, in the detection that runs. */
  replace(next: Catalogue): void;
}

/** Digests of what decides, and hashes of the files. */
type Hashes = Record<'rules' | 'rulesBefore' | 'ruleFiles' | 'ruleFilesBefore', string>;

export interface RulesApprovalDeps {
  holder: RuleHolder;
  trials: RuleTrials;
  /** Enters the change in the log by the system's own hand, once it is in force. */
  enter(change: Hashes & { approval: string }): Promise<void>;
}

export function rulesApproval({ holder, trials, enter }: RulesApprovalDeps): ApprovalRule {
  return setApproval(detectionRules, {
    counts: ['added', 'removed', 'changed'],
    inForce: () => holder.catalogue.set,
    hashOf: (files) => keptSetOf(files).hash,
    tryAgain: (_, files) => trials.run({ inForce: [], proposed: filesOf({ files }), recent: null }),
    take(files) {
      const [before, next] = [holder.catalogue, catalogueOfFiles(filesOf({ files }))];
      return {
        told: {
          rules: next.ruleSet.hash,
          rulesBefore: before.ruleSet.hash,
          ruleFiles: next.set.hash,
          ruleFilesBefore: before.set.hash,
        },
        replace: () => holder.replace(next),
      };
    },
    enter,
  });
}
