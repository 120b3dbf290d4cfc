// The officer's own second factors: registering a passkey, naming and removing it, and the list of what there is. Whatever
// changes how one logs in asks the password and a fresh factor (ASVS 7.5.1); the gate asks the factor, this file the rest.
import { hash } from 'node:crypto';
import type { Change } from '#db/store.ts';
import type { AddPasskey, OwnFactors } from '#server/contract/factors.ts';
import type { Context } from '#server/gate/context.ts';
import { endOtherSessions, tellOwner } from '#server/gate/credentials.ts';
import type { Decided } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { fullName, progressOf } from './account.ts';
import {
  type AccessDeps,
  askPassword,
  changeSession,
  freshId,
  locateOwn,
  type Own,
  ownSession,
  passkeyRequired,
  type Stepped,
} from './deps.ts';
import { challengeFor, noRelyingParty, openedName, sealedName, takeChallenge } from './proof.ts';
import { nextStage } from './stages.ts';
import { askToMake, readMade } from './webauthn.ts';

/** What a step-up for removing this passkey is bound to. */
export const removalHash = (passkey: string) =>
  hash('sha256', canonicalJson({ act: 'session.passkey-remove', passkey }));

const enrolledElsewhere = () =>
  refuse('wrong-state', { detail: 'There is a passkey on this account by now; log in anew and show it' });

