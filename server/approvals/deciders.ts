// Who could decide on a waiting request just now: those whom the policy would let in, who are there, and who have not decided
// yet. For its card, and for telling the unit above where they are too few.
import type { Reader } from '#db/store.ts';
import type { Gate } from '#server/gate/gate.ts';
import { isAbsent } from '#server/policy/clearance.ts';
import { type ApprovalRules, type Found, factsFor, isTrusted, ruleOf, stillMay, votesNow } from './locate.ts';
import { approvalsThatCount, type Decider, type Standing } from './rules.ts';

export type Sitting = Awaited<ReturnType<Reader['officers']['upwards']>>;

/** @param sitting the active officers of its unit and of those above, where they are known */
export async function decidersOf(
  { gate, rules }: { gate: Gate; rules: ApprovalRules },
  reader: Reader,
  found: Found,
  now: number,
  sitting?: Sitting,
): Promise<Standing & { able: Decider[] }> {
  const { approval, path } = found;
  const votes = await reader.approvals.votes(approval.id);
  const cast = await votesNow(gate, rules, reader, found, votes, now);
  const voted = new Set(votes.filter(isTrusted).map((v) => v.officer));
  const able: Decider[] = [];
  for (const officer of sitting ?? (await reader.officers.upwards(path))) {
    // Held suspect or reset: until they have set a password of their own they open nothing.
    if (voted.has(officer.id) || isAbsent(officer, now) || officer.passwordTemporary === 1) continue;
    const flags = await factsFor(rules, reader, found, officer.id);
    if (stillMay(gate, officer, 'approval.approve', { unit: path, flags }, now)) able.push(officer);
  }
  const { needed } = approval;
  const { central } = ruleOf(rules, approval.kind);
  return {
    path,
    needed,
    central,
    missing: Math.max(1, needed - approvalsThatCount(cast)),
    missesCentral:
      central && !cast.some(({ vote, stands, central }) => vote === 'approve' && stands && central),
    able,
  };
}
