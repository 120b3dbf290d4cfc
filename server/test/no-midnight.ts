// For tests by the machine's own time: sessions end with the day, so in its last hour they begin the next one.
import { bishkekDay, endOfBishkekDay } from '#server/lib/dates.ts';

/** By how much a clock is to be ahead for no midnight to come within the hour, ms. @param now epoch ms */
export function untilTomorrow(now: number): number {
  const left = endOfBishkekDay(bishkekDay(now)) - now;
  return left < 3_600_000 ? left + 60_000 : 0;
}
