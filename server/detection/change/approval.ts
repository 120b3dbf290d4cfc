// Other detection rules, as an approval: a second person of those who answer for security or the system approves exactly the
// set that was checked, and with that vote it is in force. Refused, nothing changes.
import { type ApprovalRule, approvalRule } from '#server/gate/approval.ts';
import { keepSet, putInForce, type SetFile } from '#server/gate/file-sets.ts';
import { refuse } from '#server/gate/outcome.ts';
import { busy, gaveUp } from '#server/gate/tried.ts';
import { type Catalogue, catalogueOfFiles, fileSetOf, filesOf } from '../catalogue.ts';
import type { RuleTrials } from './trial.ts';

/** Canonical JSON of exactly this is the approval's payload. */
export interface RulesPayload {
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
}

/** The rules in force, by one name that never changes. */
export interface RuleHolder {
  readonly catalogue: Catalogue;
  /** Puts others in force, in the detection that runs. */
  replace(next: Catalogue): void;
}

/** Digests of what decides, and hashes of the files. */
export interface RulesChanged {
  rules: string;
  rulesBefore: string;
  ruleFiles: string;
  ruleFilesBefore: string;
  approval: string;
}

export interface RulesApprovalDeps {
  holder: RuleHolder;
  trials: RuleTrials;
  /** Enters the change in the log by the system's own hand, once it is in force. */
  enter(change: RulesChanged): Promise<void>;
}

export function rulesApproval({ holder, trials, enter }: RulesApprovalDeps): ApprovalRule {
  return approvalRule({
    kind: 'rules',
    asks: 'rule.propose',
    needed: 1,
    central: true,
    flag: 'for-rules',
    shown: ['from', 'to', 'reason', 'added', 'removed', 'changed'],
    async execute(reader, text, { at, id }) {
      const payload = JSON.parse(text) as RulesPayload; // written by this room, its hash was what the step-up is bound to
      const before = holder.catalogue;
      if (before.set.hash !== payload.from)
        return refuse('record-changed', {
          detail: 'Other rules came into force since this was proposed: deny it, and propose anew',
        });
      const stored = await reader.policies.files(payload.to);
      const files = filesOf({ files: stored === null ? [] : (JSON.parse(stored) as SetFile[]) });
      const changed = refuse('record-changed', {
        detail: 'The proposed files are not what was proposed any more',
      });
      if (fileSetOf(files).hash !== payload.to) return changed;
      const tried = await trials.run({ inForce: [], proposed: files, recent: null });
      if (tried.kind === 'busy' || tried.kind === 'closed') return busy(tried.kind, 'rules');
      if (tried.kind === 'given-up')
        return refuse('wrong-state', { detail: gaveUp(tried.why, 'rules').fault });
      if (tried.kind === 'faults') return changed;
      // The same text was tried a moment ago, elsewhere: only now is it read here.
      const next = catalogueOfFiles(files);
      const hashes = { ruleFiles: next.set.hash, ruleFilesBefore: before.set.hash };
      const digests = { rules: next.ruleSet.hash, rulesBefore: before.ruleSet.hash };
      return {
        changes: await putInForce(reader, 'detection', payload, id, at, () => keepSet(before.set, at)),
        about: { detail: { ...digests, ...hashes } },
        async after() {
          holder.replace(next);
          await enter({ ...digests, ...hashes, approval: id });
        },
      };
    },
  });
}
