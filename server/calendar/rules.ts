// The calendar that governs lists (R27): explicit dates with the act that set them. Formulas only propose; only a date
// somebody set under an act binds. Dates are ISO days in Asia/Bishkek.
import { addCalendarDays, bishkekDay, earlierDay } from '#server/lib/dates.ts';

/** Days before voting day, as the guidance lists them; freeze is proposed as 00:00 of D-10. */
export const proposals: Readonly<Record<string, number>> = {
  'preliminary-public': 80,
  'preliminary-to-precincts': 75,
  'preliminary-posted': 70,
  'control-list': 30,
  'applications-end': 16,
  'institutions-end': 12,
  freeze: 10,
  'final-public': 10,
  'final-by-precinct': 7,
};

export interface CalendarFacts {
  /** event → ISO day; only dates that were set. */
  dates: Readonly<Record<string, string>>;
}

export const noCalendar: CalendarFacts = { dates: {} };

export function isCalendarEvent(event: string): boolean {
  return Object.hasOwn(proposals, event);
}

export function proposedDay(votingDay: string, event: string): string {
  const days = proposals[event];
  if (days === undefined || !isCalendarEvent(event)) throw new RangeError(`no calendar event named ${event}`);
  return addCalendarDays(votingDay, -days);
}

/** From 00:00 of the freeze day on nothing changes a list but a decision naming its legal basis. */
export function isFrozen({ dates }: CalendarFacts, now: number): boolean {
  return dates.freeze !== undefined && bishkekDay(now) >= dates.freeze;
}

/** The last day of taking applications in has passed; institutions have a day of their own (R26). */
export function isLate({ dates }: CalendarFacts, kind: string, now: number): boolean {
  const end = kind === 'institution' ? dates['institutions-end'] : dates['applications-end'];
  return end !== undefined && bishkekDay(now) > end;
}

/**
 * The day by whose end a reply must have been sent: seven calendar days after the territory had it, and before the list
 * freezes where the freeze lies ahead (R19).
 */
export function dueDay({ dates }: CalendarFacts, atTerritory: number): string {
  const day = bishkekDay(atTerritory);
  const week = addCalendarDays(day, 7);
  if (dates.freeze === undefined || dates.freeze <= day) return week;
  return earlierDay(addCalendarDays(dates.freeze, -1), week);
}
