// Pure rules about accounts: which role sits where, who may issue it, what a state allows, what a temporary password is.
import type { OfficerState } from '#server/contract/officers.ts';
import type { Level, Role } from '#server/contract/vocabulary.ts';
import type { Actor } from '#server/gate/context.ts';

/** Levels at which a role makes sense; roles not named may sit anywhere but in a precinct. */
const seats: Partial<Record<Role, readonly Level[]>> = {
  'precinct-member': ['PEC'],
  'territorial-admin': ['DEC', 'TEC'],
  'central-admin': ['CEC'],
  'security-officer': ['CEC'],
};

export function roleFits(role: Role, level: Level): boolean {
  return (seats[role] ?? ['CEC', 'DEC', 'TEC']).includes(level);
}

/** A territory issues logins to its precincts' members only; the centre to everybody (R28). */
export function mayIssue(actor: Actor, role: Role, unitPath: string): boolean {
  if (actor.role === 'system' || actor.role === 'central-admin') return true;
  return (
    actor.role === 'territorial-admin' &&
    role === 'precinct-member' &&
    unitPath !== actor.path &&
    unitPath.startsWith(actor.path)
  );
}

const height: Record<Level, number> = { CEC: 3, DEC: 2, TEC: 1, PEC: 0 };

/**
 * Whether a duty gives more than the one before it and so asks a second official. A precinct member's never does; any other
 * role does when it is new to the officer or moves up the tree.
 * @param from null for an account that holds no granted duty yet
 */
export function needsGrant(
  from: { role: Role; level: Level } | null,
  to: { role: Role; level: Level },
): boolean {
  if (to.role === 'precinct-member') return false;
  return from === null || from.role !== to.role || height[to.level] > height[from.level];
}

export interface AccountState {
  state: OfficerState;
  /** True while only the issued password exists: it was never replaced by the officer's own. */
  awaitsFirstChange: boolean;
}

export const officerActions = [
  'activate',
  'disable',
  'enable-request',
  'role',
  'grant-request',
  'clearance',
  'absence',
  'end-sessions',
  'reset-request',
] as const;
export type OfficerAction = (typeof officerActions)[number];

/** What may be done with an account in this state. */
export function actionsIn({ state, awaitsFirstChange }: AccountState): OfficerAction[] {
  if (state === 'disabled') return ['enable-request', 'end-sessions'];
  const always: OfficerAction[] = ['disable', 'role', 'grant-request', 'clearance'];
  if (state === 'requested') return always;
  if (state === 'issued') return ['activate', ...always, 'absence'];
  const again: OfficerAction[] = awaitsFirstChange ? ['activate'] : [];
  return [...again, ...always, 'absence', 'end-sessions', 'reset-request'];
}

/** No I, l, 1, O, 0: it is typed once, from one screen into another window. */
const alphabet = 'ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789';

/**
 * Sixteen random characters in four blocks: 92 bits, all four groups (the hyphen is the special character).
 * @param random that many random bytes
 */
export function temporaryPassword(random: (bytes: number) => Buffer): string {
  // Bytes past the last full run of the alphabet are thrown away: a remainder would favour its first letters.
  const fair = 256 - (256 % alphabet.length);
  for (;;) {
    let letters = '';
    while (letters.length < 16)
      for (const byte of random(32))
        if (byte < fair && letters.length < 16) letters += alphabet[byte % alphabet.length];
    if (/[A-Z]/.test(letters) && /[a-z]/.test(letters) && /[0-9]/.test(letters))
      return letters.replace(/(.{4})(?=.)/g, '$1-');
  }
}
