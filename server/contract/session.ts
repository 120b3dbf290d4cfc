// What crosses HTTP about the own session: logging in step by step, being asked for a factor, locking, leaving. Times are
// epoch ms.
import { type Static, Type } from 'typebox';
import { actTarget, CredentialChange, PasskeyShown } from './factors.ts';
import {
  type Factor as FactorName,
  factors,
  type Role as RoleName,
  roles,
  type Stage as StageName,
  stages,
} from './vocabulary.ts';

const strict = { additionalProperties: false };
/** Not trimmed, not shortened: a password is exactly what was typed. The rules refuse what is too long, in words. */
const password = Type.String({ minLength: 1, maxLength: 1024 });
const code = Type.String({ pattern: '^[0-9]{6}$', description: 'six digits from the authenticator' });
const at = Type.Integer({ description: 'epoch ms' });
// Closed lists as one enum each; the cast repeats what the list itself says.
const Stage = Type.Unsafe<StageName>({ type: 'string', enum: [...stages] });
const Role = Type.Unsafe<RoleName>({ type: 'string', enum: [...roles] });

/** How the second factor may be shown, to log in and for acts; left out where a one-time code is the only way. */
const Factors = Type.Optional(
  Type.Array(Type.Unsafe<FactorName>({ type: 'string', enum: [...factors] }), { maxItems: factors.length }),
);

export const LogIn = Type.Object({ login: Type.String({ minLength: 1, maxLength: 64 }), password }, strict);
export const StageReply = Type.Object({ stage: Stage, factors: Factors }, strict);
export type StageReply = Static<typeof StageReply>;

export const ChangePassword = Type.Object({ current: password, new: password }, strict);
export const CheckPassword = Type.Object({ new: password }, strict);
export const PasswordVerdictReply = Type.Object(
  {
    rule: Type.Union([Type.String(), Type.Null()], { description: 'the rule it breaks, or null' }),
    says: Type.Union([Type.String(), Type.Null()]),
    score: Type.Union([Type.Integer({ minimum: 0, maximum: 4 }), Type.Null()]),
  },
  strict,
);

export const EnrolReply = Type.Object({ secret: Type.String(), otpauth: Type.String() }, strict);
export const ShowCode = Type.Object({ code }, strict);

export const BriefingReply = Type.Object(
  {
    version: Type.String(),
    text: Type.Object({ ky: Type.String(), ru: Type.String(), en: Type.String() }, strict),
  },
  strict,
);
export const SignBriefing = Type.Object(
  {
    version: Type.String({ minLength: 1, maxLength: 40 }),
    /** The language it was read in. */
    language: Type.Optional(Type.Enum(['ky', 'ru', 'en'])),
  },
  strict,
);

/** The password, with a code where the policy says so; or a passkey alone, which asks its owner's PIN or finger itself. */
export const Unlock = Type.Object(
  {
    password: Type.Optional(password),
    code: Type.Optional(code),
    passkey: Type.Optional(PasskeyShown),
  },
  strict,
);
export type Unlock = Static<typeof Unlock>;

/** A code, or a passkey that was asked for the same act; a recovery code never. */
export const StepUp = Type.Object(
  { code: Type.Optional(code), passkey: Type.Optional(PasskeyShown), ...actTarget },
  strict,
);
export type StepUp = Static<typeof StepUp>;

const LoginSeen = Type.Object(
  {
    at,
    outcome: Type.String({ description: 'done: the password was right; denied; conflict' }),
    address: Type.Union([Type.String(), Type.Null()]),
  },
  strict,
);

export const SessionReply = Type.Object(
  {
    stage: Stage,
    officer: Type.Object(
      {
        login: Type.String(),
        name: Type.String(),
        role: Role,
        commission: Type.String(),
        commissionName: Type.Object({ ky: Type.String(), ru: Type.String(), en: Type.String() }, strict),
      },
      strict,
    ),
    startedAt: at,
    endsAt: at,
    id: Type.String({ description: 'short name of the session, for the mark on the screen' }),
    clearanceValid: Type.Boolean(),
    clearanceUntil: Type.String(),
    /** Changes of either show somebody else's hand on the account. */
    passwordSetAt: Type.Union([at, Type.Null()]),
    factorSetAt: Type.Union([at, Type.Null()]),
    /** The last attempts to log in to this account, newest first (R47). */
    lastLogins: Type.Array(LoginSeen, { maxItems: 10 }),
    factors: Factors,
    /** Changes of the own passkeys and recovery codes in the last days, newest first (ASVS 6.3.7). */
    credentialChanges: Type.Array(CredentialChange, { maxItems: 10 }),
    /** Recovery codes left, null where none were made; told in an open session only. */
    recoveryCodesLeft: Type.Union([Type.Integer(), Type.Null()]),
  },
  strict,
);
export type SessionReply = Static<typeof SessionReply>;

export const OwnSession = Type.Object(
  {
    id: Type.String(),
    current: Type.Boolean(),
    stage: Stage,
    startedAt: at,
    seenAt: at,
    endsAt: at,
    state: Type.Union([
      Type.Literal('alive'),
      Type.Literal('locked'),
      Type.Literal('ended'),
      Type.Literal('expired'),
    ]),
    network: Type.String(),
    sameWorkstation: Type.Boolean(),
  },
  strict,
);
export const OwnSessions = Type.Object({ items: Type.Array(OwnSession, { maxItems: 50 }) }, strict);
export type OwnSessions = Static<typeof OwnSessions>;
export const SessionParams = Type.Object(
  { id: Type.String({ minLength: 43, maxLength: 43, pattern: '^[A-Za-z0-9_-]+$' }) },
  strict,
);
export const Empty = Type.Object({}, strict);
export const Nothing = Type.Object({}, strict);

export const PurposeList = Type.Object(
  { items: Type.Array(Type.Object({ code: Type.String(), needsCase: Type.Boolean() }, strict)) },
  strict,
);
