// Use cases of approvals: list, view, approve, deny. The payload is immutable and its hash is what a step-up binds to;
// two people racing meet the version, and one outcome stands. What an approval sets in motion at once (a restoration, a
// reset) is executed in the very commit that completes it.
import type { Change, Reader } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { ApprovalItem, ApprovalQuery, Vote } from '#server/contract/approvals.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { type Flag, isCentral } from '#server/policy/relation.ts';
import { type CastVote, verdict } from './rules.ts';

/** What completing an approval changes, or why it cannot any more. */
export type Execution = { changes: Change[]; about: EntryAbout } | Refusal;

export interface ApprovalDeps {
  gate: Gate;
  /** By kind: what the last approval executes in the same commit. Kinds without one wait for their requester. */
  execute: Partial<
    Record<
      string,
      (reader: Reader, payload: string, by: { officer: string; at: number }) => Promise<Execution>
    >
  >;
}

type Found = NonNullable<Awaited<ReturnType<Reader['approvals']['byId']>>>;
type Votes = Awaited<ReturnType<Reader['approvals']['votes']>>;

/** The facts policies ask about an approval and this officer. */
export async function locateApproval(
  reader: Reader,
  ctx: Context,
  id: string,
): Promise<Located<Found> | null> {
  const found = await reader.approvals.byId(id);
  if (!found) return null;
  const { approval, path, requester } = found;
  const flags = new Set<Flag>();
  const me = ctx.actor?.id ?? '';
  if (approval.requestedBy === me) flags.add('own-request');
  if (requester.createdBy === me) flags.add('made-account');
  if (approval.kind === 'application') {
    flags.add('for-application');
    // The second person for an application is neither who decided it nor who had a hand in its intake.
    const { application } = JSON.parse(approval.payload) as { application: string };
    if ((await reader.applications.intakeOf(application)).has(me)) flags.add('own-request');
  }
  if (approval.kind === 'officer-reset') {
    flags.add('for-officer');
    // Neither the account's owner nor who made it decides on its reset.
    const { officer } = JSON.parse(approval.payload) as { officer: string };
    if (officer === me) flags.add('own-account');
    if ((await reader.officers.byId(officer))?.officer.createdBy === me) flags.add('made-account');
  }
  if (approval.state === 'approved') flags.add('approved');
  return {
    record: found,
    // Where the unit lies counts for who asked as well: whoever was moved away no longer fetches what they asked for.
    unit: path,
    flags: [...flags],
    hash: approval.payloadHash,
    about: { persons: approval.persons, detail: { approval: id, approvalKind: approval.kind } },
  };
}

export function createApprovals({ gate, execute }: ApprovalDeps) {
  async function show(ctx: Context, reader: Reader, found: Found): Promise<ApprovalItem> {
    const votes = await reader.approvals.votes(found.approval.id);
    const located = await locateApproval(reader, ctx, found.approval.id);
    return item(ctx, gate, found, votes, located?.unit ?? null, located?.flags ?? []);
  }

  return {
    async listApprovals(ctx: Context, query: ApprovalQuery): Promise<Outcome<{ items: ApprovalItem[] }>> {
      return gate.read<Found[], { items: ApprovalItem[] }>(ctx, 'approval.list', {
        async locate(reader) {
          const { role, path, id } = ctx.actor!;
          const base = { limit: query.limit ?? 50, ...(query.state && { state: query.state }) };
          const own = await reader.approvals.page({ ...base, path, requestedBy: id });
          const kind =
            role === 'territorial-admin'
              ? 'application'
              : role === 'protection-officer'
                ? 'destroy'
                : role === 'approver'
                  ? undefined
                  : 'officer-reset';
          const others =
            role === 'precinct-member' || role === 'auditor'
              ? []
              : await reader.approvals.page({ ...base, path, ...(kind && { kind }) });
          const ids = new Set(own.map((o) => o.approval.id));
          const rows = [...own, ...others.filter((o) => !ids.has(o.approval.id))];
          return {
            record: rows
              .toSorted((a, b) => b.approval.requestedAt - a.approval.requestedAt)
              .slice(0, base.limit),
            unit: null,
          };
        },
        async release(rows, reader) {
          const items = [];
          for (const row of rows) items.push(await show(ctx, reader, row));
          return {
            kind: 'release',
            value: { items },
            about: { detail: { approvals: rows.map((r) => r.approval.id) } },
          };
        },
      });
    },

    async viewApproval(ctx: Context, id: string): Promise<Outcome<ApprovalItem>> {
      return gate.read<Found, ApprovalItem>(ctx, 'approval.view', {
        locate: (reader) => locateApproval(reader, ctx, id),
        async release(found, reader) {
          return {
            kind: 'release',
            value: await show(ctx, reader, found),
            about: { detail: { approval: id, approvalKind: found.approval.kind } },
          };
        },
      });
    },

    async castVote(
      ctx: Context,
      id: string,
      vote: 'approve' | 'deny',
      body: Vote,
    ): Promise<Outcome<ApprovalItem>> {
      return gate.change<Found, ApprovalItem>(ctx, `approval.${vote}`, {
        locate: (reader) => locateApproval(reader, ctx, id),
        async decide(found, reader) {
          const { approval } = found;
          const base: EntryAbout = {
            persons: approval.persons,
            detail: { approval: id, approvalKind: approval.kind, ...(body.reason && { note: body.reason }) },
          };
          const refused = (refusal: Refusal) => ({ ...refusal, about: base });
          if (body.expectedVersion !== undefined && body.expectedVersion !== approval.version)
            return refused(refuse('stale', { facts: { version: approval.version } }));
          if (approval.state !== 'pending')
            return refused(refuse('already-done', { facts: { state: approval.state } }));
          if (ctx.now > approval.expiresAt)
            return refused(
              refuse('wrong-state', { detail: 'This request has expired: it must be made again' }),
            );
          if (vote === 'deny' && !body.reason?.trim())
            return refused(
              refuse('invalid-input', { field: 'reason', detail: 'Give the reason for the denial' }),
            );
          const votes = await reader.approvals.votes(id);
          if (votes.some((v) => v.officer === ctx.actor!.id))
            return refused(refuse('already-done', { detail: 'You have decided this already' }));
          const cast: CastVote[] = [
            ...votes.map((v) => ({ officer: v.officer, vote: v.vote, central: isCentral(v.path) })),
            { officer: ctx.actor!.id, vote, central: isCentral(ctx.actor!.path) },
          ];
          let state: string = verdict(approval.kind, approval.needed, cast);
          let more: { changes: Change[]; about: EntryAbout } = { changes: [], about: {} };
          const executor = execute[approval.kind];
          if (state === 'approved' && executor) {
            const execution = await executor(reader, approval.payload, {
              officer: ctx.actor!.id,
              at: ctx.now,
            });
            if ('kind' in execution) return refused(execution);
            more = execution;
            state = 'executed';
          }
          const set = {
            state,
            version: approval.version + 1,
            ...(state !== 'pending' && { decidedAt: ctx.now }),
            ...(state === 'executed' && { executedAt: ctx.now }),
          };
          const mine = {
            vote,
            reason: body.reason ?? '',
            at: ctx.now,
            officer: ctx.actor!.id,
            login: ctx.actor!.login,
            surname: ctx.actor!.name,
            givenName: '',
            patronymic: '',
            path: ctx.actor!.path,
          };
          return {
            kind: 'change',
            value: item(
              ctx,
              gate,
              { ...found, approval: { ...approval, ...set } },
              [...votes, mine],
              null,
              [],
            ),
            about: {
              ...base,
              ...more.about,
              detail: { ...base.detail, ...more.about.detail, verdict: state },
            },
            changes: [
              {
                op: 'insert',
                table: 'approvalVote',
                row: { approval: id, officer: ctx.actor!.id, vote, reason: body.reason ?? '', at: ctx.now },
              },
              {
                op: 'update',
                table: 'approval',
                key: { id },
                expect: { version: approval.version, state: 'pending' },
                set,
              },
              ...more.changes,
            ],
          };
        },
      });
    },
  };
}

