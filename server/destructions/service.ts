// Use cases of destroying a person's data (R03, R14): asked for under an act, approved by two others, carried out once with an
// entry that names the act and never the person.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Reader, Row } from '#db/store.ts';
import type {
  DestructionAct,
  DestructionAsked,
  DestructionDone,
  DestructionPage,
  DestructionRequest,
} from '#server/contract/destructions.ts';
import type { Context } from '#server/gate/context.ts';
import type { Traces } from '#server/gate/openings.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import {
  type ApprovalDesk,
  countedOut,
  type FoundApproval,
  newRequest,
  usedUp,
} from '#server/gate/request.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import { type AftermathDeps, createAftermath } from './aftermath.ts';
import { type Destroyed, destroyPerson, markOf } from './erase.ts';
import type { Destruction } from './register.ts';
import { mayDestroy, orderFault } from './rules.ts';
import { findPerson } from './traces.ts';

export interface DestructionDeps extends AftermathDeps, Pick<ApprovalDesk, 'locateApproval' | 'recount'> {
  isFrozen(reader: Reader, now: number): Promise<boolean>;
}

const approvalMs = 7 * 24 * 3_600_000;
const pageSize = 200;

interface Payload extends Omit<DestructionRequest, 'notice'> {
  effect: 'leave-list' | 'destroy';
  notice: string;
  /** Makes the hash say nothing once the payload is gone. */
  nonce: string;
  version: number;
  voter: string;
}

