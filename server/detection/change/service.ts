// Use cases about detection rules: read those in force, have others checked, propose others. What is proposed comes into force
// by the approvals room alone (approval.ts).
import { randomUUID } from 'node:crypto';
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
import { type Differs, type FileSet, keepSet, setApproval, sha256 } from '#server/gate/file-sets.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { busy, gaveUp } from '#server/gate/tried.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { fileSetOf, filesOf } from '../catalogue.ts';
import { faultLine } from '../sigma/faults.ts';
import type { RuleHolder, RulesPayload } from './approval.ts';
import { textsOf } from './difference.ts';
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
  function unfit(to: FileSet, input: RuleCheck): string | null {
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
          const found = await reader.policies.inForce('detection');
          const { set, ruleSet, documents } = holder.catalogue;
          return {
            kind: 'release',
            value: {
              hash: set.hash,
              since: found?.inForce.since ?? null,
              approval: found?.inForce.approval ?? null,
              filesAgree: differs === null || differs.hash === set.hash,
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
          const fault = unfit(to, input);
          if (fault !== null)
            return { ...refuse('invalid-input', { field: 'files', detail: fault }), about: { detail } };
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

    proposeRules(
      ctx: Context,
      input: RuleProposal,
    ): Promise<Outcome<{ id: string; state: string; hash: string }>> {
      const id = randomUUID();
      const reason = input.reason.trim();
      const to = wholeSet(holder.catalogue.set, input);
      return gate.change<null, { id: string; state: string; hash: string }>(ctx, 'rule.propose', {
        locate: async () => ({
          record: null,
          unit: ctx.actor!.path,
          hash: rulesProposalHash(to, input.reason),
          about: { detail: { note: reason } },
        }),
        async decide(_, reader) {
          const about = { detail: { note: reason } };
          const refused = (detail: string) => ({
            ...refuse('invalid-input', { field: 'files', detail }),
            about,
          });
          const fault = unfit(to, input);
          if (fault !== null) return refused(fault);
          const found = await reader.policies.inForce('detection');
          // What nobody approved yet may be proposed as it is: from then on the folder changes nothing.
          if (to.hash === input.from && found?.inForce.approval)
            return refused('These are the rules in force: change something');
          const tried = await tryOut(to, reader);
          if (tried.kind === 'busy' || tried.kind === 'closed')
            return { ...busy(tried.kind, 'rules'), about };
          const difference = tried.kind === 'set' ? tried.difference : null;
          if (!difference) return refused(faultsOf(tried).slice(0, 5).map(faultLine).join('\n'));
          if (holder.catalogue.set.hash !== input.from) return refused(meanwhile);
          const text = canonicalJson(difference as never);
          const payload: RulesPayload = {
            approval: id,
            from: input.from,
            to: to.hash,
            difference: sha256(text),
            reason,
            added: difference.added.length,
            removed: difference.removed.length,
            changed: difference.changed.length,
          };
          const row = setApproval(ctx, { id, kind: 'rules', payload: canonicalJson(payload as never) });
          return {
            kind: 'change',
            value: { id, state: 'pending', hash: row.payloadHash },
            about: {
              detail: {
                approval: id,
                approvalKind: 'rules',
                proposed: to.hash,
                ruleFiles: input.from,
                note: reason,
              },
            },
            changes: [
              keepSet(to, ctx.now),
              {
                op: 'insert',
                table: 'policyProposal',
                row: {
                  id,
                  hash: to.hash,
                  before: input.from,
                  reason,
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

    viewRuleProposal(ctx: Context, id: string): Promise<Outcome<RuleProposalCard>> {
      return gate.read(ctx, 'rule.view', {
        async locate(reader) {
          const [found, approval] = [await reader.policies.proposal(id), await reader.approvals.byId(id)];
          if (!found || approval?.approval.kind !== 'rules') return null;
          return { record: found.proposal, unit: approval.path, about: { detail: { approval: id } } };
        },
        release({ before, hash, reason, difference }) {
          return {
            kind: 'release',
            value: {
              id,
              from: before,
              to: hash,
              reason,
              difference: JSON.parse(difference) as RuleDifference, // written by this room
            },
            about: { detail: { approval: id, proposed: hash } },
          };
        },
      });
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
