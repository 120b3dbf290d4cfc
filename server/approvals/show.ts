// How a request for approval is shown: what, how many, on which basis, who asked and decided, and what the reader may do
// with it. The rows it is about are never among it (R37).
import type { ApprovalItem } from '#server/contract/approvals.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Flag } from '#server/policy/relation.ts';
import { type ApprovalRules, type Found, isTrusted, ruleOf, type Votes } from './locate.ts';

export interface Seen {
  found: Omit<Found, 'requester'> & { requester: Omit<Found['requester'], 'createdBy'> };
  votes: readonly Pick<
    Votes[number],
    'officer' | 'login' | 'surname' | 'givenName' | 'patronymic' | 'vote' | 'reason' | 'at' | 'trustedSince'
  >[];
  /** How many of them count now. */
  counted: number;
  /** How the reader stands to it; null offers nothing. */
  where: { unit: string; flags: readonly Flag[] } | null;
  deciders?: ApprovalItem['deciders'];
}

const nameOf = (o: { surname: string; givenName: string; patronymic: string }) =>
  `${o.surname} ${o.givenName} ${o.patronymic}`.trim();

export function showApproval(ctx: Context, gate: Gate, rules: ApprovalRules, seen: Seen): ApprovalItem {
  const { approval, requester } = seen.found;
  const { votes, where } = seen;
  const rule = ruleOf(rules, approval.kind);
  const payload = JSON.parse(approval.payload) as Record<string, string | number | string[]>;
  const expired = approval.state === 'pending' && ctx.now > approval.expiresAt;
  const open =
    approval.state === 'pending' &&
    !expired &&
    !votes.some((v) => v.officer === ctx.actor?.id && isTrusted(v));
  const actions: string[] = [];
  if (open && where && gate.may(ctx, 'approval.approve', where)) actions.push('approve', 'deny');
  if (rule.follows && where && approval.state === 'approved' && gate.may(ctx, rule.follows.act, where))
    actions.push(rule.follows.offers);
  return {
    id: approval.id,
    kind: rule.kind,
    state: (expired ? 'expired' : approval.state) as ApprovalItem['state'],
    version: approval.version,
    purpose: approval.purpose,
    persons: approval.persons,
    commission: approval.commission,
    basis: {
      ...Object.fromEntries(Object.entries(payload).filter(([key]) => rule.shown.includes(key))),
      // The second person reads the application itself; other approvers see codes only.
      ...(ctx.actor?.role === 'territorial-admin' &&
        typeof payload.application === 'string' && { case: payload.application }),
    },
    hash: approval.payloadHash,
    requestedBy: { login: requester.login, name: nameOf(requester) },
    requestedAt: approval.requestedAt,
    expiresAt: approval.expiresAt,
    needed: approval.needed,
    counted: seen.counted,
    central: rule.central,
    batch: rule.batch === true,
    ...(seen.deciders && { deciders: seen.deciders }),
    votes: votes.map((v) => ({ by: nameOf(v), login: v.login, vote: v.vote, reason: v.reason, at: v.at })),
    actions,
  };
}
