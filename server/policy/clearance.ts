// The one rule on clearances (R28), for the request that is asked and for officers who are not asking.
import { bishkekDay } from '#server/lib/dates.ts';

/** A clearance counts through its last day in Bishkek and names its order. @param until ISO date @param now epoch ms */
export function clearanceValid(order: string, until: string, now: number): boolean {
  return order !== '' && until >= bishkekDay(now);
}
