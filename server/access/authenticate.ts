// Says who a request comes from. Runs on every request: one token check, one prepared query, and the session row decides
// on rotation, stage, idleness, lock and end; the officer's row on state, role, unit and clearance. It changes nothing.
import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Reader } from '#db/store.ts';
import type { Stage } from '#server/contract/vocabulary.ts';
import { deviceCookie, readCookie, sessionCookie } from '#server/http/cookies.ts';
import type { Authenticated } from '#server/http/guard.ts';
import { isAbsent } from '#server/policy/clearance.ts';
import { actorOf } from './account.ts';
import { forged, type Genuine } from './genuine.ts';
import type { Briefing } from './policy-files.ts';
import { shownFactor, standingAt } from './stages.ts';
import type { Tokens } from './token.ts';

const deviceValue = /^[A-Za-z0-9_-]{43}$/;

/** Hex hash naming the workstation, empty without a device cookie of ours. */
export function workstationOf(request: FastifyRequest): string {
  const value = readCookie(request, deviceCookie);
  return value !== null && deviceValue.test(value) ? hash('sha256', value, 'hex') : '';
}

/** @param passkeyRequired roles whose sessions are worth nothing without a passkey */
export function createAuthenticate(
  reader: Reader,
  tokens: Tokens,
  isGenuine: Genuine,
  briefing: Briefing,
  passkeyRequired: (role: string) => boolean,
) {
  return async function authenticate(request: FastifyRequest, now: number): Promise<Authenticated> {
    const workstation = workstationOf(request);
    const cookie = readCookie(request, sessionCookie);
    if (cookie === null || cookie === '') return { kind: 'none', why: 'no-cookie', workstation };
    const token = tokens.read(cookie, now);
    if (!token) return { kind: 'none', why: 'bad-token', workstation };
    let row = await reader.access.standing(token.sid);
    // What was ended in order is no forgery; put back, it is.
    if (row && row.rotation === token.rot && row.endedAt !== null)
      return { kind: 'none', why: 'ended', workstation };
    // Replaced while it was being read, it is right when it is read again.
    if (row && !(await isGenuine(row))) row = await reader.access.standing(token.sid);
    if (!row || row.rotation !== token.rot) return { kind: 'none', why: 'bad-token', workstation };
    if (!(await isGenuine(row))) return { kind: 'none', why: forged, officer: row.officer, workstation };
    // The stage was written by this server from the closed lists.
    let stage = row.stage as Stage;
    const standing = standingAt(now, { ...row, stage });
    if (standing === 'ended' || standing === 'expired') return { kind: 'none', why: standing, workstation };
    if (row.state !== 'active' || isAbsent(row, now)) return { kind: 'none', why: 'ended', workstation };
    if ((stage === 'open' || stage === 'briefing') && row.totpConfirmedAt === null)
      return { kind: 'none', why: 'ended', workstation };
    // A role that must show a passkey logs in anew with one, or to register one: an older session, or one from before the
    // role was given, is over. Where a recovery code was shown instead, it opened the log-in and nothing more.
    if (
      (stage === 'open' || stage === 'briefing') &&
      passkeyRequired(row.role) &&
      row.factorBy !== 'passkey' &&
      row.factorBy !== 'recovery-code'
    )
      return { kind: 'none', why: 'ended', workstation };
    // A new version of the briefing suspends access until it is signed (R39).
    if (stage === 'open' && (row.briefingVersion !== briefing.version || row.briefingHash !== briefing.hash))
      stage = 'briefing';
    const locked = standing === 'locked';
    return {
      kind: 'session',
      actor: actorOf(row.officer, row, row.path, now),
      session: {
        id: row.id,
        stage,
        locked,
        startedAt: row.startedAt,
        endsAt: row.endsAt,
        ...shownFactor(row),
        stepUpFor: row.stepUpFor,
        stepUpAt: row.stepUpAt,
      },
      // Invariant: nothing a locked session sends may count as activity, or a refused request would unlock it. The
      // gate writes activity only when the last one is old.
      seenAt: locked ? now : row.seenAt,
      workstation,
    };
  };
}
