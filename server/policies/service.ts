// Use cases about access policies: read them, have others checked, propose others, ask who sees a unit's voters. What is
// proposed comes into force by the approvals room alone (approval.ts).
import { randomUUID } from 'node:crypto';
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
import { type Differs, keepSet, setApproval, sha256 } from '#server/gate/file-sets.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { busy, gaveUp } from '#server/gate/tried.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { textOf } from '#server/policy/difference.ts';
import type { PolicyHolder } from '#server/policy/holder.ts';
import { inOrder, policyHash } from '#server/policy/source.ts';
import type { PolicyPayload } from './approval.ts';
import { filesOf } from './in-force.ts';
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

export function createPolicies({ gate, holder, trials, differs, openedActs }: PoliciesDeps) {
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
          const found = await reader.policies.inForce('access');
          const { source } = holder;
          return {
            kind: 'release',
            value: {
              hash: source.hash,
              since: found?.inForce.since ?? null,
              approval: found?.inForce.approval ?? null,
              filesAgree: differs === null || differs.hash === source.hash,
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

    proposePolicies(
      ctx: Context,
      input: PolicyProposal,
    ): Promise<Outcome<{ id: string; state: string; hash: string }>> {
      const id = randomUUID();
      return gate.change<null, { id: string; state: string; hash: string }>(ctx, 'policy.propose', {
        locate: async () => ({
          record: null,
          unit: ctx.actor!.path,
          hash: proposalHash(input),
          about: { detail: { note: input.reason } },
        }),
        async decide(_, reader) {
          const refused = (detail: string) => ({
            ...refuse('invalid-input', { field: 'files', detail }),
            about: { detail: { note: input.reason } },
          });
          const hash = policyHash(input.files);
          if (hash === holder.hash) return refused('These are the policies in force: change something');
          const from = holder.hash;
          const tried = await tryOut(input.files, reader, ctx.now);
          if (tried.kind === 'busy' || tried.kind === 'closed')
            return { ...busy(tried.kind, 'policies'), about: { detail: { note: input.reason } } };
          const faults = faultsOf(tried);
          const changes = tried.kind === 'set' ? tried.difference : null;
          if (faults.length > 0 || changes === null || changes === 'too-much')
            return refused(faults.slice(0, 5).map(lineOf).join('\n'));
          if (holder.hash !== from)
            return refused('Other policies came into force meanwhile: have them checked again');
          const text = canonicalJson(changes as never);
          const payload: PolicyPayload = {
            approval: id,
            from,
            to: hash,
            difference: sha256(text),
            reason: input.reason.trim(),
            added: changes.added.length,
            removed: changes.removed.length,
            changed: changes.changed.length,
            permits: changes.shifts.filter(({ becomes }) => becomes === 'permitted').length,
            denies: changes.shifts.filter(({ becomes }) => becomes === 'denied').length,
          };
          const row = setApproval(ctx, { id, kind: 'policy', payload: canonicalJson(payload as never) });
          return {
            kind: 'change',
            value: { id, state: 'pending', hash: row.payloadHash },
            about: {
              detail: {
                approval: id,
                approvalKind: 'policy',
                proposed: hash,
                policy: from,
                note: payload.reason,
              },
            },
            changes: [
              keepSet({ hash, files: inOrder(input.files) }, ctx.now),
              {
                op: 'insert',
                table: 'policyProposal',
                row: {
                  id,
                  hash,
                  before: from,
                  reason: payload.reason,
                  difference: text,
                  entry: { entrySeq: 0 },
                },
              },
              { op: 'insert', table: 'approval', row: { ...row, entry: { entrySeq: 0 } } },
            ],
          };
        },
      });
    },

    viewProposal(ctx: Context, id: string): Promise<Outcome<ProposalCard>> {
      return gate.read(ctx, 'policy.view', {
        async locate(reader) {
          const [found, approval] = [await reader.policies.proposal(id), await reader.approvals.byId(id)];
          if (!found || approval?.approval.kind !== 'policy') return null;
          return { record: found, unit: approval.path, about: { detail: { approval: id } } };
        },
        release({ proposal, files }) {
          return {
            kind: 'release',
            value: {
              id,
              from: proposal.before,
              to: proposal.hash,
              reason: proposal.reason,
              // One told by an earlier release compared single circumstances.
              difference: { upTo: 1, ...JSON.parse(proposal.difference) } as ProposalCard['difference'],
              files: JSON.parse(files) as ProposalCard['files'],
            },
            about: { detail: { approval: id, proposed: proposal.hash } },
          };
        },
      });
    },

    whoSees(ctx: Context, code: string): Promise<Outcome<Omit<WhoSees, 'entry'>>> {
      return gate.read(ctx, 'policy.who', {
        async locate(reader) {
          const unit = await reader.commissions.byCode(code);
          return unit && { record: unit, unit: unit.path, about: { detail: { unit: code } } };
        },
        async release(unit, reader) {
          const items = await whoSees(
            { policy: holder, reader, openedActs },
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

export type Policies = ReturnType<typeof createPolicies>;
