// Use cases about detection rules: read those in force, have others checked, propose others. What is proposed comes into force
// by the approvals room alone (approval.ts).
import type { Reader } from '#db/store.ts';
import type {
  RuleCheck,
  RuleDifference,
  RuleFault,
  RuleProposal,
  RuleProposalCard,
  RulesChecked,
  RulesInForce,
} from '#server/contract/rules.ts';
import type { Context } from '#server/gate/context.ts';
import type { Differs, FileSet } from '#server/gate/file-sets.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { type Proposed, proposeSet, standingOf, unfit, viewProposal } from '#server/gate/set-changes.ts';
import { busy, gaveUp } from '#server/gate/tried.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import { fileSetOf, filesOf } from '../catalogue.ts';
import { faultLine } from '../sigma/faults.ts';
import type { RuleHolder } from './approval.ts';
import { textsOf } from './difference.ts';
import { detectionRules } from './in-force.ts';
import { type RuleTrials, type RuleTried, recentOf } from './trial.ts';

export interface RulesDeps {
  gate: Gate;
  holder: RuleHolder;
  trials: RuleTrials;
  /** How the files of this server compare with what is in force, as found when it was composed. */
  differs: Differs;
}

/** What a step-up for proposing is bound to. */
export const rulesProposalHash = (to: FileSet, reason: string) =>
  sha256(canonicalJson({ rules: to.hash, reason }));

/** The whole set that is meant. */
export function wholeSet(
  inForce: FileSet,
  { files, without }: Pick<RuleCheck, 'files' | 'without'>,
): FileSet {
  const other = new Set([...without, ...files.map(({ name }) => name)]);
  const kept = inForce.files.filter(({ name }) => !other.has(name));
  return fileSetOf(filesOf({ files: [...kept, ...files] }));
}

const meanwhile = 'Other rules came into force meanwhile: load the page anew, and have them checked again';

export function createRules({ gate, holder, trials, differs }: RulesDeps) {
  /** What was checked last, for it is proposed next, and the approver is to see what the proposer saw. */
  let last: { key: string; difference: RuleDifference } | null = null;

  /** Never in this thread: the text is somebody's. */
  async function tryOut(proposed: FileSet, reader: Reader): Promise<RuleTried> {
    const inForce = holder.catalogue.set;
    const key = `${inForce.hash}:${proposed.hash}`;
    const known = last?.key === key ? last.difference : null;
    const tried = await trials.run({
      inForce: filesOf(inForce),
      proposed: filesOf(proposed),
      recent: known ? null : await recentOf(reader),
    });
    if (tried.kind !== 'set') return tried;
    const difference = tried.difference ?? known;
    if (difference) last = { key, difference };
    return { kind: 'set', difference };
  }

  /** What keeps a set from being tried at all. */
  function faultOf(to: FileSet, input: RuleCheck): string | null {
    if (input.from !== holder.catalogue.set.hash) return meanwhile;
    const names = input.files.map(({ name }) => name);
    if (new Set(names).size < names.length) return 'Two files have the same name: choose one of them';
    if (to.files.length === 0) return 'No file would be left: keep one at the least';
    return null;
  }

  return {
    viewRules(ctx: Context): Promise<Outcome<RulesInForce>> {
      return gate.read(ctx, 'rule.view', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const { set, ruleSet, documents } = holder.catalogue;
          return {
            kind: 'release',
            value: {
              ...(await standingOf(reader, detectionRules, set.hash, differs)),
              files: set.files.map(({ name }) => name),
              rules: textsOf(documents),
            },
            about: { detail: { ruleFiles: set.hash, rules: ruleSet.hash } },
          };
        },
      });
    },

    /** Says everything that is wrong with a set, or what it would change. Nothing is kept. */
    checkRules(ctx: Context, input: RuleCheck): Promise<Outcome<Omit<RulesChecked, 'entry'>>> {
      return gate.read<null, Omit<RulesChecked, 'entry'>>(ctx, 'rule.check', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const to = wholeSet(holder.catalogue.set, input);
          const detail = { proposed: to.hash };
          const fault = faultOf(to, input);
          if (fault !== null) return { ...unfit(fault), about: { detail } };
          const tried = await tryOut(to, reader);
          if (tried.kind === 'busy' || tried.kind === 'closed')
            return { ...busy(tried.kind, 'rules'), about: { detail } };
          const faults = faultsOf(tried);
          const difference = tried.kind === 'set' ? tried.difference : null;
          return {
            kind: 'release',
            value: { hash: difference ? to.hash : null, faults: faults.slice(0, 100), difference },
            about: { detail: { ...detail, faults: faults.length } },
          };
        },
      });
    },

    proposeRules(ctx: Context, input: RuleProposal): Promise<Outcome<Proposed>> {
      const to = wholeSet(holder.catalogue.set, input);
      return proposeSet(gate, ctx, detectionRules, {
        reason: input.reason,
        hash: rulesProposalHash(to, input.reason),
        async judge(reader) {
          const fault = faultOf(to, input);
          if (fault !== null) return unfit(fault);
          const found = await reader.policies.inForce('detection');
          // What nobody approved yet may be proposed as it is: from then on the folder changes nothing.
          if (to.hash === input.from && found?.inForce.approval)
            return unfit('These are the rules in force: change something');
          const tried = await tryOut(to, reader);
          if (tried.kind === 'busy' || tried.kind === 'closed') return busy(tried.kind, 'rules');
          const difference = tried.kind === 'set' ? tried.difference : null;
          if (!difference) return unfit(faultsOf(tried).slice(0, 5).map(faultLine).join('\n'));
          if (holder.catalogue.set.hash !== input.from) return unfit(meanwhile);
          const { added, removed, changed } = difference;
          const counts = { added: added.length, removed: removed.length, changed: changed.length };
          return { kind: 'fit', set: to, from: input.from, difference, counts };
        },
      });
    },

    viewRuleProposal(ctx: Context, id: string): Promise<Outcome<RuleProposalCard>> {
      return viewProposal(gate, ctx, detectionRules, id, ({ difference }) => ({
        difference: JSON.parse(difference) as RuleDifference, // written by this room
      }));
    },
  };
}

/** All that is wrong with a set, as a trial found. */
function faultsOf(tried: Exclude<RuleTried, { kind: 'busy' | 'closed' }>): RuleFault[] {
  if (tried.kind === 'faults') return tried.faults;
  if (tried.kind === 'set') return [];
  return [{ file: '', rule: '', field: '', ...gaveUp(tried.why, 'rules') }];
}

export type Rules = ReturnType<typeof createRules>;
