// Pure rules of emergency access: what may be asked for, how long it lasts, and where it stands.
import type { EmergencyItem } from '#server/contract/emergency.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { isCentral } from '#server/policy/relation.ts';

const minute = 60_000;
/** From the approval on. */
export const lastsMs = 30 * minute;
/** What cannot wait is decided soon, or it could. */
export const lapsesMs = 60 * minute;
export const reviewWithinMs = 24 * 60 * minute;

/** Why this unit cannot be asked for, or null. @param own path of the asking officer's unit */
export function unitFault(own: string, unit: string): Refusal | null {
  const field = 'unit';
  if (isCentral(unit))
    return refuse('invalid-input', {
      field,
      detail: 'Name a territory or a precinct: the whole country is never opened',
    });
  if (unit.startsWith(own)) return refuse('invalid-input', { field, detail: 'This unit is yours already' });
  return null;
}

export interface Standing {
  approvalState: string;
  approvalExpiresAt: number;
  startsAt: number | null;
  endsAt: number | null;
  endedAt: number | null;
  sessionEndedAt: number | null;
  sessionEndsAt: number;
}

/** When it ends, or ended: by itself, by an officer, or with its session. Null before it began. */
export function endOf({ endsAt, endedAt, sessionEndedAt, sessionEndsAt }: Standing): number | null {
  if (endsAt === null) return null;
  return Math.min(endsAt, endedAt ?? Infinity, sessionEndedAt ?? Infinity, sessionEndsAt);
}

export function stateOf(at: Standing, now: number): EmergencyItem['state'] {
  const end = endOf(at);
  if (at.startsAt !== null && end !== null) return now < end ? 'active' : 'ended';
  if (at.approvalState === 'denied') return 'denied';
  return at.approvalState === 'pending' && now <= at.approvalExpiresAt ? 'pending' : 'lapsed';
}

/** Why it ended, in codes. */
export function endReason(at: Standing & { endedBy: string | null }): 'officer' | 'session' | 'time' | null {
  const end = endOf(at);
  if (end === null) return null;
  if (at.endedAt === end) return 'officer';
  return end === at.endsAt ? 'time' : 'session';
}
