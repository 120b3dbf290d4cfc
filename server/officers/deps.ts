// What the use cases on accounts share: what they work with and the refusals they have in common.
import type { Change, Row } from '#db/store.ts';
import type { ChangeAbsence, NewOfficer } from '#server/contract/officers.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { bishkekDay, calendarDaysBetween, isCalendarDay } from '#server/lib/dates.ts';
import { lineFault } from '#server/lib/hidden-text.ts';
import type { Hasher } from '#server/lib/passwords.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';

export interface OfficersDeps {
  gate: Gate;
  hasher: Hasher;
  /** @returns that many random bytes */
  random: (bytes: number) => Buffer;
  /** How long an issued password lives. */
  temporaryHours: number;
  /** The briefing in force: what a signature must be of (R39). */
  briefing: { readonly version: string; readonly hash: string };
  /** What an officer asked for and is not carried out yet becomes void (approvals room). */
  voidRequests: (officer: string, now: number) => Change[];
  macs: RowMacs;
}

/** A commission as the server placed it; one whose row says otherwise does not exist. */
export const placedUnit = (macs: RowMacs, unit: Row<'commission'> | null): Row<'commission'> | null =>
  unit !== null && macs.holds('commission', 'mac', unit) ? unit : null;

export const staleAt = (officer: { version: number }, expected: number): Refusal | null =>
  officer.version === expected ? null : refuse('stale', { facts: { currentVersion: officer.version } });

export const ownAccount = () =>
  refuse('own-request', { detail: 'Another official must do this to your account' });

export const wrongSeat = () =>
  refuse('invalid-input', { field: 'role', detail: 'role: does not exist at a commission of this level' });

/** A name is read by whoever activates, grants and approves: it says who it is and hides nothing. */
export function nameFault(officer: Pick<NewOfficer, 'surname' | 'givenName' | 'patronymic'>): Refusal | null {
  for (const field of ['surname', 'givenName', 'patronymic'] as const) {
    const value = officer[field] ?? '';
    const says = field === 'patronymic' && value === '' ? null : lineFault(value);
    if (says !== null) return refuse('invalid-input', { field, detail: `${field}: ${says}` });
  }
  return null;
}

export function clearanceFault({ until }: { until: string }, now: number): Refusal | null {
  if (isCalendarDay(until) && until >= bishkekDay(now)) return null;
  return refuse('invalid-input', {
    field: 'clearance.until',
    detail: 'clearance.until: give a day that is not past',
  });
}

/** A longer absence is no leave: the account is disabled. */
const longestAbsenceDays = 366;

export function absenceFault(
  { from, until }: Pick<ChangeAbsence, 'from' | 'until'>,
  now: number,
): Refusal | null {
  if (from === null && until === null) return null;
  const fault = (field: 'from' | 'until', says: string) =>
    refuse('invalid-input', { field, detail: `${field}: ${says}` });
  if (from === null || !isCalendarDay(from)) return fault('from', 'give the first day away');
  if (until === null || !isCalendarDay(until) || until < from)
    return fault('until', 'give the last day away, not before the first');
  if (until < bishkekDay(now)) return fault('until', 'give a day that is not past');
  if (calendarDaysBetween(from, until) > longestAbsenceDays)
    return fault('until', 'at most a year; disable the account for longer');
  return null;
}
