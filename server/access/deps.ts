// What the use cases of this room work with, and the small moves they share. No HTTP here.
import type { Change, Reader, Row } from '#db/store.ts';
import type { Factor, Stage } from '#server/contract/vocabulary.ts';
import type { Context, SessionFacts } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { type Hasher, HashingBusy } from '#server/lib/passwords.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';
import type { Sealer } from '#server/lib/secrets.ts';
import { stepOfCode } from '#server/lib/totp.ts';
import { type Account, currentLane, factorLanes } from './account.ts';
import { isGenuineAccount } from './genuine.ts';
import type { PasswordRules } from './password-rules.ts';
import type { Briefing, FactorPolicy, PasswordPolicy } from './policy-files.ts';
import type { RefusalCounter } from './refusal-counter.ts';
import type { Lane, Throttle } from './throttle.ts';
import type { RelyingParty } from './webauthn.ts';

export interface AccessDeps {
  gate: Gate;
  hasher: Hasher;
  seal: Sealer;
  /** Whether a row was written by the server. */
  macs: RowMacs;
  rules: PasswordRules;
  passwords: PasswordPolicy;
  briefing: Briefing;
  factors: FactorPolicy;
  /** Null where no browser is served: no passkey is asked, none is missed. */
  rp: RelyingParty | null;
  /** Keys the hashes of recovery codes, 32 bytes. */
  recoveryKey: Buffer;
  throttle: Throttle;
  refusals: RefusalCounter;
  /** What an officer asked for and is not carried out yet becomes void (approvals room). */
  voidRequests: (officer: string, now: number) => Change[];
  /** R46: whether a campaign asks this officer for a new password now (campaigns room). @param setAt epoch ms */
  passwordDue: (reader: Reader, officer: string, setAt: number, now: number) => Promise<boolean>;
  /** @returns that many random bytes */
  random: (bytes: number) => Buffer;
}

/** What a step answers: the stage, and a new rotation where the cookie must be set anew. */
export interface Stepped {
  stage: Stage;
  sid: string;
  rot: string | null;
  endsAt: number;
  /** At stage `totp`: how the second factor may be shown, where a one-time code is not the only way. */
  factors?: Factor[] | undefined;
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
export async function locateOwn(
  { macs }: Pick<AccessDeps, 'macs'>,
  ctx: Context,
  reader: Reader,
): Promise<Located<Own> | null> {
  const { id } = ownSession(ctx);
  // Replaced while they were being read, they are right when they are read again.
  for (let reads = 0; reads < 2; reads++) {
    const [account, session] = await Promise.all([
      reader.access.byId(ctx.actor!.id),
      reader.access.session(id),
    ]);
    if (!account || !session) return null;
    // Threat: what is decided here is decided on this reading, not on the one that let the request in.
    if (macs.holds('session', 'mac', session) && isGenuineAccount(macs, account.officer))
      return { record: { account, rotation: session.rotation }, unit: null, flags: ['own-account'] };
  }
  return null;
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

/** Counts one attempt in the lanes of a secret; a refusal where one of them is closed. */
export async function attempt(
  { throttle }: Pick<AccessDeps, 'throttle'>,
  lanes: readonly Lane[],
  now: number,
) {
  const admission = await throttle.enter(lanes, now);
  if (admission.kind === 'go') return null;
  return {
    ...refuse('too-many', {
      ...(admission.kind === 'stopped' && {
        detail:
          'Too many in a row: go on at a workstation you have logged in from before, or have your access reset',
      }),
      facts: { retryAfterSeconds: admission.kind === 'wait' ? admission.seconds : 900 },
    }),
    about: { detail: { cause: 'throttled' } },
  };
}

/**
 * Counts one attempt at a factor of this officer from this device.
 * @returns a refusal, or the lanes that a success clears: a known device clears those of strangers too
 */
export async function attemptFactor(
  deps: Pick<AccessDeps, 'throttle' | 'gate'>,
  ctx: Context,
  factor: Factor,
  { officer }: Account,
) {
  const known = await deps.gate.reader.access.knowsDevice(officer.id, ctx.workstation);
  const lanes = factorLanes(factor, officer, known ? ctx.workstation : null);
  const closed = await attempt(deps, lanes, ctx.now);
  return (
    closed ?? {
      kind: 'go' as const,
      lanes: known ? [...lanes, ...factorLanes(factor, officer, null)] : lanes,
    }
  );
}

/** The current password once more, for what changes how one logs in; null when it is right. Guesses are counted. */
export async function askPassword(
  deps: Pick<AccessDeps, 'throttle' | 'hasher' | 'macs'>,
  officer: Row<'officer'>,
  password: string,
  now: number,
): Promise<(Refusal & { about?: { detail: { cause: string } } }) | null> {
  const lane = currentLane(officer.id);
  const closed = await attempt(deps, [lane], now);
  if (closed) return closed;
  try {
    const { passwordHash } = officer;
    const isOwn = deps.macs.holds('officer', 'credentialsMac', officer);
    if (passwordHash === null || !isOwn || !(await deps.hasher.verify(passwordHash, password)))
      return refuse('bad-credentials', { field: 'password', detail: 'password: not right' });
  } catch (error) {
    if (!(error instanceof HashingBusy)) throw error;
    return refuse('too-many', { facts: { retryAfterSeconds: 2 } });
  }
  await deps.throttle.clear([lane], now);
  return null;
}

/** Whether an officer of this role must show a passkey. */
export const passkeyRequired = ({ rp, factors }: Pick<AccessDeps, 'rp' | 'factors'>, role: string) =>
  rp !== null && factors.passkeyRequired.some((one) => one === role);

/**
 * Judges a code and returns the one conditional change that consumes its time step: of any number of attempts with the
 * same code one meets the old step, the others meet a conflict (RFC 6238, 5.2).
 */
export async function consumeCode(
  deps: Pick<AccessDeps, 'throttle' | 'gate' | 'seal'>,
  ctx: Context,
  account: Account,
  code: string,
  also: Extract<Change, { op: 'update'; table: 'officer' }>['set'] = {},
): Promise<
  { kind: 'consumes'; change: Change; lanes: Lane[] } | (Refusal & { about: { detail: { cause: string } } })
> {
  const attempted = await attemptFactor(deps, ctx, 'totp', account);
  if (attempted.kind !== 'go') return attempted;
  const { officer } = account;
  if (!officer.totpSeed)
    return {
      ...refuse('wrong-state', { detail: 'Enrol an authenticator first' }),
      about: { detail: { cause: 'not-enrolled' } },
    };
  const seed = deps.seal.open(seedPlace(officer.id), officer.totpSeed);
  const step = stepOfCode(seed, code, ctx.now);
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
    lanes: attempted.lanes,
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
