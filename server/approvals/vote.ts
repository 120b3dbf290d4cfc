// Approving and denying, one request or a listed batch. The payload is immutable and its hash is what a step-up binds to; two
// people racing meet the version, and one outcome stands. What an approval sets in motion at once is executed in the very
// commit that completes it, so that there is no state in between.
import type { Change, Reader } from '#db/store.ts';
import type { ApprovalItem, Batch, Vote } from '#server/contract/approvals.ts';
import type { ApprovalRule } from '#server/gate/approval.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import { isCentral } from '#server/policy/relation.ts';
import {
  type ApprovalRules,
  type Found,
  isTrusted,
  locateApproval,
  ruleOf,
  stillMay,
  votesNow,
} from './locate.ts';
import { isBorneOut } from './recount.ts';
import { approvalsThatCount, verdict } from './rules.ts';
import { showApproval } from './show.ts';

export interface VoteDeps {
  gate: Gate;
  rules: ApprovalRules;
  /** Resolves when the trail shows every entry durable at the call. */
  settled(): Promise<void>;
  show(ctx: Context, reader: Reader, found: Found): Promise<ApprovalItem>;
}

interface Taken {
  kind: 'taken';
  changes: Change[];
  about: EntryAbout;
  value: ApprovalItem;
  after: () => void | Promise<void>;
}

