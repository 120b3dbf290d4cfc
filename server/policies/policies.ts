// Access policies, put together: the use cases, the kind of approval, and what a start says of them. It starts nothing but the
// trials that are asked for.
import type { Change, Reader } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import { tellDiffers } from '#server/gate/file-sets.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { policyApproval } from './approval.ts';
import { agreesWithLog, baseline, type Chosen } from './in-force.ts';
import { createPolicyCases, type PoliciesDeps } from './service.ts';
import { openTrials } from './trial.ts';

export interface PolicyRoomDeps extends Pick<PoliciesDeps, 'gate' | 'holder' | 'openedActs' | 'macs'> {
  reader: Reader;
  chosen: Chosen;
  /** Reads again what the database says is in force. */
  choose(): Promise<Chosen>;
  /** Enters something by the system's own hand. */
  record(act: Act, detail: NonNullable<EntryAbout['detail']>): Promise<void>;
  /** Digests of the detection rules in force: an entry about the one says that the other stayed. */
  rulesNow(): { rules: string; rulesBefore: string };
  onFault: (error: unknown) => void;
}

export function createPolicies(deps: PolicyRoomDeps) {
  const { gate, holder, openedActs, macs, reader, chosen, record, onFault } = deps;
  const { differs } = chosen;
  const trials = openTrials(onFault);
  return {
    ...createPolicyCases({ gate, holder, trials, differs, openedActs, macs }),
    approval: policyApproval({
      holder,
      trials,
      enter: (change) =>
        record('rule.change', { ...change, ...deps.rulesNow(), recorded: true }).catch(onFault),
    }),
    /** What a start says of them, and records with that. */
    started: () => ({
      hash: holder.hash,
      approval: chosen.record?.hash === holder.hash ? chosen.record.approval : null,
    }),
    baseline: (at: number): Change[] => baseline(chosen, at),
    /** Before the first request: holds what is in force against the log, and says so when the files are others. */
    async open() {
      await agreesWithLog(reader, chosen);
      return tellDiffers(differs, (told) => record('policy.differ', { policy: holder.hash, ...told }));
    },
    /** Another server put policies in force: these decide from here on. @throws SetRefused, PolicyUnusable */
    async takeUp() {
      const now = await deps.choose();
      if (now.source.hash === holder.hash) return;
      await agreesWithLog(reader, now);
      holder.replace(now.source);
    },
    close: () => trials.close(),
  };
}
