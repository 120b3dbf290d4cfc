// Other access policies, as an approval: a second person of those who answer for security or the system approves exactly the
// set that was checked, and with that vote it is in force. Refused, nothing changes.
import type { PolicyFile } from '#server/contract/policies.ts';
import { type ApprovalRule, approvalRule } from '#server/gate/approval.ts';
import { keepSet, putInForce } from '#server/gate/file-sets.ts';
import { refuse } from '#server/gate/outcome.ts';
import { busy, gaveUp } from '#server/gate/tried.ts';
import type { PolicyHolder } from '#server/policy/holder.ts';
import { parsePolicies, policyHash } from '#server/policy/source.ts';
import { filesOf } from './in-force.ts';
import { centralOfficers } from './lockout.ts';
import type { Trials } from './trial.ts';

/** Canonical JSON of exactly this is the approval's payload. */
export interface PolicyPayload {
  approval: string;
  /** Hashes of the sets, and of the difference the approver is shown. */
  from: string;
  to: string;
  difference: string;
  reason: string;
  /** Counts for the list. */
  added: number;
  removed: number;
  changed: number;
  permits: number;
  denies: number;
}

export interface PolicyApprovalDeps {
  holder: PolicyHolder;
  trials: Trials;
  /** Enters the change in the log by the system's own hand, once it is in force. */
  enter(change: { policy: string; policyBefore: string; approval: string }): Promise<void>;
}

export function policyApproval({ holder, trials, enter }: PolicyApprovalDeps): ApprovalRule {
  return approvalRule({
    kind: 'policy',
    asks: 'policy.propose',
    needed: 1,
    central: true,
    flag: 'for-policy',
    shown: ['from', 'to', 'reason', 'added', 'removed', 'changed', 'permits', 'denies'],
    async execute(reader, text, { at, id }) {
      const payload = JSON.parse(text) as PolicyPayload; // written by this room, its hash was what the step-up is bound to
      const other = refuse('record-changed', {
        detail: 'Other policies came into force since this was proposed: deny it, and propose anew',
      });
      if (holder.hash !== payload.from) return other;
      const stored = await reader.policies.files(payload.to);
      const files = stored === null ? [] : (JSON.parse(stored) as PolicyFile[]);
      const changed = refuse('record-changed', {
        detail: 'The proposed files are not what was proposed any more',
      });
      if (policyHash(files) !== payload.to) return changed;
      const tried = await trials.run({
        inForce: filesOf(holder.source),
        proposed: files,
        central: await centralOfficers(reader, at),
        compare: false,
      });
      if (tried.kind === 'busy' || tried.kind === 'closed') return busy(tried.kind, 'policies');
      if (tried.kind === 'given-up')
        return refuse('wrong-state', { detail: gaveUp(tried.why, 'policies').fault });
      if (tried.kind === 'faults') return changed;
      if (tried.lost)
        return refuse('wrong-state', { detail: `These policies would lock everybody out: ${tried.lost}` });
      // The same text was tried a moment ago, elsewhere: only now does the deciding Cedar see it.
      const parsed = parsePolicies(files);
      if (parsed.kind !== 'set') return changed;
      const { source } = parsed;
      return {
        changes: await putInForce(reader, 'access', payload, id, at, () => keepSet(holder.source, at)),
        about: { detail: { policy: payload.to, policyBefore: payload.from } },
        async after() {
          holder.replace(source);
          await enter({ policy: payload.to, policyBefore: payload.from, approval: id });
        },
      };
    },
  });
}
