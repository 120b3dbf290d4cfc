// R46: a password is changed before and after every campaign. Pure: tells from dates when an officer's turn comes. Turns are
// spread by a hash of the id, so that the desks are not all asked, and the hashing not all done, on one morning.
import { hash } from 'node:crypto';
import {
  addCalendarDays,
  bishkekDay,
  calendarDaysBetween,
  endOfBishkekDay,
  startOfBishkekDay,
} from '#server/lib/dates.ts';

export interface Campaign {
  /** First day, Asia/Bishkek. */
  opensOn: string;
  /** Last day, inclusive; null while it is open. */
  closedOn: string | null;
  /** When it was recorded, epoch ms: nobody's turn can come before anybody knew. */
  openedAt: number;
}

/** One of the two times a campaign asks for a change. */
export interface Round {
  when: 'before' | 'after';
  /** Passwords set before this have not been changed for it, epoch ms. */
  boundary: number;
  /** First day on which somebody's turn comes, and over how many days the turns are spread. */
  firstDay: string;
  days: number;
}

/**
 * The rounds of a campaign: one in the window before it opens, and one after it has closed. Recorded late, the first round
 * has only the days that are left, and at least one: a campaign does not wait. Closed before it opened it was called off and
 * asks nothing.
 */
export function roundsOf({ opensOn, closedOn, openedAt }: Campaign, windowDays: number): Round[] {
  if (closedOn !== null && closedOn < opensOn) return [];
  const window = addCalendarDays(opensOn, -windowDays);
  const recorded = bishkekDay(openedAt);
  const firstDay = recorded > window ? recorded : window;
  const days = Math.max(1, calendarDaysBetween(firstDay, opensOn));
  const before: Round = { when: 'before', boundary: startOfBishkekDay(window), firstDay, days };
  if (closedOn === null) return [before];
  const after: Round = {
    when: 'after',
    boundary: endOfBishkekDay(closedOn),
    firstDay: addCalendarDays(closedOn, 1),
    days: windowDays,
  };
  return [before, after];
}

/** The day this officer's turn comes in a round, ISO date. */
export function turnOf(officer: string, { firstDay, days }: Round): string {
  return addCalendarDays(firstDay, hash('sha256', officer, 'buffer').readUInt32BE(0) % days);
}

/** True when the password has not been changed for some round and this officer's turn has come. @param setAt epoch ms */
export function rotationDue(
  officer: string,
  setAt: number,
  now: number,
  campaigns: readonly Campaign[],
  windowDays: number,
): boolean {
  return campaigns.some((campaign) =>
    roundsOf(campaign, windowDays).some(
      (round) => setAt < round.boundary && now >= startOfBishkekDay(turnOf(officer, round)),
    ),
  );
}

/** Where an officer stands in a round: `waiting` for the turn, `due`, or done with it. */
export type Progress = 'changed' | 'due' | 'waiting';

export function progressIn(officer: string, setAt: number, now: number, round: Round): Progress {
  if (setAt >= round.boundary) return 'changed';
  return now >= startOfBishkekDay(turnOf(officer, round)) ? 'due' : 'waiting';
}
