// The second factor of a log-in: a one-time code, a passkey, or a recovery code in the place of either. Each is consumed by
// one conditional change in the very commit that lets the session go on.
import type { Change } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { PasskeyShown } from '#server/contract/factors.ts';
import type { Factor } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import { tellOwner } from '#server/gate/credentials.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { progressOf } from './account.ts';
import {
  type AccessDeps,
  changeSession,
  consumeCode,
  freshId,
  locateOwn,
  type Own,
  ownSession,
  passkeyRequired,
  type Stepped,
} from './deps.ts';
import { consumePasskey, refuseCode } from './proof.ts';
import { consumeRecoveryCode } from './recovery.ts';
import { nextStage } from './stages.ts';
import type { Lane } from './throttle.ts';

type Consumed = { kind: 'consumes'; changes: Change[]; lanes: Lane[]; detail: EntryAbout['detail'] };

/**
 * How this officer may show the second factor; undefined where a one-time code is the only way.
 * @param forAct in an open session, where a recovery code counts for nothing
 */
export async function waysOf(
  deps: AccessDeps,
  officer: { id: string; role: string },
  forAct = false,
): Promise<Factor[] | undefined> {
  const [passkeys, codes] = await Promise.all([
    deps.rp === null ? [] : deps.gate.reader.factors.passkeys(officer.id),
    deps.gate.reader.factors.recoveryCodes(officer.id),
  ]);
  const hasPasskey = passkeys.length > 0;
  const ways: Factor[] = [];
  if (hasPasskey) ways.push('passkey');
  if (!hasPasskey || !passkeyRequired(deps, officer.role)) ways.push('totp');
  if (codes.left > 0 && !forAct) ways.push('recovery-code');
  return ways.length === 1 && ways[0] === 'totp' ? undefined : ways;
}

/** Whether the officer's role must show a passkey and there is none yet. */
export async function passkeyMissing(
  deps: AccessDeps,
  officer: { id: string; role: string },
): Promise<boolean> {
  return (
    passkeyRequired(deps, officer.role) && (await deps.gate.reader.factors.passkeys(officer.id)).length === 0
  );
}

export function createSecondFactor(deps: AccessDeps) {
  const { gate, throttle, random, briefing } = deps;

  /** Whichever factor it is: judged, consumed, and the session goes on to what comes next under a new rotation. */
  async function show(
    ctx: Context,
    act: Act & `session.${string}`,
    factor: Factor,
    field: string,
    judge: (found: Own) => Promise<Consumed | (Refusal & { about?: EntryAbout; leaves?: Change[] })>,
  ): Promise<Outcome<Stepped>> {
    const session = ownSession(ctx);
    const { now } = ctx;
    let lanes: Lane[] = [];
    const outcome = await gate.change<Own, Stepped>(ctx, act, {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async (found) => {
        const { officer } = found.account;
        const used = await judge(found);
        if (used.kind !== 'consumes') return used;
        lanes = used.lanes;
        const progress = progressOf(officer, briefing, true, await passkeyMissing(deps, officer));
        const stage = nextStage({ ...progress, factorConfirmed: true });
        const rot = freshId(random);
        const changes: Change[] = [
          ...used.changes,
          changeSession(ctx, found, { stage, rotation: rot, factorAt: now, factorBy: factor }),
          ...(factor === 'recovery-code' ? [] : knownDevice(ctx, officer.id)),
          ...(await unfinished(ctx, officer.id)),
        ];
        const value: Stepped = { stage, sid: session.id, rot, endsAt: session.endsAt };
        return { kind: 'change', changes, value, about: { detail: { ...used.detail, stage } } };
      },
    });
    if (outcome.kind === 'done') await throttle.clear(lanes, now);
    // Somebody else's use of the same code or challenge came first.
    return outcome.kind === 'stale' ? refuse('bad-credentials', { field }) : outcome;
  }

  /** Log-ins since the last whole one that had the right password and showed no factor (ASVS 6.3.5): somebody knows it. */
  async function unfinished(ctx: Context, officer: string): Promise<Change[]> {
    const others = (await gate.reader.access.sessions(officer)).filter(({ id }) => id !== ctx.session!.id);
    const whole = others.findIndex(({ factorAt }) => factorAt !== null);
    const since = whole === -1 ? others : others.slice(0, whole);
    // Begun anew in the same browser, a log-in was not left lying: the officer typed the password twice.
    const left = since.filter(({ endReason }) => endReason !== 'replaced');
    return left.map(({ startedAt }) => tellOwner(officer, startedAt, 'login-unfinished'));
  }

  /** Confirms an enrolment or shows the factor of this log-in. */
  function showCode(ctx: Context, code: string): Promise<Outcome<Stepped>> {
    return show(ctx, 'session.totp', 'totp', 'code', async ({ account }) => {
      const refused = await refuseCode(deps, account);
      if (refused) return refused;
      const confirms = account.officer.totpConfirmedAt === null;
      const also = confirms ? { totpConfirmedAt: ctx.now } : {};
      const used = await consumeCode(deps, ctx, account, code, also);
      if (used.kind !== 'consumes') return used;
      const told = confirms ? [tellOwner(account.officer.id, ctx.now, 'code-enrolled')] : [];
      return { ...used, changes: [used.change, ...told], detail: { confirms } };
    });
  }

  function showPasskey(ctx: Context, shown: PasskeyShown): Promise<Outcome<Stepped>> {
    return show(ctx, 'session.passkey', 'passkey', 'passkey', async ({ account }) => {
      const used = await consumePasskey(deps, ctx, account, 'login', shown);
      if (used.kind !== 'consumes') return used;
      return { ...used, changes: [used.change], detail: { passkey: used.passkey } };
    });
  }

  function showRecoveryCode(ctx: Context, typed: string): Promise<Outcome<Stepped>> {
    return show(ctx, 'session.recovery', 'recovery-code', 'code', async ({ account }) => {
      const used = await consumeRecoveryCode(deps, ctx, account, typed);
      if (used.kind !== 'consumes') return used;
      return { ...used, detail: { left: used.left } };
    });
  }

  return { showCode, showPasskey, showRecoveryCode };
}

/** From here on the workstation is one this officer has logged in from. */
function knownDevice(ctx: Context, officer: string): Change[] {
  if (!ctx.workstation) return [];
  const key = { officer, hash: ctx.workstation };
  return [
    { op: 'ensure', table: 'device', row: { ...key, seenAt: ctx.now } },
    { op: 'update', table: 'device', key, set: { seenAt: ctx.now } },
  ];
}
