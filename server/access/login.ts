// The first step of logging in. Known, unknown, disabled and stopped accounts are answered alike in body, status and work
// done (one argon2 verification, the same number of durable writes); every attempt on a known account is an entry.
import { hash } from 'node:crypto';
import type { Change } from '#db/store.ts';
import type { Context, SessionFacts } from '#server/gate/context.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { HashingBusy } from '#server/lib/passwords.ts';
import { isAbsent } from '#server/policy/clearance.ts';
import { type Account, contextAs, loginLanes, normalLogin, progressOf } from './account.ts';
import { type AccessDeps, freshId, type Stepped } from './deps.ts';
import { forged, isGenuineAccount } from './genuine.ts';
import { waysOf } from './second-factor.ts';
import { absoluteEnd, nextStage } from './stages.ts';
import type { Lane } from './throttle.ts';

export interface LoggedIn extends Stepped {
  rot: string;
  /** Set as the device cookie where the request carried none. */
  device: string | null;
}

const badCredentials = () => refuse('bad-credentials', { detail: 'Login or password is not right' });

export function createLogIn(deps: AccessDeps) {
  const { gate, hasher, throttle, refusals, random } = deps;

  /** Records a failed attempt; for a login nobody has it is counted, with a write of the same kind and size. */
  async function record(ctx: Context, account: Account | null, reason: string, lanes: readonly Lane[]) {
    if (account) {
      const named = contextAs(ctx, account, null);
      const device = lanes.length === 1 ? 'known' : 'new';
      await gate.refused(named, 'session.login', 'rule:bad-credentials', { detail: { reason, device } });
    } else {
      refusals.count(ctx.address, reason === 'throttled' ? 'login-throttled' : 'unknown-login');
      const lane = { lane: 'login:nobody', failures: 0, blockedUntil: 0, updatedAt: ctx.now };
      await gate.keep([{ op: 'ensure', table: 'throttle', row: lane }]);
    }
  }

  /** Too many are waiting to be judged: counted by network, one entry a minute. */
  function crowded(ctx: Context) {
    refusals.count(ctx.address, 'login-crowded');
    return refuse('too-many', { facts: { retryAfterSeconds: 2 } });
  }

  /** Why this account may not enter now although somebody came with a password; null when it may. */
  function unfit({ officer }: Account, isGenuine: boolean, right: boolean, now: number): string | null {
    if (!right) return 'bad-password';
    if (!isGenuine) return forged;
    if (officer.state === 'issued') return 'not-activated';
    if (officer.state === 'requested') return 'not-granted';
    if (officer.state !== 'active') return 'disabled';
    if (isAbsent(officer, now)) return 'absent';
    const { passwordTemporary, passwordExpiresAt } = officer;
    if (passwordTemporary === 1 && passwordExpiresAt !== null && now >= passwordExpiresAt)
      return 'temporary-expired';
    return null;
  }

  async function open(ctx: Context, account: Account): Promise<Outcome<LoggedIn>> {
    const { now } = ctx;
    const device = ctx.workstation ? null : freshId(random);
    const workstation = device === null ? ctx.workstation : hash('sha256', device, 'hex');
    const { officer } = account;
    const due =
      officer.passwordTemporary === 0 &&
      (await deps.passwordDue(gate.reader, officer.id, officer.passwordSetAt ?? 0, now));
    const progress = progressOf(officer, deps.briefing, false, false);
    const stage = nextStage({ ...progress, mustChangePassword: progress.mustChangePassword || due });
    const ways = stage === 'totp' ? await waysOf(deps, officer) : undefined;
    const facts: SessionFacts = {
      id: freshId(random),
      stage,
      locked: false,
      startedAt: now,
      endsAt: absoluteEnd(now),
      factorShown: false,
      factorAt: null,
      stepUpFor: null,
      stepUpAt: null,
    };
    const rot = freshId(random);
    const named = { ...contextAs(ctx, account, facts), workstation };
    const outcome = await gate.change(named, 'session.login', {
      locate: async () => ({ record: account, unit: null, flags: ['own-account'] }),
      decide: () => {
        const changes: Change[] = [
          {
            op: 'insert',
            table: 'session',
            row: {
              id: facts.id,
              officer: officer.id,
              rotation: rot,
              stage,
              startedAt: now,
              seenAt: now,
              endsAt: facts.endsAt,
              network: ctx.address,
              workstation,
            },
          },
        ];
        // R44: an issued password opens one session; the expiry it was issued with is the token that it is unused.
        if (officer.passwordTemporary === 1 && officer.passwordExpiresAt !== null)
          changes.push({
            op: 'update',
            table: 'officer',
            key: { id: officer.id },
            expect: { passwordExpiresAt: officer.passwordExpiresAt, passwordTemporary: 1 },
            set: { passwordExpiresAt: now },
          });
        if (due)
          changes.push({
            op: 'update',
            table: 'officer',
            key: { id: officer.id },
            set: { passwordTemporary: 1, passwordExpiresAt: null },
          });
        const value: LoggedIn = { stage, sid: facts.id, rot, endsAt: facts.endsAt, device, factors: ways };
        return { kind: 'change', changes, value, about: { detail: { stage, newDevice: device !== null } } };
      },
    });
    return outcome.kind === 'stale' ? badCredentials() : outcome;
  }

  return async function logIn(
    ctx: Context,
    input: { login: string; password: string },
  ): Promise<Outcome<LoggedIn>> {
    const { now } = ctx;
    const login = normalLogin(input.login);
    const isGenuine = (found: Account | null) => found === null || isGenuineAccount(deps.macs, found.officer);
    let account = await gate.reader.access.byLogin(login);
    // Changed while it was being read, it is right when it is read again; judged now, for judging the password takes its time.
    if (!isGenuine(account)) account = await gate.reader.access.byLogin(login);
    const isOurs = isGenuine(account);
    const known = await gate.reader.access.knowsDevice(account?.officer.id ?? 'nobody', ctx.workstation);
    const hashed = account?.officer.passwordHash ?? null;
    const lanes = loginLanes(login, hashed, ctx.address, known ? ctx.workstation : null);
    const stranger = known ? undefined : ctx.address;
    // Turned away before anything is counted or written, for every login alike: a flood costs as little as can be, and
    // nobody's tries are used up by others' crowding.
    if (hasher.isBusy(stranger)) return crowded(ctx);
    const admission = await throttle.enter(lanes, now);
    if (admission.kind === 'wait') {
      await record(ctx, account, 'throttled', lanes);
      return refuse('too-many', {
        detail: 'Too many attempts; wait, then try again',
        facts: { retryAfterSeconds: admission.seconds },
      });
    }
    let right: boolean;
    try {
      const stored = admission.kind === 'go' ? hashed : null;
      right = stored
        ? await hasher.verify(stored, input.password, stranger)
        : await hasher.verifyNothing(input.password, stranger);
    } catch (error) {
      if (!(error instanceof HashingBusy)) throw error;
      return crowded(ctx);
    }
    const reason =
      admission.kind === 'stopped' ? 'stopped' : account ? unfit(account, isOurs, right, now) : 'unknown';
    if (!account || reason !== null) {
      await record(ctx, account, reason ?? 'unknown', lanes);
      return badCredentials();
    }
    const outcome = await open(ctx, account);
    if (outcome.kind !== 'done') return outcome;
    await throttle.clear(lanes, now);
    if (known) await throttle.clear(loginLanes(login, hashed, ctx.address, null), now);
    // Whoever logs in anew in the same browser leaves the session that was there.
    if (ctx.session)
      await gate.keep([
        {
          op: 'update',
          table: 'session',
          key: { id: ctx.session.id },
          set: { endedAt: now, endReason: 'replaced' },
        },
      ]);
    return outcome;
  };
}
