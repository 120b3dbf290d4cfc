// Pure rules of approval (R37): how many and who suffice, and that one denial is final.

export interface CastVote {
  officer: string;
  vote: string;
  /** Whether the voter sits at the central commission. */
  central: boolean;
  /** Whether the policy would still let this officer decide on it: a vote of somebody disabled since counts no more. */
  stands: boolean;
}

export interface Asked {
  needed: number;
  /** One of them must sit at the central commission. */
  central: boolean;
}

/** How many approvals count now. */
export function approvalsThatCount(votes: readonly CastVote[]): number {
  return new Set(votes.filter((v) => v.vote === 'approve' && v.stands).map((v) => v.officer)).size;
}

/** State after the votes cast. */
export function verdict(
  { needed, central }: Asked,
  votes: readonly CastVote[],
): 'pending' | 'approved' | 'denied' {
  if (votes.some((v) => v.vote === 'deny')) return 'denied';
  if (approvalsThatCount(votes) < needed) return 'pending';
  if (central && !votes.some((v) => v.vote === 'approve' && v.stands && v.central)) return 'pending';
  return 'approved';
}

/** An officer who could decide on a request, by the path of their unit. */
export interface Decider {
  path: string;
}

/**
 * Where a request is decided: the nearest unit, upwards from its own, in and above which enough officers may. Where fewer
 * than are needed sit, it moves up; never are fewer asked for.
 * @param path of the request's unit
 * @param missing approvals still needed
 * @returns the unit's path, null where there are too few even at the top
 */
export function decidedAt(path: string, deciders: readonly Decider[], missing: number): string | null {
  const parts = path.split('/').filter(Boolean);
  for (let n = parts.length; n > 0; n--) {
    const unit = `/${parts.slice(0, n).join('/')}/`;
    if (deciders.filter((d) => d.path.startsWith(unit)).length >= missing) return unit;
  }
  return null;
}