export function createVotes({ gate, rules, settled }: VoteDeps) {
  /** One officer's vote on one request: what it changes, or why it is refused. */
  async function take(
    ctx: Context,
    reader: Reader,
    found: Found,
    vote: 'approve' | 'deny',
    body: Vote,
  ): Promise<Taken | (Refusal & { about: EntryAbout })> {
    const { approval } = found;
    const me = ctx.actor!;
    const rule = ruleOf(rules, approval.kind);
    const base: EntryAbout = {
      persons: approval.persons,
      detail: {
        approval: approval.id,
        approvalKind: approval.kind,
        // What exactly was voted on: the vote counts for nothing else (recount.ts).
        hash: approval.payloadHash,
        ...(body.reason && { note: body.reason }),
      },
    };
    const refused = (refusal: Refusal) => ({ ...refusal, about: base });
    // Invariant: whatever the policies in force say, nobody decides on what they asked for.
    if (approval.requestedBy === me.id) return refused(refuse('own-request'));
    if (body.expectedVersion !== undefined && body.expectedVersion !== approval.version)
      return refused(refuse('stale', { facts: { version: approval.version } }));
    if (approval.state !== 'pending')
      return refused(refuse('already-done', { facts: { state: approval.state } }));
    if (ctx.now > approval.expiresAt)
      return refused(refuse('wrong-state', { detail: 'This request has expired: it must be made again' }));
    if (vote === 'deny' && !body.reason?.trim())
      return refused(refuse('invalid-input', { field: 'reason', detail: 'Give the reason for the denial' }));
    const votes = await reader.approvals.votes(approval.id);
    const mineBefore = votes.find((v) => v.officer === me.id);
    if (mineBefore && isTrusted(mineBefore))
      return refused(refuse('already-done', { detail: 'You have decided this already' }));
    const others = votes.filter((v) => v !== mineBefore);
    const needed = Math.max(rule.needed, approval.needed);
    const cast = [
      ...(await votesNow(gate, rules, reader, found, others, ctx.now)),
      { officer: me.id, vote, central: isCentral(me.path), stands: true },
    ];
    let state: string = verdict({ needed, central: rule.central }, cast);
    let more: { changes: Change[]; about: EntryAbout; after?: () => void | Promise<void> } = {
      changes: [],
      about: {},
    };
    if (state === 'approved' && rule.execute) {
      // Threat: a row that asks in another's name, or for something else than was asked for, so that one officer is enough.
      await settled();
      if (!(await isBorneOut(reader, rule, approval, others)))
        return {
          ...refuse('wrong-state', {
            detail:
              'The log knows nothing of this request, or of a vote on it: tell the security officer, and ask anew',
          }),
          about: { ...base, detail: { ...base.detail, reason: 'approval-forged' } },
        };
      const lapsed = await lapsedRequester(ctx, reader, found, rule);
      if (lapsed) return refused(lapsed);
      const by = { officer: me.id, at: ctx.now, id: approval.id };
      const execution = await rule.execute(reader, approval.payload, by);
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
      ...{ officer: me.id, login: me.login, surname: me.name, givenName: '', patronymic: '' },
      ...{ vote, reason: body.reason ?? '', at: ctx.now, trustedSince: null },
    };
    return {
      kind: 'taken',
      value: showApproval(ctx, gate, rules, {
        found: { ...found, approval: { ...approval, ...set } },
        votes: [...others, mine],
        counted: approvalsThatCount(cast),
        where: null,
      }),
      about: { ...base, ...more.about, detail: { ...base.detail, ...more.about.detail, verdict: state } },
      changes: [
        castVoteRow(approval.id, me.id, mineBefore ?? null, { vote, reason: body.reason ?? '', at: ctx.now }),
        {
          op: 'update',
          table: 'approval',
          key: { id: approval.id },
          expect: { version: approval.version, state: 'pending' },
          set,
        },
        ...more.changes,
      ],
      after: () => more.after?.(),
    };
  }

  /** What is carried out at the last vote is authorised anew for the one who asked: they may have left that duty since. */
  async function lapsedRequester(
    ctx: Context,
    reader: Reader,
    { approval, path }: Found,
    rule: ApprovalRule,
  ): Promise<Refusal | null> {
    const requester = await reader.officers.byId(approval.requestedBy);
    const flags = rule.flag ? [rule.flag] : [];
    const may =
      requester !== null &&
      stillMay(
        gate,
        { ...requester.officer, path: requester.path },
        rule.asks,
        { unit: rule.asksOutside ? null : path, flags },
        ctx.now,
      );
    if (may) return null;
    return refuse('wrong-state', {
      detail: 'Whoever asked may no longer ask for this: deny the request, and have it made anew',
    });
  }

  return {
    async castVote(
      ctx: Context,
      id: string,
      vote: 'approve' | 'deny',
      body: Vote,
    ): Promise<Outcome<ApprovalItem>> {
      let after: () => void | Promise<void> = () => {};
      const outcome = await gate.change<Found, ApprovalItem>(ctx, `approval.${vote}`, {
        locate: (reader) => locateApproval(rules, reader, ctx, id),
        async decide(found, reader) {
          const taken = await take(ctx, reader, found, vote, body);
          if (taken.kind !== 'taken') return taken;
          after = taken.after;
          return { ...taken, kind: 'change' };
        },
      });
      if (outcome.kind === 'done') await after();
      return outcome;
    },

    /**
     * Approves a listed batch with one factor bound to the hash of all of it, in one commit: all of them or none. Only
     * requests of one kind that nothing but time tells apart, and of none that takes effect at the vote.
     */
    async approveBatch(ctx: Context, { items, reason }: Batch): Promise<Outcome<{ items: ApprovalItem[] }>> {
      const wanted = new Map(items.map((item) => [item.id, item.expectedVersion]));
      return gate.change<Located<Found>[], { items: ApprovalItem[] }>(ctx, 'approval.approve', {
        async locate(reader) {
          const all: Located<Found>[] = [];
          for (const id of wanted.keys()) {
            const located = await locateApproval(rules, reader, ctx, id);
            // One that does not exist hides all of them, as does one that lies outside (below).
            if (!located) return null;
            all.push(located);
          }
          const worst =
            all.find(({ unit }) => !unit?.startsWith(ctx.actor?.path ?? '/')) ??
            all.find(({ unit, flags = [] }) => !gate.may(ctx, 'approval.approve', { unit, flags })) ??
            all[0]!;
          return {
            record: all,
            unit: worst.unit,
            flags: worst.flags ?? [],
            hash: batchHash(all.map(({ record }) => record.approval)),
            about: { detail: { approvals: [...wanted.keys()] } },
          };
        },
        async decide(all, reader) {
          const kinds = new Set(all.map(({ record }) => record.approval.kind));
          const [kind = ''] = kinds;
          const about: EntryAbout = {
            persons: all.reduce((sum, { record }) => sum + record.approval.persons, 0),
            detail: {
              approvals: [...wanted.keys()],
              hashes: all.map(({ record }) => record.approval.payloadHash),
              approvalKind: kind,
              ...(reason && { note: reason }),
            },
          };
          if (kinds.size > 1 || !ruleOf(rules, kind).batch)
            return {
              ...refuse('invalid-input', {
                field: 'items',
                detail:
                  'A batch holds requests of one kind, and of none that takes effect at once; decide on them one by one',
              }),
              about,
            };
          const changes: Change[] = [];
          const values: ApprovalItem[] = [];
          for (const { record } of all) {
            const expectedVersion = wanted.get(record.approval.id)!;
            const taken = await take(ctx, reader, record, 'approve', {
              expectedVersion,
              ...(reason && { reason }),
            });
            if (taken.kind !== 'taken')
              return { ...taken, about, facts: { ...taken.facts, approval: record.approval.id } };
            changes.push(...taken.changes);
            values.push(taken.value);
          }
          return { kind: 'change', changes, value: { items: values }, about };
        },
      });
    },
  };
}

/** Takes the place of an earlier one that counts no more; that one stays in the log. */
function castVoteRow(
  approval: string,
  officer: string,
  before: { at: number } | null,
  cast: { vote: string; reason: string; at: number },
): Change {
  const key = { approval, officer };
  return before === null
    ? { op: 'insert', table: 'approvalVote', row: { ...key, ...cast } }
    : { op: 'update', table: 'approvalVote', key, expect: { at: before.at }, set: cast };
}

/** What one factor for a batch is bound to: every request's own hash, in the order of their ids. */
export function batchHash(approvals: readonly { id: string; payloadHash: string }[]): string {
  const listed = approvals.map(({ id, payloadHash }) => [id, payloadHash] as const);
  const ordered = listed.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256(canonicalJson({ batch: ordered } as never));
}
