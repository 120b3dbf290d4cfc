// Counting a complete approval again before anything leaves or is destroyed on it. Request and votes count as the log has them:
// each by its own entry, for exactly this payload, a vote with the role and unit its officer had then. Who merely left office,
// went on leave or lost the clearance afterwards has approved all the same: they held the duty when all votes were counted, and
// an act outlives the office it was done in. Suspicion says that the hand may not have been theirs, and takes the vote back
// whenever it comes; so does whatever would never have let them vote.

import type { Reader } from '#db/store.ts';
import type { ApprovalRule } from '#server/gate/approval.ts';
import type { Gate } from '#server/gate/gate.ts';
import { deedInLog, mayFollowInLog, type Recount, type Said } from '#server/gate/in-log.ts';
import { sha256 } from '#server/lib/digest.ts';
import { isCentral, isRole } from '#server/policy/relation.ts';
import { type ApprovalRules, type Found, factsFor, isTrusted, ruleOf, type Votes } from './locate.ts';

interface Counted {
  vote: Votes[number];
  /** Of the vote's entry. */
  seq: number;
  role: string;
  path: string;
}

/** To be called when the projections are settled. */
export async function recount(
  { gate, rules }: { gate: Gate; rules: ApprovalRules },
  reader: Reader,
  id: string,
): Promise<Recount> {
  const found = await reader.approvals.byId(id);
  if (!found) return 'forged';
  const { approval } = found;
  const rule = ruleOf(rules, approval.kind);
  const hash = sha256(approval.payload);
  const needed = Math.max(rule.needed, approval.needed);
  const isEnough = (counted: readonly Counted[]) =>
    counted.length >= needed && (!rule.central || counted.some(({ path }) => isCentral(path)));

  const { requestedBy } = approval;
  const request = await askedInLog(reader, rule, approval, hash);
  if (!request) return 'forged';

  const logged: Counted[] = [];
  for (const vote of await reader.approvals.votes(id)) {
    if (vote.vote !== 'approve' || vote.officer === requestedBy) continue;
    const said = await votedInLog(reader, id, hash, vote);
    if (!said) continue;
    const unit = await reader.commissions.byCode(String(said.leaf.commission));
    logged.push({ vote, seq: said.seq, role: String(said.leaf.role), path: unit?.path ?? '' });
  }
  if (!isEnough(logged) || (await isDenied(reader, id, request.seq))) return 'forged';

  const stand: Counted[] = [];
  for (const one of logged) {
    if (!isTrusted(one.vote) || (await isSuspect(reader, one))) continue;
    if (await wasEntitled({ gate, rules }, reader, found, one)) stand.push(one);
  }
  return isEnough(stand) ? 'stands' : 'taken-back';
}

/**
 * Whether what takes effect at the vote was asked for, in exactly these words, by whom its row names, and approved by those
 * whose votes stand before this one. To be called when the projections are settled.
 */
export async function isBorneOut(
  reader: Reader,
  rule: ApprovalRule,
  approval: Found['approval'],
  before: readonly Pick<Votes[number], 'officer' | 'vote' | 'at'>[],
): Promise<boolean> {
  const hash = sha256(approval.payload);
  if (!(await askedInLog(reader, rule, approval, hash))) return false;
  for (const vote of before)
    if (vote.vote === 'approve' && !(await votedInLog(reader, approval.id, hash, vote))) return false;
  return true;
}

async function askedInLog(
  reader: Reader,
  { asks, asksToo }: ApprovalRule,
  { id, commission, requestedBy: actor, requestedAt: at }: Found['approval'],
  hash: string,
): Promise<(Said & { seq: number }) | null> {
  const isIt = (detail: Said['detail']) => names(detail, id, hash) && detail.commission === commission;
  return (
    (await deedInLog(reader, { act: asks, actor, at }, isIt)) ??
    (asksToo ? deedInLog(reader, { act: asksToo, actor, at }, isIt) : null)
  );
}

const votedInLog = (
  reader: Reader,
  id: string,
  hash: string,
  { officer: actor, at }: Pick<Votes[number], 'officer' | 'at'>,
) => deedInLog(reader, { act: 'approval.approve', actor, at }, (detail) => names(detail, id, hash));

/** The request of this very payload, or a vote on it, alone or in a batch (vote.ts). */
function names(detail: Record<string, unknown>, id: string, hash: string): boolean {
  if (detail.approval === id) return detail.hash === hash;
  const { approvals, hashes } = detail;
  const at = Array.isArray(approvals) ? approvals.indexOf(id) : -1;
  return at >= 0 && Array.isArray(hashes) && hashes[at] === hash;
}

function isDenied(reader: Reader, id: string, after: number): Promise<boolean> {
  return mayFollowInLog(reader, { act: 'approval.deny', after }, ({ approval }) => approval === id);
}

/** Said in the log since the vote, whatever has become of the row: by the officer, or of them. */
async function isSuspect(reader: Reader, { vote: { officer }, seq: after }: Counted): Promise<boolean> {
  const own = { act: 'session.not-me', after, actor: officer } as const;
  const ended = { act: 'officer.end-sessions', after } as const;
  return (
    (await mayFollowInLog(reader, own, () => true)) ||
    (await mayFollowInLog(reader, ended, (detail) => detail.officer === officer))
  );
}

/** Whether the policy lets the role and unit of the vote's entry decide on it, with all that is known of the two by now. */
async function wasEntitled(
  { gate, rules }: { gate: Gate; rules: ApprovalRules },
  reader: Reader,
  found: Found,
  { vote, role, path }: Counted,
): Promise<boolean> {
  if (!isRole(role)) return false;
  const where = { unit: found.path, flags: await factsFor(rules, reader, found, vote.officer) };
  return gate.standing({ role, path, clearanceValid: true }, 'approval.approve', where).kind === 'permit';
}
