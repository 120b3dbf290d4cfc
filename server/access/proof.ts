// Showing a passkey: the session asks for one, for one purpose; what is shown is judged once. Shared by log-in, step-up
// and unlocking.
import type { Change, Row } from '#db/store.ts';
import { isAct } from '#server/contract/acts.ts';
import type { AskPasskey, PasskeyShown } from '#server/contract/factors.ts';
import type { Context } from '#server/gate/context.ts';
import { tellOwner } from '#server/gate/credentials.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import type { Sealer } from '#server/lib/secrets.ts';
import type { Account } from './account.ts';
import { type AccessDeps, attemptFactor, locateOwn, type Own, ownSession, passkeyRequired } from './deps.ts';
import { forged } from './genuine.ts';
import type { Lane } from './throttle.ts';
import { askToShow, judgeShown } from './webauthn.ts';

/** What an officer calls a passkey, as its row keeps it. */
export const sealedName = (seal: Sealer, passkey: string, name: string) => ({
  name: '',
  sealedName: seal.seal(namePlace(passkey), Buffer.from(name)),
});

export const openedName = (seal: Sealer, row: Pick<Row<'passkey'>, 'id' | 'name' | 'sealedName'>): string =>
  row.sealedName === null ? row.name : seal.open(namePlace(row.id), row.sealedName).toString('utf8');

const namePlace = (id: string) => ({ table: 'passkey', column: 'sealed_name', id });

export type Purpose = 'register' | 'login' | 'step-up' | 'unlock';

const challengeBytes = 32;

export const noRelyingParty = () =>
  refuse('wrong-state', { detail: 'Passkeys are used in the browser, at the address of the console' });

/** The act a step-up is for, as the session's row and the challenge name it; nothing where none is named. */
export const boundTo = (action: string | undefined, hash = '') =>
  action === undefined ? '' : `${action}:${hash}`;

/** A fresh challenge for this session, in the place of any earlier one: 256 bits, for one purpose, until it expires. */
export function challengeFor(
  deps: Pick<AccessDeps, 'random' | 'factors'>,
  session: string,
  purpose: Purpose,
  bound: string,
  now: number,
): { bytes: Buffer; timeoutMs: number; changes: Change[] } {
  const bytes = deps.random(challengeBytes);
  const timeoutMs = deps.factors.challengeSeconds * 1000;
  const asked = {
    purpose,
    challenge: bytes.toString('base64url'),
    boundTo: bound,
    expiresAt: now + timeoutMs,
  };
  return {
    bytes,
    timeoutMs,
    changes: [
      { op: 'ensure', table: 'passkeyChallenge', row: { session, ...asked } },
      { op: 'update', table: 'passkeyChallenge', key: { session }, set: asked },
    ],
  };
}

/**
 * Takes the session's challenge, before anything is judged by it: of any number of takers one gets it, and whatever was
 * shown, it is gone (ASVS 6.7.2). Null where there is none for this purpose, or its time is over.
 */
export async function takeChallenge(
  { gate }: Pick<AccessDeps, 'gate'>,
  session: string,
  purpose: Purpose,
  now: number,
): Promise<Row<'passkeyChallenge'> | null> {
  const asked = await gate.reader.factors.challenge(session);
  if (asked?.purpose !== purpose) return null;
  const { kind } = await gate.keep([
    { op: 'delete', table: 'passkeyChallenge', key: { session }, expect: { challenge: asked.challenge } },
  ]);
  return kind === 'done' && now < asked.expiresAt ? asked : null;
}

type Refused = Refusal & { about: { detail: Record<string, string> }; leaves?: Change[] };

/** Every way of being wrong is answered alike; the entry says which it was. */
const notAccepted = (cause: string): Refused => ({
  ...refuse('bad-credentials', {
    field: 'passkey',
    detail: 'passkey: not accepted; ask for it once more',
  }),
  about: { detail: { factor: 'passkey', cause } },
});

