// The steps between the password and an open session, and the change of a password later on: enrolment, briefing.
// Each rotates the session and answers the stage that comes next.
import type { Change } from '#db/store.ts';
import type { Context } from '#server/gate/context.ts';
import { endOtherSessions, tellOwner } from '#server/gate/credentials.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { HashingBusy } from '#server/lib/passwords.ts';
import { seedAddress, seedBytes, seedText } from '#server/lib/totp.ts';
import { currentLane, progressOf } from './account.ts';
import {
  type AccessDeps,
  changeSession,
  freshId,
  locateOwn,
  type Own,
  ownSession,
  type Stepped,
  seedPlace,
} from './deps.ts';
import { type PasswordRule, ruleSays } from './password-rules.ts';
import { passkeyMissing } from './second-factor.ts';
import { nextStage } from './stages.ts';

const weak = (rule: PasswordRule) =>
  refuse('weak-password', { field: 'new', detail: ruleSays[rule], facts: { rule } });

export function createSteps(deps: AccessDeps) {
  const { gate, hasher, throttle, seal, random, briefing } = deps;

  /** Replaces a seed nobody has confirmed; a confirmed one is only taken away by a reset of two officials. */
  function enrolTotp(ctx: Context): Promise<Outcome<{ secret: string; otpauth: string }>> {
    return gate.change(ctx, 'session.totp-enrol', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: ({ account: { officer } }) => {
        if (officer.totpConfirmedAt !== null)
          return refuse('already-done', {
            detail: 'A second factor is enrolled; a lost phone asks for a reset',
          });
        const seed = random(seedBytes);
        return {
          kind: 'change',
          changes: [
            {
              op: 'update',
              table: 'officer',
              key: { id: officer.id },
              expect: { totpConfirmedAt: null },
              set: { totpSeed: seal.seal(seedPlace(officer.id), seed), totpStep: 0 },
            },
          ],
          value: { secret: seedText(seed), otpauth: seedAddress(seed, 'Kuzot', officer.login) },
          about: {},
        };
      },
    });
  }

  /** Asks the current password, judges the new one, ends the officer's other sessions (R44–R46; ASVS 7.4.3). */
  async function changePassword(
    ctx: Context,
    input: { current: string; new: string },
  ): Promise<Outcome<Stepped>> {
    const session = ownSession(ctx);
    const { now } = ctx;
    const lane = currentLane(ctx.actor!.id);
    let currentRight = false;
    const outcome = await gate.change<Own, Stepped>(ctx, 'session.password', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async (found, reader) => {
        const { officer } = found.account;
        const admission = await throttle.enter([lane], now);
        if (admission.kind !== 'go')
          return refuse('too-many', {
            facts: { retryAfterSeconds: admission.kind === 'wait' ? admission.seconds : 900 },
          });
        try {
          const stored = officer.passwordHash;
          currentRight = stored !== null && (await hasher.verify(stored, input.current));
          if (!currentRight)
            return refuse('bad-credentials', {
              field: 'current',
              detail: 'current: not the present password',
            });
          const { rule } = deps.rules.judge(input.new, officer);
          if (rule) return weak(rule);
          const earlier = (await reader.access.passwordHistory(officer.id)).slice(0, deps.passwords.history);
          for (const old of [stored!, ...earlier.map((row) => row.hash)])
            if (await hasher.verify(old, input.new)) return weak('used-before');
          const hash = await hasher.hash(input.new);
          const progress = progressOf(
            officer,
            briefing,
            session.factorShown,
            await passkeyMissing(deps, officer),
          );
          const stage = nextStage({ ...progress, mustChangePassword: false });
          const rot = freshId(random);
          const sessions = await reader.access.unendedSessions(officer.id);
          const changes: Change[] = [
            {
              op: 'update',
              table: 'officer',
              key: { id: officer.id },
              expect: { passwordHash: stored },
              set: { passwordHash: hash, passwordSetAt: now, passwordTemporary: 0, passwordExpiresAt: null },
            },
            { op: 'insert', table: 'passwordHistory', row: { officer: officer.id, setAt: now, hash } },
            changeSession(ctx, found, { stage, rotation: rot }),
            tellOwner(officer.id, now, 'password-changed'),
            ...endOtherSessions(officer.id, session.id, now, 'password-changed'),
          ];
          const value: Stepped = { stage, sid: session.id, rot, endsAt: session.endsAt };
          return {
            kind: 'change',
            changes,
            value,
            about: { detail: { endedSessions: sessions.length - 1 } },
          };
        } catch (error) {
          if (!(error instanceof HashingBusy)) throw error;
          return refuse('too-many', { facts: { retryAfterSeconds: 2 } });
        }
      },
    });
    // Only guesses at the current password count; a weak new one is no attack.
    if (currentRight) await throttle.clear([lane], now);
    return outcome;
  }

  function viewBriefing(ctx: Context): Promise<Outcome<{ version: string; text: typeof briefing.text }>> {
    return gate.read(ctx, 'session.briefing-view', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      release: () => ({
        kind: 'release',
        value: { version: briefing.version, text: briefing.text },
        about: { detail: { version: briefing.version } },
      }),
    });
  }

  /** Signs the version in force: version, hash and the language it was read in are kept (R39). */
  function signBriefing(
    ctx: Context,
    { version, language }: { version: string; language?: string },
  ): Promise<Outcome<Stepped>> {
    const session = ownSession(ctx);
    return gate.change<Own, Stepped>(ctx, 'session.briefing', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      decide: async (found) => {
        if (version !== briefing.version)
          return refuse('stale', {
            field: 'version',
            detail: 'version: a newer text is in force; read it first',
            facts: { currentVersion: briefing.version },
          });
        const { officer } = found.account;
        const stage = nextStage({
          ...progressOf(officer, briefing, session.factorShown, await passkeyMissing(deps, officer)),
          briefingSigned: true,
        });
        const rot = freshId(random);
        return {
          kind: 'change',
          changes: [
            {
              op: 'update',
              table: 'officer',
              key: { id: officer.id },
              set: { briefingVersion: briefing.version, briefingHash: briefing.hash },
            },
            {
              op: 'ensure',
              table: 'briefingSignature',
              row: {
                officer: officer.id,
                version: briefing.version,
                hash: briefing.hash,
                language: language ?? '',
                signedAt: ctx.now,
                entry: { entrySeq: 0 },
              },
            },
            changeSession(ctx, found, { stage, rotation: rot }),
          ],
          value: { stage, sid: session.id, rot, endsAt: session.endsAt },
          about: { detail: { version: briefing.version, hash: briefing.hash, language: language ?? '' } },
        };
      },
    });
  }

  return { enrolTotp, changePassword, viewBriefing, signBriefing };
}
