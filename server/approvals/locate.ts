// The facts policies ask about a request for approval: where it lies, and how an officer stands to it.
import type { Reader } from '#db/store.ts';
import type { ApprovalKind } from '#server/contract/vocabulary.ts';
import type { ApprovalRule } from '#server/gate/approval.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import { clearanceValid } from '#server/policy/clearance.ts';
import { type Flag, isCentral, isRole } from '#server/policy/relation.ts';
import type { CastVote } from './rules.ts';

export type ApprovalRules = Readonly<Record<ApprovalKind, ApprovalRule>>;
export type Found = NonNullable<Awaited<ReturnType<Reader['approvals']['byId']>>>;
export type Votes = Awaited<ReturnType<Reader['approvals']['votes']>>;

export function ruleOf(rules: ApprovalRules, kind: string): ApprovalRule {
  const rule = (rules as Readonly<Record<string, ApprovalRule>>)[kind];
  if (!rule) throw new Error(`no room says how approvals of the kind ${kind} work`);
  return rule;
}

/** How one officer stands to a request. */
export async function factsFor(
  rules: ApprovalRules,
  reader: Reader,
  { approval, requester }: Found,
  officer: string,
): Promise<Flag[]> {
  const rule = ruleOf(rules, approval.kind);
  const flags = new Set<Flag>();
  if (approval.requestedBy === officer) flags.add('own-request');
  // Either way round: whoever made an account chose who holds it, and whoever holds it owes it to them.
  if (requester.createdBy === officer) flags.add('made-account');
  if ((await reader.officers.byId(officer))?.officer.createdBy === approval.requestedBy)
    flags.add('made-account');
  if (rule.flag) flags.add(rule.flag);
  for (const flag of (await rule.ties?.(reader, approval.payload, officer)) ?? []) flags.add(flag);
  if (approval.state === 'approved') flags.add('approved');
  return [...flags];
}

export async function locateApproval(
  rules: ApprovalRules,
  reader: Reader,
  ctx: Context,
  id: string,
): Promise<Located<Found> | null> {
  const found = await reader.approvals.byId(id);
  if (!found) return null;
  const { approval, path } = found;
  return {
    record: found,
    // Where the unit lies counts for who asked as well: whoever was moved away no longer fetches what they asked for.
    unit: path,
    flags: await factsFor(rules, reader, found, ctx.actor?.id ?? ''),
    hash: approval.payloadHash,
    about: { persons: approval.persons, detail: { approval: id, approvalKind: approval.kind } },
  };
}

interface OfficerNow {
  role: string;
  state: string;
  path: string;
  clearanceOrder: string;
  clearanceUntil: string;
}

/** Whether an officer, as they stand now, may do an act on what lies somewhere. */
export function stillMay(
  gate: Gate,
  officer: OfficerNow,
  act: ApprovalRule['asks'],
  where: { unit: string | null; flags: readonly Flag[] },
  now: number,
): boolean {
  const { role, state, path, clearanceOrder, clearanceUntil } = officer;
  if (state !== 'active' || !isRole(role)) return false;
  const valid = clearanceValid(clearanceOrder, clearanceUntil, now);
  return gate.standing({ role, path, clearanceValid: valid }, act, where).kind === 'permit';
}

/**
 * Whether a vote was cast by hands still trusted: what an account decided before it was last held suspect, reset or enabled
 * anew may have been somebody else's doing, and is asked again.
 */
export const isTrusted = ({ at, trustedSince }: { at: number; trustedSince: number | null }) =>
  trustedSince === null || at > trustedSince;

/** The votes cast, each with whether its officer could still cast it. */
export async function votesNow(
  gate: Gate,
  rules: ApprovalRules,
  reader: Reader,
  found: Found,
  votes: Votes,
  now: number,
): Promise<CastVote[]> {
  const cast: CastVote[] = [];
  for (const vote of votes) {
    const flags = await factsFor(rules, reader, found, vote.officer);
    const stands =
      isTrusted(vote) && stillMay(gate, vote, 'approval.approve', { unit: found.path, flags }, now);
    cast.push({ officer: vote.officer, vote: vote.vote, central: isCentral(vote.path), stands });
  }
  return cast;
}
