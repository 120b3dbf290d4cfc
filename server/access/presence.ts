// Being logged in: who am I, lock and unlock, a fresh factor for one act, my sessions, leaving (R47, R48).
import { isAct } from '#server/contract/acts.ts';
import type { OwnSessions, SessionReply, StepUp } from '#server/contract/session.ts';
import type { Stage } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { HashingBusy } from '#server/lib/passwords.ts';
import { actorOf, codeLane, currentLane } from './account.ts';
import {
  type AccessDeps,
  changeSession,
  consumeCode,
  freshId,
  locateOwn,
  type Own,
  ownSession,
  type Stepped,
} from './deps.ts';
import { standingAt } from './stages.ts';

/** How long the list of last log-ins is kept for a session's page: it is shown, never decided upon. */
const loginsKeptMs = 60_000;

export function createPresence(deps: AccessDeps) {
  const { gate, hasher, throttle, random } = deps;
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
      locate: (reader) => locateOwn(ctx, reader),
      release: async ({ account }, reader) => {
        const { login, name, role, commission, clearanceValid } = actorOf(account, ctx.now);
        if (role === 'system') throw new Error('the system has no session');
        const unit = await reader.commissions.byCode(commission);
        const commissionName = {
          ky: unit?.nameKy ?? '',
          ru: unit?.nameRu ?? '',
          en: unit?.nameEn ?? '',
        };
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
          lastLogins:
            session.stage === 'open' ? await lastLogins(account.officer.id, session.id, ctx.now) : [],
        };
        return { kind: 'release', value, about: {} };
      },
    });
  }

  /** An officer's own sign of life; the gate writes the activity with the entry. */
  function extend(ctx: Context): Promise<Outcome<Stage>> {
    const session = ownSession(ctx);
    return gate.read(ctx, 'session.view', {
      locate: (reader) => locateOwn(ctx, reader),
      release: () => ({ kind: 'release', value: session.stage, about: { detail: { extended: true } } }),
    });
  }

  function lock(ctx: Context): Promise<Outcome<Stage>> {
    const session = ownSession(ctx);
    return gate.change<Own, Stage>(ctx, 'session.lock', {
      locate: (reader) => locateOwn(ctx, reader),
      decide: (own) => ({
        kind: 'change',
        changes: session.locked ? [] : [changeSession(ctx, own, { lockedAt: ctx.now })],
        value: session.stage,
        about: {},
      }),
    });
  }

  /** Asks the password again, and the code where the policy says so. */
  async function unlock(ctx: Context, input: { password: string; code?: string }): Promise<Outcome<Stage>> {
    const session = ownSession(ctx);
    const { now } = ctx;
    const lane = currentLane(ctx.actor!.id);
    const outcome = await gate.change<Own, Stage>(ctx, 'session.unlock', {
      locate: (reader) => locateOwn(ctx, reader),
      decide: async (own) => {
        const admission = await throttle.enter([lane], now);
        if (admission.kind !== 'go')
          return refuse('too-many', {
            facts: { retryAfterSeconds: admission.kind === 'wait' ? admission.seconds : 900 },
          });
        const stored = own.account.officer.passwordHash;
        let right: boolean;
        try {
          right = stored !== null && (await hasher.verify(stored, input.password));
        } catch (error) {
          if (!(error instanceof HashingBusy)) throw error;
          return refuse('too-many', { facts: { retryAfterSeconds: 2 } });
        }
        if (!right) return refuse('bad-credentials', { field: 'password', detail: 'password: not right' });
        const changes = [changeSession(ctx, own, { lockedAt: null, seenAt: now })];
        if (deps.passwords.unlockAsksCode) {
          if (input.code === undefined)
            return refuse('bad-credentials', { field: 'code', detail: 'code: send the code as well' });
          const used = await consumeCode(deps, own.account, input.code, now);
          if (used.kind !== 'consumes') return used;
          changes.push(used.change);
        }
        return { kind: 'change', changes, value: session.stage, about: {} };
      },
    });
    if (outcome.kind === 'done') await throttle.clear([lane], now);
    return outcome;
  }

  /** A fresh factor, bound to `action:hash` where one is named; the gate reads exactly that. */
  async function stepUp(ctx: Context, input: StepUp): Promise<Outcome<Stepped>> {
    const session = ownSession(ctx);
    const { now } = ctx;
    const outcome = await gate.change<Own, Stepped>(ctx, 'session.step-up', {
      locate: (reader) => locateOwn(ctx, reader),
      decide: async (own) => {
        const { action, hash = '' } = input;
        if (action !== undefined && !isAct(action))
          return refuse('invalid-input', { field: 'action', detail: 'action: not in the catalogue of acts' });
        const used = await consumeCode(deps, own.account, input.code, now);
        if (used.kind !== 'consumes') return used;
        const rot = freshId(random);
        const bound = action === undefined ? {} : { stepUpFor: `${action}:${hash}`, stepUpAt: now };
        return {
          kind: 'change',
          changes: [used.change, changeSession(ctx, own, { factorAt: now, rotation: rot, ...bound })],
          value: { stage: session.stage, sid: session.id, rot, endsAt: session.endsAt },
          about: { detail: { for: action ?? '' } },
        };
      },
    });
    if (outcome.kind === 'done') await throttle.clear([codeLane(ctx.actor!.id)], now);
    return outcome.kind === 'stale' ? refuse('bad-credentials', { field: 'code' }) : outcome;
  }

  function logOut(ctx: Context): Promise<Outcome<Stage>> {
    const session = ownSession(ctx);
    return gate.change<Own, Stage>(ctx, 'session.logout', {
      locate: (reader) => locateOwn(ctx, reader),
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
      locate: (reader) => locateOwn(ctx, reader),
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
        return target?.officer === ctx.actor!.id ? locateOwn(ctx, reader) : null;
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

  /** "This was not me": every session ends, this one too; devices are forgotten; the password must be changed (R46, R47). */
  function notMe(ctx: Context): Promise<Outcome<null>> {
    const session = ownSession(ctx);
    return gate.change<Own, null>(ctx, 'session.end-other', {
      locate: (reader) => locateOwn(ctx, reader),
      decide: async ({ account: { officer } }, reader) => {
        const sessions = await reader.access.unendedSessions(officer.id);
        const devices = await reader.access.devices(officer.id);
        return {
          kind: 'change',
          changes: [
            ...sessions.map(({ id }) => ({
              op: 'update' as const,
              table: 'session' as const,
              key: { id },
              set: { endedAt: ctx.now, endReason: 'not-me' },
            })),
            ...devices.map(({ hash }) => ({
              op: 'delete' as const,
              table: 'device' as const,
              key: { officer: officer.id, hash },
            })),
            {
              op: 'update',
              table: 'officer',
              key: { id: officer.id },
              set: { passwordTemporary: 1, passwordExpiresAt: null },
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
