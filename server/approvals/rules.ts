// Pure rules of approval (R37): how many and who suffice, and that one denial is final.
import { isCentral } from '#server/policy/relation.ts';

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

/** How a waiting request stands. */
export interface Standing extends Asked {
  /** Path of its unit. */
  path: string;
  /** Approvals still needed, and whether one of them must come from the central commission. */
  missing: number;
  missesCentral: boolean;
}

/** Whether the approval of the central commission is missing and nobody there can give it. */
export const lacksCentral = ({ missesCentral }: Standing, able: readonly Decider[]) =>
  missesCentral && !able.some((d) => isCentral(d.path));

/**
 * The unit to be told that too few can decide on a request where it ought to be decided: the one above, the root itself where
 * none is. Where it ought to be is where enough sat by their duty when it was asked; who is away, suspended, no longer
 * cleared, gone, or asked for it themselves cannot. An approval that must be central is nobody else's to give.
 * @param sat whose duty it was then
 * @param able who can now
 * @returns its path, or null where enough can
 */
export function unitToTell(
  request: Standing,
  sat: readonly Decider[],
  able: readonly Decider[],
): string | null {
  const { path, needed, central, missing, missesCentral } = request;
  const root = `/${path.split('/')[1]}/`;
  if (lacksCentral(request, able)) return root;
  const besides = (all: readonly Decider[], count: number, isCentralGiven: boolean) => {
    if (!isCentralGiven) return decidedAt(path, all, count);
    const seat = all.findIndex((d) => isCentral(d.path));
    return decidedAt(path, seat < 0 ? all : all.toSpliced(seat, 1), count - 1);
  };
  const home = besides(sat, needed, central) ?? root;
  if (besides(able, missing, missesCentral)?.startsWith(home)) return null;
  return home === root ? root : home.replace(/[^/]+\/$/, '');
}
