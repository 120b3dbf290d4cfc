// Takes an application one step further. Each step expects the version the officer saw; the change of the voter list
// itself happens in `apply` alone, in the same commit as its entry (R25).
import { randomBytes, randomUUID } from 'node:crypto';
import type { Change, Reader, Row } from '#db/store.ts';
import type { ActionBody, ApplicationItem } from '#server/contract/applications.ts';
import type { ApplicationState } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import type { Decided, Gate } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { newRequest } from '#server/gate/request.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { newCoupon } from '#server/lib/coupon.ts';
import type { ApplyChange } from './apply.ts';
import { applyToList } from './apply.ts';
import { aboutOf, type LocatedApplication, locateApplication } from './located.ts';
import { hindranceOf, showItem } from './offered.ts';
import {
  asksSecondPerson,
  effectOf,
  intakeSteps,
  leadsFrom,
  lifting,
  needsVoter,
  type StepName,
  steps,
} from './rules.ts';
import type { SealedParts } from './sealed.ts';

export interface StepDeps {
  gate: Gate;
  parts: SealedParts;
  calendar: {
    facts(reader: Reader): Promise<{ dates: Readonly<Record<string, string>> }>;
    isFrozen(facts: { dates: Readonly<Record<string, string>> }, now: number): boolean;
    isLate(facts: { dates: Readonly<Record<string, string>> }, kind: string, now: number): boolean;
    dueDay(facts: { dates: Readonly<Record<string, string>> }, at: number): string;
  };
  changeVoter: ApplyChange;
}

type Application = Row<'application'>;

/** What one step sets on the application and does beside it. */
export interface StepWork {
  set: Partial<Application>;
  state?: ApplicationState;
  changes?: Change[];
  about?: EntryAbout;
}

const secondPersonMs = 7 * 24 * 3_600_000;

export function createSteps(deps: StepDeps) {
  const { gate, parts, calendar } = deps;

  /** What the step itself does; everything common to all steps is added by `takeStep`. */
  async function work(
    ctx: Context,
    reader: Reader,
    row: Application,
    name: StepName,
    body: ActionBody,
  ): Promise<StepWork | Refusal> {
    const me = ctx.actor!.id;
    const needs = (field: keyof ActionBody, detail: string) => refuse('invalid-input', { field, detail });
    const reason = body.reason?.trim();
    switch (name) {
      case 'check-identity': {
        if (body.photoMatched !== true)
          return needs(
            'photoMatched',
            'Compare face and passport photo first; without a match nothing is taken in (R16)',
          );
        if (!body.passport?.number.trim())
          return needs('passport', 'Give series and number of the passport shown');
        return {
          set: {
            identityCheckedAt: ctx.now,
            photoMatched: 1,
            passport: parts.seal(row.id, 'passport', body.passport),
            passportIndex: parts.passportIndex(body.passport),
          },
        };
      }
      case 'receive':
        return receipt(deps, ctx.now, row);
      case 'enter': {
        const facts = await calendar.facts(reader);
        return {
          set: { enteredAt: ctx.now, atTerritoryAt: ctx.now, dueOn: calendar.dueDay(facts, ctx.now) },
        };
      }
      case 'start-review':
        return {
          set: { reviewedBy: me, outcome: null, decidedBy: null, decidedAt: null, approval: null },
          changes: await voidApproval(reader, row),
        };
      case 'ask':
        return body.note?.trim() ? { set: {} } : needs('note', 'Say what information is needed');
      case 'answer':
        return body.note?.trim() ? { set: {} } : needs('note', 'Say what was answered');
      case 'decide':
        return decide(ctx, reader, row, body);
      case 'apply':
        return applyToList(deps, ctx, reader, row);
      case 'close':
        return { set: {} };
      case 'reply':
        return body.method
          ? { set: { repliedAt: ctx.now, replyMethod: body.method, replyProof: body.proof ?? '' } }
          : needs('method', 'Say how the reply was sent: paper or electronic');
      case 'archive':
        return body.shelf?.trim()
          ? { set: { shelf: body.shelf.trim() } }
          : needs('shelf', 'Give the shelf reference of the paper (R21)');
      case 'withdraw':
      case 'redirect':
        return reason ? { set: { reason } } : needs('reason', 'Give the reason');
      case 'refuse-late':
        return reason
          ? { set: { outcome: 'refused', reason, decidedBy: me, decidedAt: ctx.now } }
          : needs('reason', 'Give the reason');
    }
  }

  /** The decision; weighty changes wait for a second person's approval before they can be applied. */
  async function decide(
    ctx: Context,
    reader: Reader,
    row: Application,
    body: ActionBody,
  ): Promise<StepWork | Refusal> {
    if (!body.outcome) return refuse('invalid-input', { field: 'outcome', detail: 'approved or refused' });
    const reason = body.reason?.trim();
    if (!reason)
      return refuse('invalid-input', { field: 'reason', detail: 'Give the reason for the decision' });
    const legalReference = body.legalReference?.trim() || null;
    const frozen = calendar.isFrozen(await calendar.facts(reader), ctx.now);
    const fields = parts.change(row).map((c) => c.field);
    const effect = effectOf(row.kind, fields);
    if (body.outcome === 'approved' && frozen && effect !== 'none' && !legalReference)
      return refuse('frozen', {
        field: 'legalReference',
        detail: 'The list is frozen: name the legal basis of this decision',
      });
    const set: Partial<Application> = {
      outcome: body.outcome,
      reason,
      legalReference,
      decidedBy: ctx.actor!.id,
      decidedAt: ctx.now,
    };
    const about: EntryAbout = {
      detail: { outcome: body.outcome, samePerson: row.takenBy === ctx.actor!.id, frozen },
    };
    if (body.outcome === 'refused') return { set, state: 'refused', about };

    // What is approved is the difference against the record as it stands now, not as it stood at receipt.
    const voter = row.voter ? await reader.voters.byId(row.voter) : null;
    const change = parts.change(row).map((c) => ({
      ...c,
      old: voter ? ((voter.voter as unknown as Record<string, string>)[c.field] ?? '') : '',
    }));
    set.change = parts.seal(row.id, 'change', change);
    if (!asksSecondPerson(row.kind, fields)) return { set, about };
    const approval = randomUUID();
    const { insert } = newRequest(ctx, {
      id: approval,
      kind: 'application',
      payload: canonicalJson({ application: row.id, effect, fields, version: row.version + 1 }),
      persons: 1,
      purpose: 'application',
      commission: row.precinct,
      needed: 1,
      lastsMs: secondPersonMs,
    });
    return {
      set: { ...set, approval },
      about: { detail: { ...about.detail, approval } },
      changes: [insert],
    };
  }

  return {
    async takeStep(
      ctx: Context,
      id: string,
      name: StepName,
      body: ActionBody,
    ): Promise<Outcome<ApplicationItem>> {
      return gate.change<LocatedApplication, ApplicationItem>(ctx, steps[name].act, {
        locate: (reader) => locateApplication(reader, ctx, id),
        async decide({ row, path, intake }, reader): Promise<Decided<ApplicationItem>> {
          const base = aboutOf(row);
          if (row.version !== body.expectedVersion)
            return { ...refuse('stale', { facts: { version: row.version } }), about: base };
          if (!leadsFrom(name, row.state))
            return {
              ...refuse('wrong-state', {
                detail: `${name} is not possible in state ${row.state}`,
                facts: { state: row.state },
              }),
              about: base,
            };
          const hindrance = name === 'apply' ? null : await hindranceOf(deps, ctx, reader, row, name);
          const done = hindrance ?? (await work(ctx, reader, row, name, body));
          if ('kind' in done) return { ...done, about: base };
          const state = done.state ?? steps[name].to;
          const after: Application = { ...row, ...done.set, state, version: row.version + 1 };
          return {
            kind: 'change',
            value: await showItem(deps, ctx, reader, {
              row: after,
              path,
              intake: intakeSteps.has(name) ? new Set([...intake, ctx.actor!.id]) : intake,
            }),
            about: mergeAbout(base, done.about, body.note ?? body.reason),
            changes: [
              {
                op: 'update',
                table: 'application',
                key: { id },
                expect: { version: row.version },
                set: { ...done.set, state, version: row.version + 1 },
              },
              {
                op: 'insert',
                table: 'applicationStep',
                row: {
                  application: id,
                  version: row.version + 1,
                  at: ctx.now,
                  officer: ctx.actor!.id,
                  action: name,
                  state,
                  entry: { entrySeq: 0 },
                },
              },
              ...(lifting.has(state) ? await liftBlock(reader, ctx, row) : []),
              ...(done.changes ?? []),
            ],
          };
        },
      });
    },
  };
}