/** Judges what was shown and returns the change that keeps its count; the counterpart of `consumeCode`. */
export async function consumePasskey(
  deps: AccessDeps,
  ctx: Context,
  account: Account,
  purpose: Purpose,
  shown: PasskeyShown,
  bound = '',
): Promise<{ kind: 'consumes'; change: Change; passkey: string; lanes: Lane[] } | Refused> {
  const { now } = ctx;
  const { officer } = account;
  const attempted = await attemptFactor(deps, ctx, 'passkey', account);
  if (attempted.kind !== 'go') return attempted;
  if (deps.rp === null) return { ...noRelyingParty(), about: { detail: { cause: 'no-browser' } } };
  const asked = await takeChallenge(deps, ownSession(ctx).id, purpose, now);
  if (!asked) return notAccepted('no-challenge');
  if (asked.boundTo !== bound) return notAccepted('other-act');
  const stored = await deps.gate.reader.factors.passkeyOf(shown.id);
  if (stored?.officer !== officer.id) return notAccepted('unknown-passkey');
  if (!deps.macs.holds('passkey', 'mac', stored))
    return {
      ...notAccepted(forged),
      about: { detail: { factor: 'passkey', cause: forged, reason: forged } },
    };
  const verdict = await judgeShown(deps.rp, shown, asked.challenge, stored, officer.id);
  if (verdict.kind === 'copied') {
    // Its owner hears of it at the next log-ins; the entry raises an alert.
    return {
      ...notAccepted('copied'),
      about: { detail: { factor: 'passkey', cause: 'copied', reason: 'passkey-copied', passkey: stored.id } },
      leaves: [tellOwner(officer.id, now, 'passkey-copied')],
    };
  }
  if (verdict.kind === 'wrong') return notAccepted('bad-signature');
  return {
    kind: 'consumes',
    passkey: stored.id,
    lanes: attempted.lanes,
    change: {
      op: 'update',
      table: 'passkey',
      key: { id: stored.id },
      expect: { officer: officer.id, counter: stored.counter },
      set: {
        counter: verdict.counter,
        usedAt: now,
        ...(stored.name !== '' && sealedName(deps.seal, stored.id, stored.name)),
      },
    },
  };
}

/** Where the role must show a passkey and has one, a code that was coaxed out of somebody opens nothing. */
export async function refuseCode(deps: AccessDeps, { officer }: Account): Promise<Refused | null> {
  if (!passkeyRequired(deps, officer.role)) return null;
  if ((await deps.gate.reader.factors.passkeys(officer.id)).length === 0) return null;
  return {
    ...refuse('wrong-state', { field: 'code', detail: 'code: your role shows a passkey instead' }),
    about: { detail: { cause: 'passkey-required' } },
  };
}

export function createPasskeyChallenges(deps: AccessDeps) {
  /** Asks this session's officer to show one of their passkeys; the challenge holds for this session, purpose and act. */
  return function askPasskey(ctx: Context, input: AskPasskey) {
    const session = ownSession(ctx);
    const { purpose, action, hash } = input;
    return deps.gate.change<Own, Awaited<ReturnType<typeof askToShow>>>(ctx, 'session.passkey-challenge', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async ({ account: { officer } }, reader) => {
        if (deps.rp === null) return noRelyingParty();
        const fits =
          purpose === 'unlock'
            ? session.locked
            : !session.locked && (purpose === 'login') === (session.stage === 'totp');
        if (!fits)
          return refuse('wrong-state', { field: 'purpose', detail: 'purpose: not what this session is at' });
        if (action !== undefined && (purpose !== 'step-up' || !isAct(action)))
          return refuse('invalid-input', {
            field: 'action',
            detail: 'action: names an act of the catalogue, for a step-up',
          });
        const known = await reader.factors.passkeys(officer.id);
        if (known.length === 0)
          return refuse('wrong-state', { detail: 'There is no passkey on this account' });
        const { bytes, timeoutMs, changes } = challengeFor(
          deps,
          session.id,
          purpose,
          boundTo(action, hash),
          ctx.now,
        );
        return {
          kind: 'change',
          changes,
          value: await askToShow(deps.rp, bytes, known, timeoutMs),
          about: { detail: { purpose, for: action ?? '' } },
        };
      },
    }) satisfies Promise<Outcome<unknown>>;
  };
}
