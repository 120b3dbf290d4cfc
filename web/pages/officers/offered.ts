/** Which steps are offered to whom. What is allowed is decided by the server; a step nobody may take is not shown. */
import type { OfficerState } from '../../../server/contract/officers.ts';
import type { Role } from '../../../server/contract/vocabulary.ts';
import { bishkekDay } from '../../../server/lib/dates.ts';

export const steps = [
  'activate',
  'enable-request',
  'clearance',
  'role',
  'absence',
  'end-sessions',
  'reset-request',
  'disable',
] as const;
export type Step = (typeof steps)[number];

const mayTake: Partial<Record<Role, readonly Step[]>> = {
  'security-officer': ['activate', 'enable-request', 'clearance', 'end-sessions', 'reset-request', 'disable'],
  'central-admin': [
    'enable-request',
    'clearance',
    'role',
    'absence',
    'end-sessions',
    'reset-request',
    'disable',
  ],
};

/** @param possible what the account's state allows, as the server says */
export function offeredSteps(
  role: Role | undefined,
  possible: readonly string[],
  own: boolean,
): readonly Step[] {
  if (role === undefined || own) return [];
  return (mayTake[role] ?? []).filter((step) => possible.includes(step));
}

/** Under which name a step is offered: where nothing is open any more, sessions are ended for the suspicion's sake alone. */
export const stepName = (step: Step, state: OfficerState): Step | 'suspect' =>
  step === 'end-sessions' && state === 'disabled' ? 'suspect' : step;

export const roles: readonly Role[] = [
  'precinct-member',
  'territorial-admin',
  'supervisor',
  'approver',
  'auditor',
  'protection-officer',
  'central-admin',
  'security-officer',
];
export const clearanceLevels = ['personal', 'special', 'secret'] as const;
export const officerStates = ['requested', 'issued', 'active', 'disabled'] as const;

/** Whether today is among the days away. */
export function isAway(absence: { from: string; until: string } | null, now = Date.now()): boolean {
  const today = bishkekDay(now);
  return absence !== null && absence.from <= today && today <= absence.until;
}