export function createPasskeys(deps: AccessDeps) {
  const { gate, factors, random, briefing, rp } = deps;

  function listFactors(ctx: Context): Promise<Outcome<OwnFactors>> {
    return gate.read<Own, OwnFactors>(ctx, 'session.factors', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      release: async ({ account: { officer } }, reader) => {
        const [passkeys, codes] = await Promise.all([
          reader.factors.passkeys(officer.id),
          reader.factors.recoveryCodes(officer.id),
        ]);
        const value: OwnFactors = {
          totp: { setAt: officer.totpConfirmedAt },
          passkeys: passkeys.map((row) => ({
            id: row.id,
            name: openedName(deps.seal, row),
            createdAt: row.createdAt,
            usedAt: row.usedAt,
            synced: row.synced === 1,
          })),
          passkeysAtMost: factors.passkeysAtMost,
          passkeyRequired: passkeyRequired(deps, officer.role),
          recoveryCodes: codes.madeAt === null ? null : { left: codes.left, madeAt: codes.madeAt },
        };
        return { kind: 'release', value, about: {} };
      },
    });
  }

  /** Password and fresh factor are right: here is what the browser is to make. */
  function beginPasskey(ctx: Context, password: string | undefined) {
    const session = ownSession(ctx);
    return gate.change<Own, Awaited<ReturnType<typeof askToMake>>>(ctx, 'session.passkey-begin', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async ({ account: { officer } }, reader) => {
        if (rp === null) return noRelyingParty();
        // At stage `passkey-enrol` this very log-in has asked the password, and nothing else can be done with it.
        if (session.stage !== 'passkey-enrol') {
          if (password === undefined)
            return refuse('bad-request', { field: 'password', detail: 'password: send the current one' });
          const refused = await askPassword(deps, officer, password, ctx.now);
          if (refused) return refused;
        }
        const known = await reader.factors.passkeys(officer.id);
        if (session.stage === 'passkey-enrol' && known.length > 0) return enrolledElsewhere();
        if (known.length >= factors.passkeysAtMost)
          return refuse('wrong-state', {
            detail: `There are ${known.length} passkeys on this account already; remove one first`,
          });
        const { bytes, timeoutMs, changes } = challengeFor(deps, session.id, 'register', '', ctx.now);
        const owner = { id: officer.id, login: officer.login, name: fullName(officer) };
        return {
          kind: 'change',
          changes,
          value: await askToMake(rp, owner, bytes, known, timeoutMs),
          about: {},
        };
      },
    });
  }

  /** Keeps what the browser made. The session goes on with it: making it has shown it. */
  async function addPasskey(ctx: Context, { name, made }: AddPasskey): Promise<Outcome<Stepped>> {
    const session = ownSession(ctx);
    const { now } = ctx;
    const outcome = await gate.change<Own, Stepped>(ctx, 'session.passkey-add', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async (found, reader): Promise<Decided<Stepped>> => {
        const { officer } = found.account;
        if (rp === null) return noRelyingParty();
        const asked = await takeChallenge(deps, session.id, 'register', now);
        const passkey = asked && (await readMade(rp, made, asked.challenge));
        if (!passkey)
          return {
            ...refuse('bad-credentials', { field: 'made', detail: 'made: not accepted; begin once more' }),
            about: { detail: { cause: asked ? 'bad-passkey' : 'no-challenge' } },
          };
        if (passkey.synced && !factors.syncedPasskeys)
          return refuse('invalid-input', {
            field: 'made',
            detail: 'made: this passkey can be copied to other devices; use a security key or this computer',
            facts: { rule: 'synced' },
          });
        if (await reader.factors.passkeyOf(passkey.credential))
          return refuse('already-done', {
            field: 'made',
            detail: 'made: this passkey is registered already',
          });
        const enrols = session.stage === 'passkey-enrol';
        if (enrols && (await reader.factors.passkeys(officer.id)).length > 0) return enrolledElsewhere();
        // Threat: password and code were coaxed out of somebody, and two sit at this stage. The first passkey ends every
        // other session in its own commit, so that of two at once one meets its session ended.
        const ended = enrols ? endOtherSessions(officer.id, session.id, now, 'passkey-enrolled') : [];
        const id = random(16).toString('hex');
        const stage = enrols ? nextStage(progressOf(officer, briefing, true, false)) : session.stage;
        const rot = freshId(random);
        const changes: Change[] = [
          {
            op: 'insert',
            table: 'passkey',
            row: {
              id,
              officer: officer.id,
              credential: passkey.credential,
              publicKey: passkey.publicKey,
              counter: passkey.counter,
              transports: (made.transports ?? []).join(),
              synced: passkey.synced ? 1 : 0,
              ...sealedName(deps.seal, id, name),
              createdAt: now,
              usedAt: null,
            },
          },
          changeSession(ctx, found, { stage, rotation: rot, factorAt: now, factorBy: 'passkey' }),
          ...ended,
          tellOwner(officer.id, now, 'passkey-added'),
        ];
        const value: Stepped = { stage, sid: session.id, rot, endsAt: session.endsAt };
        return { kind: 'change', changes, value, about: { detail: { passkey: id, synced: passkey.synced } } };
      },
    });
    return outcome;
  }

  const locatePasskey = (ctx: Context, id: string) => async (reader: typeof gate.reader) => {
    const [own, passkeys] = await Promise.all([
      locateOwn(deps, ctx, reader),
      reader.factors.passkeys(ctx.actor!.id),
    ]);
    // Somebody else's passkey does not exist.
    if (!own || !passkeys.some((one) => one.id === id)) return null;
    return { ...own, hash: removalHash(id), about: { detail: { passkey: id } } };
  };

  function renamePasskey(ctx: Context, id: string, name: string): Promise<Outcome<null>> {
    return gate.change<Own, null>(ctx, 'session.passkey-rename', {
      locate: locatePasskey(ctx, id),
      decide: ({ account: { officer } }) => ({
        kind: 'change',
        changes: [
          {
            op: 'update',
            table: 'passkey',
            key: { id },
            expect: { officer: officer.id },
            set: sealedName(deps.seal, id, name),
          },
        ],
        value: null,
        about: { detail: { passkey: id } },
      }),
    });
  }

  /** It opens nothing from this moment on; the officer's other sessions end, for one of them may rest on it (ASVS 6.5.6). */
  function removePasskey(ctx: Context, id: string, password: string): Promise<Outcome<null>> {
    const session = ownSession(ctx);
    const { now } = ctx;
    return gate.change<Own, null>(ctx, 'session.passkey-remove', {
      locate: locatePasskey(ctx, id),
      decide: async ({ account: { officer } }, reader) => {
        const refused = await askPassword(deps, officer, password, now);
        if (refused) return refused;
        const passkeys = await reader.factors.passkeys(officer.id);
        if (passkeys.length === 1 && passkeyRequired(deps, officer.role))
          return refuse('wrong-state', { detail: 'Your role needs a passkey; register another one first' });
        const sessions = await reader.access.unendedSessions(officer.id);
        const changes: Change[] = [
          { op: 'delete', table: 'passkey', key: { id }, expect: { officer: officer.id } },
          ...endOtherSessions(officer.id, session.id, now, 'factor-removed'),
          tellOwner(officer.id, now, 'passkey-removed'),
        ];
        const about = { detail: { passkey: id, endedSessions: sessions.length - 1 } };
        return { kind: 'change', changes, value: null, about };
      },
    });
  }

  return { listFactors, beginPasskey, addPasskey, renamePasskey, removePasskey };
}