export function createDestructions(deps: DestructionDeps) {
  const { gate, register, settled, scrub, isFrozen } = deps;
  const { follow, sweepNow, destroyAgain } = createAftermath(deps);

  async function standing(reader: Reader, voter: Row<'voter'>, now: number) {
    return {
      listed: voter.status === 'listed',
      blocked: (await reader.voters.openBlocks(voter.id)).length > 0,
      frozen: await isFrozen(reader, now),
    };
  }

  return {
    async requestDestruction(
      ctx: Context,
      id: string,
      input: DestructionRequest,
    ): Promise<Outcome<Omit<DestructionAsked, 'entry'>>> {
      const approval = randomUUID();
      type Found = { voter: Row<'voter'>; path: string };
      return gate.change<Found, Omit<DestructionAsked, 'entry'>>(ctx, 'voter.destroy-request', {
        async locate(reader) {
          const found = await reader.voters.byId(id);
          if (!found) return null;
          const { version } = found.voter;
          const hash = sha256(canonicalJson({ ...input, version, voter: id }));
          return { record: found, unit: found.path, hash, about: { subjects: [id] } };
        },
        async decide({ voter }, reader) {
          const about = {
            subjects: [id],
            detail: { approval, basis: input.basis, precinct: voter.precinct },
          };
          const { traces } = await findPerson(reader, id);
          const fault =
            orderFault(input, traces, ctx.now) ?? mayDestroy(await standing(reader, voter, ctx.now), input);
          if (fault) return { ...fault, about };
          const listed = voter.status === 'listed';
          const payload: Payload = {
            basis: input.basis,
            effect: listed ? 'leave-list' : 'destroy',
            leavesList: listed,
            nonce: randomBytes(32).toString('hex'),
            notice: input.notice?.trim() ?? '',
            number: input.number.trim(),
            orderedBy: input.orderedBy.trim(),
            orderedOn: input.orderedOn,
            version: voter.version,
            voter: id,
          };
          const { insert, said } = newRequest(ctx, {
            id: approval,
            kind: 'destroy',
            payload: canonicalJson({ ...payload }),
            persons: 1,
            purpose: input.basis === 'unlawful' ? 'complaint' : 'review',
            commission: voter.precinct,
            needed: 2,
            lastsMs: approvalMs,
          });
          return {
            kind: 'change',
            about: { ...about, detail: { ...about.detail, ...said } },
            value: { approval, id: approval, state: 'pending' },
            changes: [insert],
          };
        },
      });
    },

    /** Carries an approved destruction out. The answer comes when the freed bytes are overwritten, or says they are not. */
    async carryOut(ctx: Context, approvalId: string): Promise<Outcome<DestructionDone>> {
      await settled();
      let gone: Destroyed | null = null;
      const outcome = await gate.change<FoundApproval, Destruction>(ctx, 'voter.destroy', {
        locate: (reader) => deps.locateApproval(reader, ctx, approvalId),
        async decide({ approval }, reader) {
          const about = {
            persons: approval.persons,
            detail: { approval: approvalId, approvalKind: approval.kind },
          };
          if (approval.kind !== 'destroy') return { ...refuse('not-found'), about };
          if (ctx.now > approval.expiresAt)
            return { ...refuse('wrong-state', { detail: 'The approval has expired: ask again' }), about };
          const refused = await countedOut(deps, reader, approval, about);
          if (refused) return refused;
          const order = JSON.parse(approval.payload) as Payload;
          const found = await reader.voters.byId(order.voter);
          if (!found || found.voter.version !== order.version)
            return {
              ...refuse('stale', { detail: 'The record has changed since it was approved: ask again' }),
              about,
            };
          const fault = mayDestroy(await standing(reader, found.voter, ctx.now), order);
          if (fault) return { ...fault, about };
          gone = await destroyPerson(reader, order.voter, approvalId);
          const act: Destruction = {
            id: approvalId,
            number: order.number,
            orderedBy: order.orderedBy,
            orderedOn: order.orderedOn,
            basis: order.basis,
            notice: order.notice || null,
            commission: approval.commission,
            requestedBy: approval.requestedBy,
            executedBy: ctx.actor!.id,
            at: ctx.now,
            entry: 0,
            counts: canonicalJson(gone.counts),
            ...markOf(order.voter),
          };
          const { voter: _voter, nonce: _nonce, ...kept } = order;
          return {
            kind: 'change',
            value: (entry) => ({ ...act, entry }),
            about: {
              ...about,
              erased: gone.openings,
              detail: { ...about.detail, ...gone.counts, basis: act.basis, number: act.number },
            },
            changes: [
              ...gone.changes,
              { op: 'insert', table: 'destruction', row: { ...act, entry: { entrySeq: 0 } } },
              usedUp(approval, ctx.now, { payload: canonicalJson({ ...kept }) }),
            ],
          };
        },
      });
      if (outcome.kind !== 'done') return outcome;
      register.append(outcome.value);
      await deps.onDestroyed();
      await follow(gone!);
      const clean = await scrub(tellingTraces(gone!.person.traces));
      const { login, name } = ctx.actor!;
      return {
        ...outcome,
        value: { ...show(outcome.value, { login, name }), residue: clean ? 'none' : 'left' },
      };
    },

    async listDestructions(ctx: Context): Promise<Outcome<DestructionPage>> {
      return gate.read<null, DestructionPage>(ctx, 'destruction.list', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const rows = await reader.destructions.page(ctx.actor!.path, pageSize);
          const items = rows.map(({ destruction, by }) =>
            show(
              destruction,
              by && { login: by.login, name: `${by.surname} ${by.givenName} ${by.patronymic}`.trim() },
            ),
          );
          return { kind: 'release', value: { items }, about: { detail: { shown: items.length } } };
        },
      });
    },

    destroyAgain,
    sweepNow,
  };
}

export type Destructions = ReturnType<typeof createDestructions>;

/** Texts to look for in the database's files. */
function tellingTraces({ voter, cases, texts }: Traces): string[] {
  return [voter, ...cases, ...texts];
}

function show(act: Destruction, by: DestructionAct['by']): DestructionAct {
  const { id, number, orderedBy, orderedOn, notice, commission, at, entry } = act;
  return {
    id,
    number,
    orderedBy,
    orderedOn,
    basis: act.basis as DestructionAct['basis'],
    notice,
    commission,
    at,
    by,
    entry,
    counts: JSON.parse(act.counts) as Record<string, number>,
  };
}
