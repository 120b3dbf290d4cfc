/**
 * The times of R48 as the page counts them down. The server holds the real clocks; these are the same numbers.
 */
export const IDLE_LOCK_SECONDS = 600;
export const IDLE_END_SECONDS = 900;
export const WARN_SECONDS = 120;

export type Warning =
  | { readonly kind: 'none' }
  | { readonly kind: 'idle'; readonly secondsLeft: number }
  | { readonly kind: 'end'; readonly secondsLeft: number };

/**
 * What to warn of now: the end of the session, which cannot be put off, before the idle lock, which can.
 * All moments in milliseconds since 1970.
 */
export function warningAt(now: number, activeAt: number, endsAt: number | undefined): Warning {
  const toEnd = endsAt === undefined ? Number.POSITIVE_INFINITY : (endsAt - now) / 1000;
  const toLock = IDLE_LOCK_SECONDS - (now - activeAt) / 1000;
  if (toEnd <= WARN_SECONDS && toEnd <= toLock) return { kind: 'end', secondsLeft: Math.max(0, toEnd) };
  if (toLock <= WARN_SECONDS) return { kind: 'idle', secondsLeft: Math.max(0, toLock) };
  return { kind: 'none' };
}