export type Approvals = ReturnType<typeof createApprovals>;

/** What the one who asked does with an approved file. */
const fetching: Partial<Record<string, Act>> = {
  print: 'list.print',
  export: 'list.export',
  evidence: 'audit.evidence-opened',
};

/** Codes of the payload an approver may see; ids of people and records stay out. */
const shown = new Set([
  'basis',
  'effect',
  'entries',
  'fields',
  'filters',
  'from',
  'lang',
  'legalReference',
  'list',
  'number',
  'orderedBy',
  'orderedOn',
  'precinct',
  'version',
]);

export function item(
  ctx: Context,
  gate: Gate,
  { approval, requester }: Found,
  votes: Votes,
  unit: string | null,
  flags: readonly Flag[],
): ApprovalItem {
  const payload = JSON.parse(approval.payload) as Record<string, string | number | string[]>;
  const expired = approval.state === 'pending' && ctx.now > approval.expiresAt;
  const pending = approval.state === 'pending' && !expired && !votes.some((v) => v.officer === ctx.actor?.id);
  const actions: string[] = [];
  if (pending && unit !== null && gate.may(ctx, 'approval.approve', { unit, flags }))
    actions.push('approve', 'deny');
  const fetches = fetching[approval.kind];
  if (fetches && approval.state === 'approved' && gate.may(ctx, fetches, { unit, flags }))
    actions.push('download');
  if (
    approval.kind === 'destroy' &&
    approval.state === 'approved' &&
    gate.may(ctx, 'voter.destroy', { unit, flags })
  )
    actions.push('destroy');
  return {
    id: approval.id,
    kind: approval.kind as ApprovalItem['kind'],
    state: (expired ? 'expired' : approval.state) as ApprovalItem['state'],
    version: approval.version,
    purpose: approval.purpose,
    persons: approval.persons,
    commission: approval.commission,
    basis: {
      ...Object.fromEntries(Object.entries(payload).filter(([key]) => shown.has(key))),
      // The second person reads the application itself; other approvers see codes only.
      ...(ctx.actor?.role === 'territorial-admin' &&
        typeof payload.application === 'string' && { case: payload.application }),
    },
    hash: approval.payloadHash,
    requestedBy: {
      login: requester.login,
      name: `${requester.surname} ${requester.givenName} ${requester.patronymic}`.trim(),
    },
    requestedAt: approval.requestedAt,
    expiresAt: approval.expiresAt,
    needed: approval.needed,
    votes: votes.map((v) => ({
      by: `${v.surname} ${v.givenName} ${v.patronymic}`.trim(),
      login: v.login,
      vote: v.vote,
      reason: v.reason,
      at: v.at,
    })),
    actions,
  };
}
