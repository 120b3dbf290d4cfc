// Use cases of emergency access (break-glass): ask, see, end, review. It opens nothing by itself: the gate asks held.ts, and
// the policies decide.
import { randomUUID } from 'node:crypto';
import type { Change, Reader, Row } from '#db/store.ts';
import type { EmergencyItem, EmergencyRequest, EmergencyReview } from '#server/contract/emergency.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import type { Details } from '#server/gate/leaf.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { newRequest } from '#server/gate/request.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import type { Flag } from '#server/policy/relation.ts';
import type { EmergencyPayload } from './approval.ts';
import { holdsOne, type OpenedInLog } from './held.ts';
import { endOf, endReason, lapsesMs, stateOf, unitFault } from './rules.ts';

type Found = NonNullable<Awaited<ReturnType<Reader['emergencies']['byId']>>>;
const pageSize = 100;

/** What the step-up for asking is bound to. */
export const emergencyHash = ({ unit, acts, reason }: EmergencyRequest) =>
  sha256(canonicalJson({ act: 'emergency.request', acts: acts.toSorted(), reason, unit }));

const nameOf = (o: { surname: string; givenName: string; patronymic: string }) =>
  [o.surname, o.givenName, o.patronymic].filter(Boolean).join(' ');

/** Seen by those whose duty it is, wherever it happens under their unit; by others where they have a part in it. */
const watching: ReadonlySet<string> = new Set(['approver', 'security-officer', 'auditor']);

