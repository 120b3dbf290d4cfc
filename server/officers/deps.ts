// What the use cases on accounts share: what they work with and the refusals they have in common.
import type { Gate } from '#server/gate/gate.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { bishkekDay, isCalendarDay } from '#server/lib/dates.ts';
import type { Hasher } from '#server/lib/passwords.ts';

export interface OfficersDeps {
  gate: Gate;
  hasher: Hasher;
  /** @returns that many random bytes */
  random: (bytes: number) => Buffer;
  /** How long an issued password lives. */
  temporaryHours: number;
}

export const staleAt = (officer: { version: number }, expected: number): Refusal | null =>
  officer.version === expected ? null : refuse('stale', { facts: { currentVersion: officer.version } });

export const ownAccount = () =>
  refuse('own-request', { detail: 'Another official must do this to your account' });

export const wrongSeat = () =>
  refuse('invalid-input', { field: 'role', detail: 'role: does not exist at a commission of this level' });

export function clearanceFault({ until }: { until: string }, now: number): Refusal | null {
  if (isCalendarDay(until) && until >= bishkekDay(now)) return null;
  return refuse('invalid-input', {
    field: 'clearance.until',
    detail: 'clearance.until: give a day that is not past',
  });
}
