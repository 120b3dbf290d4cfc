// Pure rules of approval (R37): how many and who suffice, and that one denial is final.
import type { ApprovalKind } from '#server/contract/vocabulary.ts';

export interface CastVote {
  officer: string;
  vote: string;
  /** Whether the voter sits at the central commission. */
  central: boolean;
}

const central: ReadonlySet<string> = new Set<ApprovalKind>(['print', 'export', 'evidence', 'destroy']);

/** What leaves the commission (R37), or can never be brought back, needs one approver of the central one. */
export function asksCentral(kind: string): boolean {
  return central.has(kind);
}

/** State after the votes cast. */
export function verdict(
  kind: string,
  needed: number,
  votes: readonly CastVote[],
): 'pending' | 'approved' | 'denied' {
  if (votes.some((v) => v.vote === 'deny')) return 'denied';
  const approvers = new Set(votes.filter((v) => v.vote === 'approve').map((v) => v.officer));
  if (approvers.size < needed) return 'pending';
  if (asksCentral(kind) && !votes.some((v) => v.vote === 'approve' && v.central)) return 'pending';
  return 'approved';
}
