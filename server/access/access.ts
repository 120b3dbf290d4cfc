// Puts the room together: what server/app.ts needs of log-in, sessions and factors. Makes no keys and reads no
// configuration; both are handed in.
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { LogUnavailable } from '#db/store.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { createHasher, type Hasher, type HasherOptions } from '#server/lib/passwords.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';
import type { Sealer } from '#server/lib/secrets.ts';
import { SettingsFault } from '#server/lib/settings.ts';
import { createAuthenticate } from './authenticate.ts';
import { type Counting, countHere, uncounted } from './counting.ts';
import { type AccessDeps, locateOwn, passkeyRequired } from './deps.ts';
import { createGenuine } from './genuine.ts';
import { createLogIn } from './login.ts';
import { createPasskeys } from './passkeys.ts';
import { createPasswordRules, type PasswordVerdict } from './password-rules.ts';
import type { Briefing, FactorPolicy, PasswordPolicy } from './policy-files.ts';
import { createPresence } from './presence.ts';
import { createPasskeyChallenges } from './proof.ts';
import { createRecoveryCodes, recoveryKeyOf } from './recovery.ts';
import { createRefusalCounter } from './refusal-counter.ts';
import { createSecondFactor } from './second-factor.ts';
import { createSteps } from './steps.ts';
import { createTokens } from './token.ts';
import { hasName, relyingParty, warmUp } from './webauthn.ts';

const hourMs = 3_600_000;

export interface AccessOptions {
  gate: Gate;
  keys: {
    /** HS256 secret of session tokens, 32 bytes or more. */
    jwt: Buffer;
    /** argon2 pepper, 32 bytes or more. */
    pepper: Buffer;
    seal: Sealer;
  };
  macs: RowMacs;
  clock: () => number;
  random?: (bytes: number) => Buffer;
  /** False only for measuring: no delays, no budgets. */
  limits: boolean;
  /** Where attempts and requests are counted; here when left out. */
  counting?: Counting | undefined;
  policies: { passwords: PasswordPolicy; briefing: Briefing; factors: FactorPolicy };
  passwordDue: AccessDeps['passwordDue'];
  voidRequests: AccessDeps['voidRequests'];
  /** How much hashing at once, and by what; the hasher's own measure when left out. */
  hashing?: Omit<HasherOptions, 'pepper'>;
  /** Where pages are served from; null for commands, which no authenticator answers. */
  origin: string | null;
}

export type Access = ReturnType<typeof createAccess>;

export function createAccess(options: AccessOptions) {
  const { gate, keys, clock, random = randomBytes, limits, policies, origin } = options;
  const rp = origin === null ? null : relyingParty(origin);
  const { passkeyRequired: roles } = policies.factors;
  if (rp && roles.length > 0 && !hasName(rp))
    throw new SettingsFault(
      `factors.yml: passkeyRequired names ${roles.join(', ')}, but browsers make no passkeys for ${rp.id}: give the console a host name (KUZOT_ORIGIN), or leave the list empty`,
    );
  const tokens = createTokens(keys.jwt);
  const refusals = createRefusalCounter(gate, clock);
  const hasher: Hasher = createHasher({ pepper: keys.pepper, ...options.hashing });
  const rules = createPasswordRules(policies.passwords);
  const counting = limits ? (options.counting ?? countHere(gate, gate.reader)) : uncounted;
  const deps: AccessDeps = {
    gate,
    hasher,
    seal: keys.seal,
    macs: options.macs,
    rules,
    passwords: policies.passwords,
    passwordDue: options.passwordDue,
    voidRequests: options.voidRequests,
    briefing: policies.briefing,
    factors: policies.factors,
    rp,
    recoveryKey: recoveryKeyOf(keys.pepper),
    throttle: counting.throttle,
    refusals,
    random,
  };

  const isGenuine = createGenuine(gate.reader, options.macs);
  let sweeper: NodeJS.Timeout | null = null;
  /** Bookkeeping only: while the log takes no writes the next hour tries again. */
  async function sweep(): Promise<void> {
    try {
      await deps.throttle.sweep(clock());
      const unanswered = await gate.reader.factors.staleChallenges(clock());
      // One asked for anew meanwhile is another one and stays.
      await Promise.all(
        unanswered.map(({ session, challenge }) =>
          gate.keep([{ op: 'delete', table: 'passkeyChallenge', key: { session }, expect: { challenge } }]),
        ),
      );
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
    }
  }

  /** Judges a new password while it is being typed; it is neither kept nor repeated. */
  function checkPassword(ctx: Context, password: string): Promise<Outcome<PasswordVerdict>> {
    return gate.read(ctx, 'session.view', {
      locate: (reader) => locateOwn(deps, ctx, reader),
      release: ({ account }) => ({
        kind: 'release',
        value: rules.judge(password, account.officer),
        about: { detail: { check: 'new-password' } },
      }),
    });
  }

  return {
    /** Registers the token signer; before the routes, on the root instance. */
    install: (app: FastifyInstance) => tokens.install(app),
    /** The three below are what http/guard.ts asks for. */
    authenticate: createAuthenticate(gate.reader, tokens, isGenuine, policies.briefing, (role) =>
      passkeyRequired(deps, role),
    ),
    countRefusal: refusals.count,
    spend: counting.spend,
    /** For servers that join this one. */
    counting,
    /** Begins the minute of counted refusals and the hour of stale counts. */
    start() {
      refusals.start();
      sweeper ??= setInterval(() => void sweep(), hourMs).unref();
      if (deps.rp) void warmUp();
    },
    /** Writes what is counted so far. */
    flush: refusals.flush,
    /** Stops both and writes what is counted. */
    close() {
      if (sweeper) clearInterval(sweeper);
      sweeper = null;
      return refusals.close();
    },
    sweep,
    /** For the officers room and for commands that make accounts: the same hashing everywhere. */
    hasher,
    /** What the routes of this room work with. */
    room: {
      gate,
      tokens,
      isGenuine,
      logIn: createLogIn(deps),
      steps: createSteps(deps),
      ...createSecondFactor(deps),
      ...createPasskeys(deps),
      askPasskey: createPasskeyChallenges(deps),
      makeRecoveryCodes: createRecoveryCodes(deps),
      presence: createPresence(deps),
      checkPassword,
      /** Per network, against spraying one password over many accounts; per account the throttle counts failures. */
      logInsPerMinute: 300,
      checksPerMinute: 60,
    },
  };
}
