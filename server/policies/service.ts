// Use cases about access policies: read them, have others checked, propose others, ask who sees a unit's voters. What is
// proposed comes into force by the approvals room alone (approval.ts).
import { randomUUID } from 'node:crypto';
import type { Row } from '#db/store.ts';
import type {
  PoliciesInForce,
  PolicyCheck,
  PolicyChecked,
  PolicyDifference,
  PolicyFault,
  PolicyProposal,
  ProposalCard,
  WhoSees,
} from '#server/contract/policies.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { compilePolicies } from '#server/policy/cedar.ts';
import { differenceOf, textOf } from '#server/policy/difference.ts';
import type { PolicyHolder } from '#server/policy/holder.ts';
import { type PolicySource, parsePolicies, policyHash } from '#server/policy/source.ts';
import { type PolicyPayload, sha256 } from './approval.ts';
import { type Chosen, filesOf, keepSet } from './in-force.ts';
import { lockOut } from './lockout.ts';
import { whoSees } from './who.ts';

export interface PoliciesDeps {
  gate: Gate;
  holder: PolicyHolder;
  /** How the files of this server compare with what is in force, as found when it was composed. */
  differs: Chosen['differs'];
}

const approvalMs = 3 * 86_400_000;

/** What a step-up for proposing is bound to. */
export const proposalHash = ({ files, reason }: PolicyProposal) =>
  sha256(canonicalJson({ policies: policyHash(files), reason } as never));

const lineOf = ({ file, line, fault, next }: PolicyFault) =>
  `${file}${line === null ? '' : `:${line}`}: ${fault}; ${next}`;

/** What is checked is proposed next, and a difference costs thousands of decisions. */
const differencesKept = 8;
/** Comparisons under way and waiting; each may take a minute. */
const waitingAtMost = 3;
const tooMuch = {
  fault: 'there is too much to compare for anybody to be told what it changes',
  next: 'ask fewer facts of one act, or change fewer policies at a time',
};
const busy = () => refuse('busy', { detail: 'Other policies are being compared; try again in a minute' });

export function createPolicies({ gate, holder, differs }: PoliciesDeps) {
  const differences = new Map<string, Promise<PolicyDifference | null>>();
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  /** One after another: the server has other things to do. */
  function inTurn(from: PolicySource, to: PolicySource): Promise<PolicyDifference | null> {
    waiting += 1;
    // Compiled for itself: what the gate remembers is not pushed out by thousands of questions nobody asks.
    const mine = last
      .then(() => differenceOf(from, to, compilePolicies(from)))
      .finally(() => {
        waiting -= 1;
      });
    last = mine.catch(() => null);
    return mine;
  }
  function difference(to: PolicySource): Promise<PolicyDifference | null> | 'busy' {
    const key = `${holder.hash}:${to.hash}`;
    const found = differences.get(key);
    if (found === undefined && waiting >= waitingAtMost) return 'busy';
    const known = found ?? inTurn(holder.source, to);
    differences.set(key, known);
    known.catch(() => differences.delete(key));
    if (differences.size > differencesKept) differences.delete(differences.keys().next().value!);
    return known;
  }

  return {
    viewPolicies(ctx: Context): Promise<Outcome<PoliciesInForce>> {
      return gate.read(ctx, 'policy.view', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const found = await reader.policies.inForce();
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
          const parsed = parsePolicies(files);
          if (parsed.kind === 'faults')
            return {
              kind: 'release',
              value: { hash: null, faults: parsed.faults.slice(0, 100), difference: null },
              about: { detail: { proposed: '', faults: parsed.faults.length } },
            };
          const { source } = parsed;
          const lost = await lockOut(reader, source, ctx.now);
          const changes = await difference(source);
          const detail = { proposed: source.hash };
          if (changes === 'busy') return { ...busy(), about: { detail } };
          const next = 'put back what gave this, or nobody could undo the change';
          const faults: PolicyFault[] = [];
          if (lost) faults.push({ file: '', line: null, fault: lost, next });
          if (changes === null) faults.push({ file: '', line: null, ...tooMuch });
          return {
            kind: 'release',
            value: { hash: source.hash, faults, difference: changes },
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
          const parsed = parsePolicies(input.files);
          if (parsed.kind === 'faults') return refused(parsed.faults.slice(0, 5).map(lineOf).join('\n'));
          const { source } = parsed;
          if (source.hash === holder.hash)
            return refused('These are the policies in force: change something');
          const lost = await lockOut(reader, source, ctx.now);
          if (lost) return refused(`These policies would lock everybody out: ${lost}`);
          const changes = await difference(source);
          if (changes === 'busy') return { ...busy(), about: { detail: { note: input.reason } } };
          if (changes === null) return refused(`${tooMuch.fault}; ${tooMuch.next}`);
          const text = canonicalJson(changes as never);
          const payload: PolicyPayload = {
            approval: id,
            from: holder.hash,
            to: source.hash,
            difference: sha256(text),
            reason: input.reason.trim(),
            added: changes.added.length,
            removed: changes.removed.length,
            changed: changes.changed.length,
            permits: changes.shifts.filter(({ becomes }) => becomes === 'permitted').length,
            denies: changes.shifts.filter(({ becomes }) => becomes === 'denied').length,
          };
          const row = approvalRow(ctx, id, canonicalJson(payload as never));
          return {
            kind: 'change',
            value: { id, state: 'pending', hash: row.payloadHash },
            about: {
              detail: {
                approval: id,
                approvalKind: 'policy',
                proposed: source.hash,
                policy: holder.hash,
                note: payload.reason,
              },
            },
            changes: [
              keepSet(source, ctx.now),
              {
                op: 'insert',
                table: 'policyProposal',
                row: {
                  id,
                  hash: source.hash,
                  before: holder.hash,
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
          if (!found || !approval) return null;
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
              difference: JSON.parse(proposal.difference) as ProposalCard['difference'],
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
          const items = await whoSees(holder, reader, unit.path, ctx.actor!.path, ctx.now);
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

function approvalRow(ctx: Context, id: string, payload: string): Row<'approval'> {
  return {
    id,
    kind: 'policy',
    payload,
    payloadHash: sha256(payload),
    persons: 0,
    purpose: 'review',
    commission: ctx.actor!.commission,
    requestedBy: ctx.actor!.id,
    requestedAt: ctx.now,
    state: 'pending',
    needed: 1,
    expiresAt: ctx.now + approvalMs,
    decidedAt: null,
    executedAt: null,
    entry: 0,
    version: 1,
  };
}

export type Policies = ReturnType<typeof createPolicies>;
