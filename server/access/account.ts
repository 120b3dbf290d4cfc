// One account as log-in and the steps after it see it: who it is, what it must still do, which lanes its attempts run in.
// Pure; no queries and no secrets leave it.
import { hash } from 'node:crypto';
import type { Reader, Row } from '#db/store.ts';
import type { Factor, Role } from '#server/contract/vocabulary.ts';
import type { Actor, Context, SessionFacts } from '#server/gate/context.ts';
import { clearanceValid } from '#server/policy/clearance.ts';
import type { Briefing } from './policy-files.ts';
import type { Progress } from './stages.ts';
import type { Lane } from './throttle.ts';

export type Account = NonNullable<Awaited<ReturnType<Reader['access']['byLogin']>>>;

export function fullName(officer: Pick<Row<'officer'>, 'surname' | 'givenName' | 'patronymic'>): string {
  return [officer.surname, officer.givenName, officer.patronymic].filter(Boolean).join(' ');
}

/** As much of an account as says who somebody is. */
type Person = Pick<
  Row<'officer'>,
  | 'login'
  | 'surname'
  | 'givenName'
  | 'patronymic'
  | 'role'
  | 'commission'
  | 'clearanceOrder'
  | 'clearanceUntil'
>;

/** @param path of the officer's unit */
export function actorOf(id: string, officer: Person, path: string, now: number): Actor {
  return {
    id,
    login: officer.login,
    name: fullName(officer),
    role: officer.role as Role, // written from the closed list
    commission: officer.commission,
    path,
    clearanceValid: clearanceValid(officer.clearanceOrder, officer.clearanceUntil, now),
  };
}

/** The request's context in the name of the account somebody tries to enter; entries are still counted with it. */
export function contextAs(ctx: Context, account: Account, session: SessionFacts | null): Context {
  const { officer, path } = account;
  return {
    ...ctx,
    actor: actorOf(officer.id, officer, path, ctx.now),
    session,
    passive: true,
    seenAt: ctx.now,
  };
}

export function progressOf(
  officer: Row<'officer'>,
  briefing: Briefing,
  factorShown: boolean,
  passkeyMissing: boolean,
): Progress {
  return {
    passkeyMissing,
    mustChangePassword: officer.passwordTemporary === 1,
    factorConfirmed: officer.totpConfirmedAt !== null,
    factorShown,
    briefingSigned: officer.briefingVersion === briefing.version && officer.briefingHash === briefing.hash,
  };
}

/** Logins are lower case; what is typed is brought there, so that a capital is no other account. */
export const normalLogin = (typed: string) => typed.trim().normalize('NFKC').toLowerCase();

/**
 * Unknown logins get lanes of the same shape: nobody learns from a delay which accounts exist. What ends in a hard stop
 * counts guesses at one password (SP 800-63B-4, 3.2.2): issued anew in person, it begins anew. Otherwise a hundred wrong
 * guesses from afar would keep out whoever has no known device yet, whatever officials do. A network's delays stay: seen from
 * there, they would tell that there is such an account and that its password has changed.
 * @param stored hash of the account's password, null where there is none
 */
export function loginLanes(
  login: string,
  stored: string | null,
  address: string,
  knownDevice: string | null,
): Lane[] {
  const name = (secret: string) => hash('sha256', JSON.stringify([login, secret]), 'hex').slice(0, 32);
  const guessed = name(stored ?? '');
  if (knownDevice !== null)
    return [{ key: `device:${guessed}:${knownDevice.slice(0, 32)}`, rule: 'growing' }];
  return [
    { key: `account:${guessed}`, rule: 'stopping' },
    { key: `login:${name('')}:${address}`, rule: 'growing' },
  ];
}

/**
 * Where attempts at a second factor are counted: a known device counts for itself, so that nobody who got hold of the
 * password keeps its owner from showing a factor. Of codes there are so few that guesses at one seed end in a hard stop.
 */
export function factorLanes(
  factor: Factor,
  { id, totpConfirmedAt }: Pick<Row<'officer'>, 'id' | 'totpConfirmedAt'>,
  knownDevice: string | null,
): Lane[] {
  const whose = knownDevice === null ? id : `${id}:${knownDevice.slice(0, 32)}`;
  const lanes: Lane[] = [{ key: `${factor}:${whose}`, rule: 'fiveInFive' }];
  if (factor === 'totp')
    lanes.push({ key: `account:totp:${totpConfirmedAt ?? 0}:${whose}`, rule: 'stopping' });
  return lanes;
}
export const currentLane = (officer: string): Lane => ({ key: `current:${officer}`, rule: 'fiveInFive' });
