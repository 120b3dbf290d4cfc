// Being logged in: who am I, lock and unlock, a fresh factor for one act, my sessions, leaving (R47, R48).
import { isAct } from '#server/contract/acts.ts';
import type { OwnSessions, SessionReply, StepUp, Unlock } from '#server/contract/session.ts';
import type { Stage } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import { endSessions, forgetDevices, voidFactors } from '#server/gate/credentials.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { actorOf } from './account.ts';
import {
  type AccessDeps,
  askPassword,
  changeSession,
  consumeCode,
  freshId,
  locateOwn,
  type Own,
  ownSession,
  type Stepped,
} from './deps.ts';
import { boundTo, consumePasskey, refuseCode } from './proof.ts';
import { waysOf } from './second-factor.ts';
import { standingAt } from './stages.ts';
import type { Lane } from './throttle.ts';

/** How long the list of last log-ins is kept for a session's page: it is shown, never decided upon. */
const loginsKeptMs = 60_000;
/** So long a change of the own credentials is shown after each log-in. */
const noticesShownMs = 14 * 86_400_000;

export function createPresence(deps: AccessDeps) {
  const { gate, throttle, random } = deps;
  const logins = new Map<string, { at: number; items: SessionReply['lastLogins'] }>();

  async function lastLogins(officer: string, session: string, now: number) {
    const known = logins.get(session);
    if (known && now - known.at < loginsKeptMs) return known.items;
    const items = await gate.reader.access.lastLogins(officer);
    if (logins.size >= 5_000) logins.delete(logins.keys().next().value!);
    logins.set(session, { at: now, items });
    return items;
  }

  function view(ctx: Context): Promise<Outcome<SessionReply>> {
    const session = ownSession(ctx);
    return gate.read(ctx, 'session.view', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      release: async ({ account }, reader) => {
        const { login, name, role, commission, clearanceValid } = actorOf(
          account.officer.id,
          account.officer,
          account.path,
          ctx.now,
        );
        if (role === 'system') throw new Error('the system has no session');
        const unit = await reader.commissions.byCode(commission);
        const commissionName = {
          ky: unit?.nameKy ?? '',
          ru: unit?.nameRu ?? '',
          en: unit?.nameEn ?? '',
        };
        const open = session.stage === 'open';
        const ways = open || session.stage === 'totp' ? await waysOf(deps, account.officer, open) : undefined;
        const [credentialChanges, codes] = open
          ? await Promise.all([
              reader.factors.notices(account.officer.id, ctx.now - noticesShownMs),
              reader.factors.recoveryCodes(account.officer.id),
            ])
          : [[], null];
        const value: SessionReply = {
          stage: session.stage,
          officer: { login, name, role, commission, commissionName },
          startedAt: session.startedAt,
          endsAt: session.endsAt,
          id: session.id.slice(0, 8),
          clearanceValid,
          clearanceUntil: account.officer.clearanceUntil,
          passwordSetAt: account.officer.passwordSetAt,
          factorSetAt: account.officer.totpConfirmedAt,
          // Before the second factor is shown nobody is told anything about the account's history.
          lastLogins: open ? await lastLogins(account.officer.id, session.id, ctx.now) : [],
          ...(ways && { factors: ways }),
          // Written from the closed list.
          credentialChanges: credentialChanges as SessionReply['credentialChanges'],
          recoveryCodesLeft: codes?.madeAt == null ? null : codes.left,
        };
        return { kind: 'release', value, about: {} };
      },
    });
  }

  /** An officer's own sign of life; the gate writes the activity with the entry. */
  function extend(ctx: Context): Promise<Outcome<Stage>> {
    const session = ownSession(ctx);
    return gate.read(ctx, 'session.view', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      release: () => ({ kind: 'release', value: session.stage, about: { detail: { extended: true } } }),
    });
  }

  function lock(ctx: Context): Promise<Outcome<Stage>> {
    const session = ownSession(ctx);
    return gate.change<Own, Stage>(ctx, 'session.lock', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: (own) => ({
        kind: 'change',
        changes: session.locked ? [] : [changeSession(ctx, own, { lockedAt: ctx.now })],
        value: session.stage,
        about: {},
      }),
    });
  }

  /** Asks the password again, and the code where the policy says so; or a passkey, which asks its owner by itself. */
  async function unlock(ctx: Context, input: Unlock): Promise<Outcome<Stage>> {
    const session = ownSession(ctx);
    const { now } = ctx;
    const { password, code, passkey } = input;
    let lanes: Lane[] = [];
    const outcome = await gate.change<Own, Stage>(ctx, 'session.unlock', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async (own) => {
        const changes = [changeSession(ctx, own, { lockedAt: null, seenAt: now })];
        if (passkey !== undefined) {
          const used = await consumePasskey(deps, ctx, own.account, 'unlock', passkey);
          if (used.kind !== 'consumes') return used;
          changes.push(used.change);
          lanes = used.lanes;
          return { kind: 'change', changes, value: session.stage, about: { detail: { factor: 'passkey' } } };
        }
        if (password === undefined)
          return refuse('bad-request', {
            field: 'password',
            detail: 'password: send the password or a passkey',
          });
        const refused = await askPassword(deps, own.account.officer, password, now);
        if (refused) return refused;
        if (deps.passwords.unlockAsksCode) {
          if (code === undefined)
            return refuse('bad-credentials', { field: 'code', detail: 'code: send the code as well' });
          const used = await consumeCode(deps, ctx, own.account, code);
          if (used.kind !== 'consumes') return used;
          changes.push(used.change);
          lanes = used.lanes;
        }
        return { kind: 'change', changes, value: session.stage, about: {} };
      },
    });
    if (outcome.kind === 'done' && lanes.length > 0) await throttle.clear(lanes, now);
    return outcome;
  }

  /** A fresh factor, bound to `action:hash` where one is named; the gate reads exactly that. */
  async function stepUp(ctx: Context, input: StepUp): Promise<Outcome<Stepped>> {
    const session = ownSession(ctx);
    const { now } = ctx;
    const { action, hash, code, passkey } = input;
    const field = passkey === undefined ? 'code' : 'passkey';
    let lanes: Lane[] = [];
    const outcome = await gate.change<Own, Stepped>(ctx, 'session.step-up', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async (own) => {
        if ((code === undefined) === (passkey === undefined))
          return refuse('bad-request', { field: 'code', detail: 'code: send either a code or a passkey' });
        if (action !== undefined && !isAct(action))
          return refuse('invalid-input', { field: 'action', detail: 'action: not in the catalogue of acts' });
        const bound = boundTo(action, hash);
        const refused = code === undefined ? null : await refuseCode(deps, own.account);
        if (refused) return refused;
        const used =
          passkey === undefined
            ? await consumeCode(deps, ctx, own.account, code!)
            : await consumePasskey(deps, ctx, own.account, 'step-up', passkey, bound);
        if (used.kind !== 'consumes') return used;
        lanes = used.lanes;
        const rot = freshId(random);
        const raised = {
          factorAt: now,
          factorBy: passkey === undefined ? 'totp' : 'passkey',
          rotation: rot,
          ...(bound !== '' && { stepUpFor: bound, stepUpAt: now }),
        };
        return {
          kind: 'change',
          changes: [used.change, changeSession(ctx, own, raised)],
          value: { stage: session.stage, sid: session.id, rot, endsAt: session.endsAt },
          about: { detail: { for: action ?? '', ...(passkey && { factor: 'passkey' }) } },
        };
      },
    });
    if (outcome.kind === 'done') await throttle.clear(lanes, now);
    return outcome.kind === 'stale' ? refuse('bad-credentials', { field }) : outcome;
  }

  function logOut(ctx: Context): Promise<Outcome<Stage>> {
    const session = ownSession(ctx);
    return gate.change<Own, Stage>(ctx, 'session.logout', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: () => ({
        kind: 'change',
        changes: [
          {
            op: 'update',
            table: 'session',
            key: { id: session.id },
            set: { endedAt: ctx.now, endReason: 'left' },
          },
        ],
        value: session.stage,
        about: { detail: { lengthSeconds: Math.round((ctx.now - session.startedAt) / 1000) } },
      }),
    });
  }

  function listOwn(ctx: Context): Promise<Outcome<OwnSessions>> {
    const session = ownSession(ctx);
    return gate.read(ctx, 'session.list', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      release: async ({ account }, reader) => {
        const rows = await reader.access.sessions(account.officer.id);
        const items: OwnSessions['items'] = rows.map((row) => {
          const stage = row.stage as Stage; // written from the closed list
          return {
            id: row.id,
            current: row.id === session.id,
            stage,
            startedAt: row.startedAt,
            seenAt: row.seenAt,
            endsAt: row.endedAt ?? row.endsAt,
            state: standingAt(ctx.now, { ...row, stage }),
            network: row.network,
            sameWorkstation: row.workstation !== '' && row.workstation === ctx.workstation,
          };
        });
        return { kind: 'release', value: { items }, about: {} };
      },
    });
  }

  /** Ends one of the own sessions; somebody else's does not exist. */
  function endOwn(ctx: Context, id: string): Promise<Outcome<null>> {
    return gate.change<Own, null>(ctx, 'session.end-other', {
      locate: async (reader) => {
        const target = await reader.access.standing(id);
        return target?.officer === ctx.actor!.id ? locateOwn(deps, ctx, reader) : null;
      },
      decide: () => ({
        kind: 'change',
        changes: [
          {
            op: 'update',
            table: 'session',
            key: { id },
            expect: { endedAt: null },
            set: { endedAt: ctx.now, endReason: 'ended-by-owner' },
          },
        ],
        value: null,
        about: { detail: { ended: id } },
      }),
    });
  }

  /**
   * "This was not me": every session ends, this one too; devices are forgotten; open requests are void; the
   * password must be changed (R46, R47). A rule raises an alert on it.
   * Passkeys and recovery codes go as well: whoever was in may have made them, and would be asked for no other factor.
   */
  function notMe(ctx: Context): Promise<Outcome<null>> {
    const session = ownSession(ctx);
    return gate.change<Own, null>(ctx, 'session.not-me', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async ({ account: { officer } }, reader) => {
        const sessions = await reader.access.unendedSessions(officer.id);
        return {
          kind: 'change',
          changes: [
            endSessions(officer.id, ctx.now, 'not-me'),
            forgetDevices(officer.id),
            ...voidFactors(officer.id),
            // What was asked for under the account may have been the other's asking.
            ...deps.voidRequests(officer.id, ctx.now),
            {
              op: 'update',
              table: 'officer',
              key: { id: officer.id },
              set: { passwordTemporary: 1, passwordExpiresAt: null, trustedSince: ctx.now },
            },
          ],
          value: null,
          about: { detail: { reason: 'not-me', ended: sessions.length, session: session.id } },
        };
      },
    });
  }

  return { view, extend, lock, unlock, stepUp, logOut, listOwn, endOwn, notMe };
}