export type Steps = ReturnType<typeof createSteps>;

/** Receipt: the coupon, and the block on the record the application is about (R12, R17). */
export function receipt(
  { parts }: Pick<StepDeps, 'parts'>,
  now: number,
  row: Application,
): { set: Partial<Application>; changes: Change[] } {
  const fields = parts.change(row).map((c) => c.field);
  return {
    set: { receivedAt: now, coupon: newCoupon(randomBytes) },
    changes:
      row.voter && needsVoter(row.kind, fields)
        ? [
            {
              op: 'insert',
              table: 'block',
              row: { voter: row.voter, application: row.id, since: now, until: null },
            },
          ]
        : [],
  };
}

/** A decision reviewed again takes its second person's approval with it: what was approved is no longer decided. */
async function voidApproval(reader: Reader, row: Application): Promise<Change[]> {
  const approval = row.approval ? await reader.applications.approvalById(row.approval) : null;
  if (!approval || !['pending', 'approved'].includes(approval.state)) return [];
  return [
    {
      op: 'update',
      table: 'approval',
      key: { id: approval.id },
      expect: { version: approval.version },
      set: { state: 'expired', version: approval.version + 1 },
    },
  ];
}

async function liftBlock(reader: Reader, ctx: Context, row: Application): Promise<Change[]> {
  if (!row.voter) return [];
  const blocks = await reader.applications.blocksOf(row.voter);
  if (!blocks.some((b) => b.application === row.id && b.until === null)) return [];
  return [
    {
      op: 'update',
      table: 'block',
      key: { voter: row.voter, application: row.id },
      expect: { until: null },
      set: { until: ctx.now },
    },
  ];
}

function mergeAbout(base: EntryAbout, more: EntryAbout | undefined, note: string | undefined): EntryAbout {
  return { ...base, ...more, detail: { ...base.detail, ...more?.detail, ...(note && { note }) } };
}