export function createEmergency({ gate, opened }: { gate: Gate; opened: OpenedInLog }) {
  function factsOf(ctx: Context, { emergency }: Found): Flag[] {
    const flags: Flag[] = [];
    if (emergency.officer === ctx.actor?.id) flags.push('own-request');
    if (emergency.approvedBy === ctx.actor?.id) flags.push('decided');
    return flags;
  }

  async function locate(reader: Reader, ctx: Context, id: string): Promise<Located<Found> | null> {
    const found = await reader.emergencies.byId(id);
    if (!found) return null;
    const flags = factsOf(ctx, found);
    // Its two officers reach it wherever the unit lies; for others it lies where the unit does.
    const unit = flags.length > 0 ? null : found.path;
    return { record: found, unit, flags, about: { detail: { emergency: id } } };
  }

  async function show(ctx: Context, reader: Reader, found: Found): Promise<EmergencyItem> {
    const { emergency: e } = found;
    const at = { ...found, ...e };
    const claimed = stateOf(at, ctx.now);
    const isForged = claimed === 'active' && (await opened.acts(e, ctx.now)).length === 0;
    const state = isForged ? 'forged' : claimed;
    const end = endOf(at);
    const person = async (id: string | null) => {
      const row = id === null ? null : await reader.officers.byId(id);
      return row ? { login: row.officer.login, name: nameOf(row.officer) } : null;
    };
    const used =
      e.startsAt !== null && end !== null
        ? await reader.emergencies.used(e.session, e.startsAt, end)
        : { entries: 0, persons: 0 };
    const flags = factsOf(ctx, found);
    const where = { unit: flags.length > 0 ? null : found.path, flags };
    const actions: string[] = [];
    if (state === 'active' && gate.may(ctx, 'emergency.end', where)) actions.push('end');
    if (state === 'ended' && e.reviewedAt === null && gate.may(ctx, 'emergency.review', where))
      actions.push('review');
    return {
      id: e.id,
      state,
      unit: e.commission,
      acts: e.acts.split(','),
      reason: e.reason,
      officer: (await person(e.officer)) ?? { login: '', name: '' },
      approvedBy: await person(e.approvedBy),
      askedAt: e.askedAt,
      startsAt: e.startsAt,
      endsAt: end,
      endReason: state === 'ended' ? endReason(at) : null,
      ...used,
      session: e.session,
      review:
        e.reviewDueAt === null
          ? null
          : {
              dueAt: e.reviewDueAt,
              overdue: e.reviewedAt === null && ctx.now > e.reviewDueAt,
              at: e.reviewedAt,
              by: (await person(e.reviewedBy))?.name ?? null,
              finding: e.finding as NonNullable<EmergencyItem['review']>['finding'], // written from the closed list
              note: e.note,
            },
      version: e.version,
      actions,
    };
  }

  /** A step on one of them: version checked, shown as it is afterwards. */
  function step(
    ctx: Context,
    act: 'emergency.end' | 'emergency.review',
    id: string,
    expectedVersion: number,
    set: (found: Found) => Partial<Found['emergency']> | ReturnType<typeof refuse>,
    detail: Details = {},
  ): Promise<Outcome<EmergencyItem>> {
    return gate.change<Found, EmergencyItem>(ctx, act, {
      locate: (reader) => locate(reader, ctx, id),
      async decide(found, reader) {
        const { emergency } = found;
        const about = { detail: { emergency: id, precinct: emergency.commission, ...detail } };
        if (emergency.version !== expectedVersion)
          return { ...refuse('stale', { facts: { version: emergency.version } }), about };
        const changed = set(found);
        if ('kind' in changed) return { ...changed, about };
        const after = { ...emergency, ...changed, version: emergency.version + 1 };
        return {
          kind: 'change',
          about,
          value: await show(ctx, reader, { ...found, emergency: after }),
          changes: [
            {
              op: 'update',
              table: 'emergency',
              key: { id },
              expect: { version: emergency.version },
              set: { ...changed, version: after.version },
            },
          ],
        };
      },
    });
  }

  return {
    /** Asks for reading one unit's voters for half an hour. The other officer approves it like any request. */
    requestEmergency(ctx: Context, input: EmergencyRequest): Promise<Outcome<{ id: string; state: string }>> {
      const id = randomUUID();
      return gate.change<Row<'commission'>, { id: string; state: string }>(ctx, 'emergency.request', {
        async locate(reader) {
          const unit = await reader.commissions.byCode(input.unit);
          // Asking is no looking: it tells nothing of the unit but that it exists, which everybody knows.
          return (
            unit && {
              record: unit,
              unit: null,
              hash: emergencyHash(input),
              about: { detail: { unit: input.unit } },
            }
          );
        },
        async decide(unit, reader) {
          const acts = input.acts.toSorted();
          const reason = input.reason.trim();
          const about = { detail: { emergency: id, approval: id, precinct: unit.code, acts, note: reason } };
          const fault = unitFault(ctx.actor!.path, unit.path);
          if (fault) return { ...fault, about };
          if (await holdsOne(reader, opened.acts, ctx.actor!.id, ctx.now))
            return {
              ...refuse('wrong-state', { detail: 'You hold emergency access already: end it first' }),
              about,
            };
          const mine = { officer: ctx.actor!.id, session: ctx.session!.id };
          const asked: EmergencyPayload = { acts, approval: id, reason, unit: unit.code, ...mine };
          const { insert, said } = newRequest(ctx, {
            id,
            kind: 'emergency',
            payload: canonicalJson({ ...asked }),
            persons: 0,
            purpose: 'incident',
            commission: unit.code,
            needed: 1,
            lastsMs: lapsesMs,
          });
          const changes: Change[] = [
            // One at a time: what was asked for before and not decided yet gives way to this.
            {
              op: 'update-all',
              table: 'approval',
              key: { requestedBy: ctx.actor!.id, kind: 'emergency', state: 'pending' },
              set: { state: 'expired', decidedAt: ctx.now },
            },
            {
              op: 'insert',
              table: 'emergency',
              row: {
                id,
                ...mine,
                commission: unit.code,
                acts: acts.join(','),
                reason,
                askedAt: ctx.now,
                entry: { entrySeq: 0 },
                version: 1,
              },
            },
            insert,
          ];
          return {
            kind: 'change',
            value: { id, state: 'pending' },
            about: { detail: { ...about.detail, ...said } },
            changes,
          };
        },
      });
    },

    listEmergencies(ctx: Context): Promise<Outcome<{ items: EmergencyItem[] }>> {
      return gate.read<Found[], { items: EmergencyItem[] }>(ctx, 'emergency.list', {
        async locate(reader) {
          const { id, path, role } = ctx.actor!;
          const filter = { officer: id, path: watching.has(role) ? path : null, limit: pageSize };
          return { record: await reader.emergencies.page(filter), unit: null };
        },
        async release(rows, reader) {
          const items = [];
          for (const row of rows) items.push(await show(ctx, reader, row));
          return {
            kind: 'release',
            value: { items },
            about: { detail: { emergencies: items.map(({ id }) => id) } },
          };
        },
      });
    },

    async endEmergency(ctx: Context, id: string, expectedVersion: number): Promise<Outcome<EmergencyItem>> {
      let isTried = false;
      try {
        return await step(ctx, 'emergency.end', id, expectedVersion, (found) => {
          if (stateOf({ ...found, ...found.emergency }, ctx.now) !== 'active')
            return refuse('wrong-state', { detail: 'It is not running' });
          isTried = true;
          return { endedAt: ctx.now, endedBy: ctx.actor!.id };
        });
      } finally {
        // Also after a failure: an entry may be durable all the same.
        if (isTried) opened.lookAgain();
      }
    },

    reviewEmergency: (ctx: Context, id: string, { expectedVersion, finding, note }: EmergencyReview) =>
      step(
        ctx,
        'emergency.review',
        id,
        expectedVersion,
        (found) => {
          if (stateOf({ ...found, ...found.emergency }, ctx.now) !== 'ended')
            return refuse('wrong-state', { detail: 'It is reviewed once it has ended' });
          if (found.emergency.reviewedAt !== null) return refuse('already-done');
          return { reviewedAt: ctx.now, reviewedBy: ctx.actor!.id, finding, note: note.trim() };
        },
        { finding, note: note.trim() },
      ),
  };
}

export type EmergencyRoom = ReturnType<typeof createEmergency>;
