// What the use cases of this room work with, and the small moves they share. No HTTP here.
import type { Change, Reader } from '#db/store.ts';
import type { Stage } from '#server/contract/vocabulary.ts';
import type { Context, SessionFacts } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import type { Hasher } from '#server/lib/passwords.ts';
import type { Sealer } from '#server/lib/secrets.ts';
import { stepOfCode } from '#server/lib/totp.ts';
import { type Account, codeLane } from './account.ts';
import type { PasswordRules } from './password-rules.ts';
import type { Briefing, PasswordPolicy } from './policy-files.ts';
import type { RefusalCounter } from './refusal-counter.ts';
import type { Throttle } from './throttle.ts';

export interface AccessDeps {
  gate: Gate;
  hasher: Hasher;
  seal: Sealer;
  rules: PasswordRules;
  passwords: PasswordPolicy;
  briefing: Briefing;
  throttle: Throttle;
  refusals: RefusalCounter;
  /** @returns that many random bytes */
  random: (bytes: number) => Buffer;
}

/** What a step answers: the stage, and a new rotation where the cookie must be set anew. */
export interface Stepped {
  stage: Stage;
  sid: string;
  rot: string | null;
  endsAt: number;
}

/** 256 bits, base64url: session ids, rotations, device cookies (ASVS 7.2.3). */
export const freshId = (random: AccessDeps['random']) => random(32).toString('base64url');

/** The routes of this room admit only requests with a session to these use cases. */
export function ownSession(ctx: Context): SessionFacts {
  if (!ctx.session || !ctx.actor) throw new Error('this use case needs a session');
  return ctx.session;
}

export interface Own {
  account: Account;
  rotation: string;
}

/** The officer's own account with the session's present rotation: what every step begins with. */
export async function locateOwn(ctx: Context, reader: Reader): Promise<Located<Own> | null> {
  const { id } = ownSession(ctx);
  const [account, session] = await Promise.all([
    reader.access.byId(ctx.actor!.id),
    reader.access.standing(id),
  ]);
  if (!account || !session) return null;
  return { record: { account, rotation: session.rotation }, unit: null, flags: ['own-account'] };
}

/** A change of the own session; it meets no row if the session was ended or rotated meanwhile. */
export function changeSession(
  ctx: Context,
  own: Own,
  set: Extract<Change, { op: 'update'; table: 'session' }>['set'],
): Change {
  return {
    op: 'update',
    table: 'session',
    key: { id: ownSession(ctx).id },
    expect: { rotation: own.rotation, endedAt: null },
    set,
  };
}

/**
 * Judges a code and returns the one conditional change that consumes its time step: of any number of attempts with the
 * same code one meets the old step, the others meet a conflict (RFC 6238, 5.2).
 */
export async function consumeCode(
  deps: Pick<AccessDeps, 'throttle' | 'seal'>,
  { officer }: Account,
  code: string,
  now: number,
  also: Extract<Change, { op: 'update'; table: 'officer' }>['set'] = {},
): Promise<{ kind: 'consumes'; change: Change } | (Refusal & { about: { detail: { cause: string } } })> {
  const admission = await deps.throttle.enter([codeLane(officer.id)], now);
  if (admission.kind !== 'go')
    return {
      ...refuse('too-many', {
        facts: { retryAfterSeconds: admission.kind === 'wait' ? admission.seconds : 900 },
      }),
      about: { detail: { cause: 'throttled' } },
    };
  if (!officer.totpSeed)
    return {
      ...refuse('wrong-state', { detail: 'Enrol an authenticator first' }),
      about: { detail: { cause: 'not-enrolled' } },
    };
  const seed = deps.seal.open(seedPlace(officer.id), officer.totpSeed);
  const step = stepOfCode(seed, code, now);
  if (step === null || step <= officer.totpStep)
    return {
      ...refuse('bad-credentials', {
        field: 'code',
        detail: 'code: not right or already used; wait for the next one',
      }),
      about: { detail: { cause: step === null ? 'bad-code' : 'used-code' } },
    };
  return {
    kind: 'consumes',
    change: {
      op: 'update',
      table: 'officer',
      key: { id: officer.id },
      expect: { totpStep: officer.totpStep, totpConfirmedAt: officer.totpConfirmedAt },
      set: { totpStep: step, ...also },
    },
  };
}

export const seedPlace = (officer: string) => ({ table: 'officer', column: 'totp_seed', id: officer });
