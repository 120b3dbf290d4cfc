// When an account counts at all, whatever its role: cleared (R28) and not on leave. For the request that is asked and for
// officers who are not asking.
import { bishkekDay } from '#server/lib/dates.ts';

/** A clearance counts through its last day in Bishkek and names its order. @param until ISO date @param now epoch ms */
export function clearanceValid(order: string, until: string, now: number): boolean {
  return order !== '' && until >= bishkekDay(now);
}

/** True from the first through the last day away, ISO dates in Asia/Bishkek. @param now epoch ms */
export function isAbsent(
  { absentFrom, absentUntil }: { absentFrom: string | null; absentUntil: string | null },
  now: number,
): boolean {
  if (absentFrom === null || absentUntil === null) return false;
  const today = bishkekDay(now);
  return absentFrom <= today && today <= absentUntil;
}
