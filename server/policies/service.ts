// Use cases about access policies: read them, have others checked, propose others, ask who sees a unit's voters. What is
// proposed comes into force by the approvals room alone (approval.ts).
import type { Reader } from '#db/store.ts';
import type {
  PoliciesInForce,
  PolicyCheck,
  PolicyChecked,
  PolicyDifference,
  PolicyFault,
  PolicyFile,
  PolicyProposal,
  ProposalCard,
  WhoSees,
} from '#server/contract/policies.ts';
import type { Context } from '#server/gate/context.ts';
import type { Differs } from '#server/gate/file-sets.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { type Proposed, proposeSet, standingOf, unfit, viewProposal } from '#server/gate/set-changes.ts';
import { busy, gaveUp } from '#server/gate/tried.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';
import { textOf } from '#server/policy/difference.ts';
import type { PolicyHolder } from '#server/policy/holder.ts';
import { inOrder, policyHash } from '#server/policy/source.ts';
import { accessPolicies, filesOf } from './in-force.ts';
import { centralOfficers } from './lockout.ts';
import type { Trials, Tried } from './trial.ts';
import { type OpenedActs, whoSees } from './who.ts';

export interface PoliciesDeps {
  gate: Gate;
  holder: PolicyHolder;
  trials: Trials;
  /** How the files of this server compare with what is in force, as found when it was composed. */
  differs: Differs;
  /** From the emergency room: which acts a row opens now, by the log. */
  openedActs: OpenedActs;
  macs: RowMacs;
}

/** What a step-up for proposing is bound to. */
export const proposalHash = ({ files, reason }: PolicyProposal) =>
  sha256(canonicalJson({ policies: policyHash(files), reason } as never));

const tooMuch = {
  fault: 'there is too much to compare for anybody to be told what it changes',
  next: 'ask fewer facts of one act, or change fewer policies at a time',
};

const lineOf = ({ file, line, fault, next }: PolicyFault) =>
  `${file}${line === null ? '' : `:${line}`}: ${fault}; ${next}`;

/** What is checked is proposed next, and a difference costs thousands of decisions. */
const differencesKept = 8;

export function createPolicyCases({ gate, holder, trials, differs, openedActs, macs }: PoliciesDeps) {
  const differences = new Map<string, PolicyDifference | 'too-much'>();

  /** Never in this thread: the text is somebody's. */
  async function tryOut(proposed: PolicyFile[], reader: Reader, now: number): Promise<Tried> {
    const key = `${holder.hash}:${policyHash(proposed)}`;
    const known = differences.get(key) ?? null;
    const tried = await trials.run({
      inForce: filesOf(holder.source),
      proposed,
      central: await centralOfficers(reader, now),
      compare: known === null,
    });
    if (tried.kind !== 'set') return tried;
    const difference = tried.difference ?? known;
    if (difference !== null) differences.set(key, difference);
    if (differences.size > differencesKept) differences.delete(differences.keys().next().value!);
    return { ...tried, difference };
  }

  return {
    viewPolicies(ctx: Context): Promise<Outcome<PoliciesInForce>> {
      return gate.read(ctx, 'policy.view', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const { source } = holder;
          return {
            kind: 'release',
            value: {
              ...(await standingOf(reader, accessPolicies, source.hash, differs)),
              files: filesOf(source),
              policies: source.rules.map(textOf),
            },
            about: { detail: { policy: source.hash } },
          };
        },
      });
    },

    /** Says everything that is wrong with a set, or what it would change. Nothing is kept. */
    checkPolicies(ctx: Context, { files }: PolicyCheck): Promise<Outcome<Omit<PolicyChecked, 'entry'>>> {
      return gate.read<null, Omit<PolicyChecked, 'entry'>>(ctx, 'policy.check', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const tried = await tryOut(files, reader, ctx.now);
          const hash = tried.kind === 'set' ? policyHash(files) : null;
          const detail = { proposed: hash ?? '' };
          if (tried.kind === 'busy' || tried.kind === 'closed')
            return { ...busy(tried.kind, 'policies'), about: { detail } };
          const faults = faultsOf(tried);
          const difference =
            tried.kind === 'set' && tried.difference !== 'too-much' ? tried.difference : null;
          return {
            kind: 'release',
            value: { hash, faults: faults.slice(0, 100), difference },
            about: { detail: { ...detail, faults: faults.length } },
          };
        },
      });
    },

    proposePolicies(ctx: Context, input: PolicyProposal): Promise<Outcome<Proposed>> {
      return proposeSet(gate, ctx, accessPolicies, {
        reason: input.reason,
        hash: proposalHash(input),
        async judge(reader) {
          const hash = policyHash(input.files);
          const from = holder.hash;
          if (hash === from) return unfit('These are the policies in force: change something');
          const tried = await tryOut(input.files, reader, ctx.now);
          if (tried.kind === 'busy' || tried.kind === 'closed') return busy(tried.kind, 'policies');
          const faults = faultsOf(tried);
          const difference = tried.kind === 'set' ? tried.difference : null;
          if (faults.length > 0 || difference === null || difference === 'too-much')
            return unfit(faults.slice(0, 5).map(lineOf).join('\n'));
          if (holder.hash !== from)
            return unfit('Other policies came into force meanwhile: have them checked again');
          return {
            kind: 'fit',
            set: { hash, files: inOrder(input.files) },
            from,
            difference,
            counts: countsOf(difference),
          };
        },
      });
    },

    viewProposal(ctx: Context, id: string): Promise<Outcome<ProposalCard>> {
      return viewProposal(gate, ctx, accessPolicies, id, ({ difference, files }) => ({
        // One told by an earlier release compared single circumstances.
        difference: { upTo: 1, ...JSON.parse(difference) } as ProposalCard['difference'],
        files: JSON.parse(files) as ProposalCard['files'],
      }));
    },

    whoSees(ctx: Context, code: string): Promise<Outcome<Omit<WhoSees, 'entry'>>> {
      return gate.read(ctx, 'policy.who', {
        async locate(reader) {
          const unit = await reader.commissions.byCode(code);
          return unit && { record: unit, unit: unit.path, about: { detail: { unit: code } } };
        },
        async release(unit, reader) {
          const items = await whoSees(
            { policy: holder, reader, openedActs, macs },
            unit.path,
            ctx.actor!.path,
            ctx.now,
          );
          return {
            kind: 'release',
            value: { unit: unit.code, at: ctx.now, hash: holder.hash, items },
            about: { detail: { unit: unit.code, officers: items.length } },
          };
        },
      });
    },
  };
}

/** For the list of approvals. */
const countsOf = ({ added, removed, changed, shifts }: PolicyDifference) => ({
  added: added.length,
  removed: removed.length,
  changed: changed.length,
  permits: shifts.filter(({ becomes }) => becomes === 'permitted').length,
  denies: shifts.filter(({ becomes }) => becomes === 'denied').length,
});

/** All that is wrong with a set, as a trial found. */
function faultsOf(tried: Exclude<Tried, { kind: 'busy' | 'closed' }>): PolicyFault[] {
  const whole = { file: '', line: null };
  if (tried.kind === 'faults') return tried.faults;
  if (tried.kind === 'given-up') return [{ ...whole, ...gaveUp(tried.why, 'policies') }];
  const faults: PolicyFault[] = [];
  const next = 'put back what gave this, or nobody could undo the change';
  if (tried.lost) faults.push({ ...whole, fault: `they would lock everybody out: ${tried.lost}`, next });
  if (tried.difference === 'too-much') faults.push({ ...whole, ...tooMuch });
  return faults;
}

export type Policies = ReturnType<typeof createPolicyCases>;
