// R46: a password is changed before and after every campaign. Pure: tells from dates whether this one is due.
import { createHash } from 'node:crypto';
import { addCalendarDays, DAY_MS, endOfBishkekDay, startOfBishkekDay } from '#server/lib/dates.ts';

export interface Campaign {
  /** First and last day, inclusive, Asia/Bishkek. */
  opens: string;
  closes: string;
}

/**
 * True when the password predates the window before the last opening, or the last closing, and this officer's day has
 * come. Everybody's turn comes within `windowDays`, spread by a hash of the id so that the desks are not all asked on
 * one morning.
 * @param setAt when the password was set, epoch ms
 */
export function rotationDue(
  officer: string,
  setAt: number,
  now: number,
  campaigns: readonly Campaign[],
  windowDays: number,
): boolean {
  const spread = createHash('sha256').update(officer).digest().readUInt32BE(0) % windowDays;
  for (const { opens, closes } of campaigns) {
    const before = startOfBishkekDay(addCalendarDays(opens, -windowDays));
    const after = endOfBishkekDay(closes);
    for (const boundary of [before, after])
      if (setAt < boundary && now >= boundary + spread * DAY_MS) return true;
  }
  return false;
}
