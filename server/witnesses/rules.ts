// Pure decisions about witnesses: how long to leave one alone that failed, and what it means that the quorum is behind.

/** Longest pause before a failing witness is asked again. */
const longestPauseMs = 600_000;

/** @param failures in a row, at least one */
export function pauseAfter(failures: number, everyMs: number): number {
  return Math.max(everyMs, Math.min(everyMs * 2 ** failures, longestPauseMs));
}

/** `overdue`: entries have waited longer than allowed for a quorum; until then `waiting`. */
export type QuorumState = 'none' | 'met' | 'waiting' | 'overdue';

/**
 * @param witnessed entries under the newest checkpoint with a quorum @param signed entries under the newest checkpoint
 * @param since epoch ms of the first entry that is not witnessed @param overdueMs how long one may wait
 */
export function quorumState(
  quorum: object | null,
  { witnessed, signed, since }: { witnessed: number; signed: number; since: number | null },
  now: number,
  overdueMs: number,
): QuorumState {
  if (quorum === null) return 'none';
  if (signed <= witnessed) return 'met';
  if (since !== null && now - since > overdueMs) return 'overdue';
  // A log in use always has a few entries that nobody saw yet.
  return witnessed > 0 ? 'met' : 'waiting';
}
