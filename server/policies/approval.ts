// Other access policies, as an approval (gate/set-changes.ts): tried again before the vote counts, for what was in order when it
// was proposed may lock out the officers there are now.
import type { ApprovalRule } from '#server/gate/approval.ts';
import { refuse } from '#server/gate/outcome.ts';
import { setApproval } from '#server/gate/set-changes.ts';
import type { PolicyHolder } from '#server/policy/holder.ts';
import { parsePolicies, policyHash } from '#server/policy/source.ts';
import { accessPolicies, filesOf } from './in-force.ts';
import { centralOfficers } from './lockout.ts';
import type { TrialAnswer, Trials } from './trial.ts';

export interface PolicyApprovalDeps {
  holder: PolicyHolder;
  trials: Trials;
  /** Enters the change in the log by the system's own hand, once it is in force. */
  enter(change: { policy: string; policyBefore: string; approval: string }): Promise<void>;
}

export function policyApproval({ holder, trials, enter }: PolicyApprovalDeps): ApprovalRule {
  return setApproval(accessPolicies, {
    counts: ['added', 'removed', 'changed', 'permits', 'denies'],
    inForce: () => holder.source,
    hashOf: policyHash,
    tryAgain: async (reader, proposed, at) =>
      trials.run({
        inForce: filesOf(holder.source),
        proposed,
        central: await centralOfficers(reader, at),
        compare: false,
      }),
    take(files, { lost }: Extract<TrialAnswer, { kind: 'set' }>) {
      if (lost) return refuse('wrong-state', { detail: `These policies would lock everybody out: ${lost}` });
      const parsed = parsePolicies(files);
      if (parsed.kind !== 'set') return null;
      return {
        told: { policy: parsed.source.hash, policyBefore: holder.hash },
        replace: () => holder.replace(parsed.source),
      };
    },
    enter,
  });
}
