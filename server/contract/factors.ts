// What crosses HTTP about second factors: passkeys in the forms of WebAuthn (Level 3, 5.1; only the members that are used),
// recovery codes, the list of the own factors. Times are epoch ms; bytes are base64url.
import { type Static, type TSchema, Type } from 'typebox';
import { credentialNotices } from './vocabulary.ts';

const strict = { additionalProperties: false };
const at = Type.Integer({ description: 'epoch ms' });
const orNull = <T extends TSchema>(type: T) => Type.Union([type, Type.Null()]);
const bytes = (longest: number, description?: string) =>
  Type.String({
    pattern: '^[A-Za-z0-9_-]+$',
    minLength: 1,
    maxLength: longest,
    ...(description !== undefined && { description }),
  });
/** A credential id has at most 1023 bytes (WebAuthn, 4). */
const credential = bytes(1364, 'credential id');
const transport = Type.String({ pattern: '^[a-z-]{1,20}$' });
const transports = Type.Array(transport, { maxItems: 8, uniqueItems: true });
const clientDataJSON = bytes(4096);
const password = Type.String({ minLength: 1, maxLength: 1024 });
const name = Type.String({
  minLength: 1,
  maxLength: 40,
  pattern: '^\\S(.*\\S)?$',
  description: 'what its owner calls it; no blanks at the ends',
});

/** A new credential, as the browser made it. */
export const PasskeyMade = Type.Object(
  { id: credential, clientDataJSON, attestationObject: bytes(16_384), transports: Type.Optional(transports) },
  strict,
);
export type PasskeyMade = Static<typeof PasskeyMade>;

/** A signature over the challenge, as the browser returned it. */
export const PasskeyShown = Type.Object(
  {
    id: credential,
    clientDataJSON,
    authenticatorData: bytes(4096),
    signature: bytes(8192),
    userHandle: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]*$', maxLength: 88 })),
  },
  strict,
);
export type PasskeyShown = Static<typeof PasskeyShown>;

const Described = Type.Object(
  {
    id: Type.String(),
    type: Type.Literal('public-key'),
    transports: Type.Optional(Type.Array(Type.String())),
  },
  strict,
);
const UserVerification = Type.Literal('required');

/** What the browser is asked to make (`PublicKeyCredentialCreationOptionsJSON`). */
export const CreationOptions = Type.Object(
  {
    challenge: Type.String(),
    rp: Type.Object({ id: Type.String(), name: Type.String() }, strict),
    user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }, strict),
    pubKeyCredParams: Type.Array(
      Type.Object({ type: Type.Literal('public-key'), alg: Type.Integer() }, strict),
    ),
    timeout: Type.Integer(),
    attestation: Type.Literal('none'),
    excludeCredentials: Type.Array(Described),
    authenticatorSelection: Type.Object(
      { residentKey: Type.String(), requireResidentKey: Type.Boolean(), userVerification: UserVerification },
      strict,
    ),
  },
  strict,
);
export type CreationOptions = Static<typeof CreationOptions>;

/** What the browser is asked to sign (`PublicKeyCredentialRequestOptionsJSON`). */
export const RequestOptions = Type.Object(
  {
    challenge: Type.String(),
    rpId: Type.String(),
    timeout: Type.Integer(),
    userVerification: UserVerification,
    allowCredentials: Type.Array(Described),
  },
  strict,
);
export type RequestOptions = Static<typeof RequestOptions>;

/** The act a fresh factor is for, and the hash of what it is done to. */
export const actTarget = {
  action: Type.Optional(Type.String({ maxLength: 60, pattern: '^[a-z]+\\.[a-z-]+$' })),
  hash: Type.Optional(Type.String({ pattern: '^([0-9a-f]{64})?$' })),
};

/** `action` and `hash` as the step-up will name them; the signature holds for that act alone. */
export const AskPasskey = Type.Object(
  {
    purpose: Type.Union([Type.Literal('login'), Type.Literal('step-up'), Type.Literal('unlock')]),
    ...actTarget,
  },
  strict,
);
export type AskPasskey = Static<typeof AskPasskey>;
export const ShowPasskey = Type.Object({ passkey: PasskeyShown }, strict);

/** The password is left out at stage `passkey-enrol`, where the log-in has just asked it. */
export const BeginPasskey = Type.Object({ password: Type.Optional(password) }, strict);
export const AddPasskey = Type.Object({ name, made: PasskeyMade }, strict);
export type AddPasskey = Static<typeof AddPasskey>;
export const RenamePasskey = Type.Object({ name }, strict);
export const ConfirmWithPassword = Type.Object({ password }, strict);
export const PasskeyParams = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{32}$' }) }, strict);

export const ShowRecoveryCode = Type.Object({ code: Type.String({ minLength: 1, maxLength: 64 }) }, strict);
export const RecoveryCodes = Type.Object(
  { codes: Type.Array(Type.String(), { description: 'ten codes, shown this once' }) },
  strict,
);
export type RecoveryCodes = Static<typeof RecoveryCodes>;

export const OwnPasskey = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    createdAt: at,
    usedAt: orNull(at),
    synced: Type.Boolean({ description: 'its maker may copy it to other devices' }),
  },
  strict,
);
export const OwnFactors = Type.Object(
  {
    totp: Type.Object({ setAt: orNull(at) }, strict),
    passkeys: Type.Array(OwnPasskey, { maxItems: 50 }),
    passkeysAtMost: Type.Integer(),
    passkeyRequired: Type.Boolean({ description: 'the role must show one' }),
    recoveryCodes: orNull(Type.Object({ left: Type.Integer(), madeAt: at }, strict)),
  },
  strict,
);
export type OwnFactors = Static<typeof OwnFactors>;

/** A change of the own credentials that the officer is told of. */
export const CredentialChange = Type.Object(
  {
    at,
    what: Type.Unsafe<(typeof credentialNotices)[number]>({ type: 'string', enum: [...credentialNotices] }),
  },
  strict,
);
