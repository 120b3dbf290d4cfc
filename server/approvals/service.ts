// Use cases of approvals: list and view. Who sees which kinds follows from the policy: an officer sees what they asked for,
// and, at and under their unit, the kinds they may decide on or carry out.
import type { Reader, Row } from '#db/store.ts';
import type { ApprovalItem, ApprovalQuery } from '#server/contract/approvals.ts';
import { type ApprovalKind, approvalKinds } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Recount } from '#server/gate/in-log.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { decidersOf } from './deciders.ts';
import { type ApprovalRules, type Found, factsFor, locateApproval, ruleOf, votesNow } from './locate.ts';
import { recount } from './recount.ts';
import { approvalsThatCount, decidedAt, lacksCentral } from './rules.ts';
import { showApproval } from './show.ts';
import { createVotes } from './vote.ts';

export interface ApprovalDeps {
  gate: Gate;
  rules: ApprovalRules;
  /** Resolves when the trail shows every entry durable at the call. */
  settled(): Promise<void>;
}

export function createApprovals({ gate, rules, settled }: ApprovalDeps) {
  async function show(
    ctx: Context,
    reader: Reader,
    found: Found,
    deciders?: ApprovalItem['deciders'],
  ): Promise<ApprovalItem> {
    const votes = await reader.approvals.votes(found.approval.id);
    const cast = await votesNow(gate, rules, reader, found, votes, ctx.now);
    const flags = await factsFor(rules, reader, found, ctx.actor?.id ?? '');
    return showApproval(ctx, gate, rules, {
      found,
      votes,
      counted: approvalsThatCount(cast),
      where: { unit: found.path, flags },
      ...(deciders && { deciders }),
    });
  }

  /** How many could decide on it now, and at which unit of the tree enough of them sit. */
  async function decidersNow(ctx: Context, reader: Reader, found: Found): Promise<ApprovalItem['deciders']> {
    const { able, ...request } = await decidersOf({ gate, rules }, reader, found, ctx.now);
    const at = lacksCentral(request, able) ? null : decidedAt(found.path, able, request.missing);
    return { count: able.length, unit: at?.split('/').at(-2) ?? null };
  }

  /** Kinds whose requests this officer decides on, or carries out for others. */
  function kindsOf(ctx: Context): ApprovalKind[] {
    return approvalKinds.filter((kind) => {
      const { flag, follows } = ruleOf(rules, kind);
      const flags = flag ? [flag] : [];
      if (gate.may(ctx, 'approval.approve', { unit: null, flags })) return true;
      return (
        follows !== undefined && gate.may(ctx, follows.act, { unit: null, flags: [...flags, 'approved'] })
      );
    });
  }

  return {
    ...createVotes({ gate, rules, settled, show }),
    /** For rooms whose acts rest on an approval. */
    locate: (reader: Reader, ctx: Context, id: string) => locateApproval(rules, reader, ctx, id),

    /** For alerts about a request: what it is, where the officer reaches, and whether they may open it. */
    async describe(ctx: Context, reader: Reader, id: string) {
      const found = await reader.approvals.byId(id);
      if (!found?.path.startsWith(ctx.actor?.path ?? '//')) return null;
      const { kind, commission, requestedAt } = found.approval;
      const where = { unit: found.path, flags: await factsFor(rules, reader, found, ctx.actor!.id) };
      const mayView = gate.may(ctx, 'approval.view', where);
      return { kind: ruleOf(rules, kind).kind, commission, requestedAt, mayView };
    },

    /** For rooms where something leaves, or is destroyed, on an approval given a while ago: whether it still stands. */
    async recount(reader: Reader, id: string): Promise<Recount> {
      await settled();
      return recount({ gate, rules }, reader, id);
    },
    /** An approval just asked for, as its requester sees it. */
    showAsked(ctx: Context, approval: Row<'approval'>): ApprovalItem {
      const { login, name, path } = ctx.actor!;
      const requester = { login, surname: name, givenName: '', patronymic: '' };
      return showApproval(ctx, gate, rules, {
        found: { approval, path, requester },
        votes: [],
        counted: 0,
        where: null,
      });
    },

    async listApprovals(ctx: Context, query: ApprovalQuery): Promise<Outcome<{ items: ApprovalItem[] }>> {
      return gate.read<Found[], { items: ApprovalItem[] }>(ctx, 'approval.list', {
        async locate(reader) {
          const { path, id } = ctx.actor!;
          const base = { limit: query.limit ?? 50, path, ...(query.state && { state: query.state }) };
          const own = await reader.approvals.page({ ...base, requestedBy: id });
          const kinds = kindsOf(ctx);
          const others = kinds.length === 0 ? [] : await reader.approvals.page({ ...base, kinds });
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
        locate: (reader) => locateApproval(rules, reader, ctx, id),
        async release(found, reader) {
          const { kind, state } = found.approval;
          const deciders = state === 'pending' ? await decidersNow(ctx, reader, found) : undefined;
          return {
            kind: 'release',
            value: await show(ctx, reader, found, deciders),
            about: { detail: { approval: id, approvalKind: kind } },
          };
        },
      });
    },
  };
}

export type Approvals = ReturnType<typeof createApprovals>;
