// Pure rules of a session's life: which stage comes next, when it locks, when it is over. Times are epoch ms.
import type { Stage } from '#server/contract/vocabulary.ts';
import { bishkekDay, endOfBishkekDay } from '#server/lib/dates.ts';

const minute = 60_000;
export const idleLockMs = 10 * minute;
export const idleEndMs = 15 * minute;
export const longestMs = 8 * 60 * minute;

export interface Progress {
  /** An issued password, or one that must be changed before anything else (R44, R46). */
  mustChangePassword: boolean;
  factorConfirmed: boolean;
  /** Shown in this session. */
  factorShown: boolean;
  /** The role must show a passkey and the officer has none yet. */
  passkeyMissing: boolean;
  /** The version in force, with its hash (R39). */
  briefingSigned: boolean;
}

/**
 * What this session must do next. Where a factor exists it is asked before the password may be changed: whoever stole a
 * password that is to be changed on suspicion must not be the one who changes it.
 */
export function nextStage(progress: Progress): Stage {
  if (progress.factorConfirmed && !progress.factorShown) return 'totp';
  if (progress.mustChangePassword) return 'password-change';
  if (!progress.factorConfirmed) return 'totp-enrol';
  if (progress.passkeyMissing) return 'passkey-enrol';
  if (!progress.briefingSigned) return 'briefing';
  return 'open';
}

/** Eight hours, and never past the end of the working day it began in (R48). */
export function absoluteEnd(startedAt: number): number {
  return Math.min(startedAt + longestMs, endOfBishkekDay(bishkekDay(startedAt)));
}

export interface Clocks {
  stage: Stage;
  seenAt: number;
  endsAt: number;
  lockedAt: number | null;
  endedAt: number | null;
}

export type Standing = 'alive' | 'locked' | 'ended' | 'expired';

/** Before `open` there is nothing to unlock: an idle log-in is over instead. */
export function standingAt(now: number, session: Clocks): Standing {
  if (session.endedAt !== null) return 'ended';
  const idle = now - session.seenAt;
  if (now >= session.endsAt || idle >= idleEndMs) return 'expired';
  const locked = session.lockedAt !== null || idle >= idleLockMs;
  if (!locked) return 'alive';
  return session.stage === 'open' ? 'locked' : 'expired';
}

/** What a session's row says of the factor shown in it: a recovery code counts for no act. */
export function shownFactor(row: { factorAt: number | null; factorBy: string | null }) {
  const counts = row.factorBy !== 'recovery-code';
  return { factorShown: row.factorAt !== null, factorAt: counts ? row.factorAt : null };
}
