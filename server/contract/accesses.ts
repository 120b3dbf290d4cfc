// What crosses HTTP about who looked at one voter: for the protection officer with the office and the person behind it and a
// proof for each; for the subject by office alone (R10).
import { type Static, Type } from 'typebox';
import { MaskedVoter } from './voters.ts';

const strict = { additionalProperties: false };
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(t: T) => Type.Union([t, Type.Null()]);
const id = Type.String({ minLength: 8, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$' });

export const AccessParams = Type.Object({ id }, strict);
export const AccessQuery = Type.Object(
  {
    after: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  },
  strict,
);
export type AccessQuery = Static<typeof AccessQuery>;

const Unit = Type.Object(
  { code: Type.String(), nameKy: Type.String(), nameRu: Type.String(), nameEn: Type.String() },
  strict,
);
const byOffice = {
  seq: Type.Integer(),
  at: Type.Integer(),
  act: Type.String(),
  outcome: Type.String(),
  /** Commission and role: the office the access was made in. */
  unit: orNull(Unit),
  role: orNull(Type.String()),
  purpose: orNull(Type.String()),
  /** Names of the fields disclosed or changed. */
  fields: Type.Array(Type.String()),
  /** How many persons the same entry is about: more than one for a search, a list, an export. */
  persons: Type.Integer(),
};
export const Access = Type.Object(
  {
    ...byOffice,
    /** Name and login as they were then. */
    officer: orNull(Type.Object({ login: Type.String(), name: Type.String() }, strict)),
    /** Id of the application it was for. */
    case: orNull(Type.String()),
  },
  strict,
);
export type Access = Static<typeof Access>;
export const AccessPage = Type.Object({ items: Type.Array(Access), next: orNull(Type.Integer()) }, strict);
export type AccessPage = Static<typeof AccessPage>;

export const AccessProofParams = Type.Object(
  { id, seq: Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' }) },
  strict,
);
/** All that is needed to check, offline, that an entry is in the signed log and is about this voter. */
export const AccessProof = Type.Object(
  {
    seq: Type.Integer(),
    voter: Type.String(),
    /** The leaf exactly as it was hashed. */
    leaf: Type.String(),
    membership: Type.Object(
      {
        salt: Type.String({ description: 'hex key of HMAC-SHA-256 over the voter’s id' }),
        commitment: Type.String({ description: 'hex' }),
        index: Type.Integer(),
        count: Type.Integer(),
        path: Type.Array(Type.String(), { description: 'hex, RFC 6962, up to the leaf’s `subjects`' }),
      },
      strict,
    ),
    /** C2SP tlog-proof: inclusion proof and signed checkpoint. */
    proof: Type.String(),
    /** The log's verifier key; whoever keeps it elsewhere compares. */
    vkey: Type.String(),
  },
  strict,
);
export type AccessProof = Static<typeof AccessProof>;

/** The person stands here or wrote: their PIN finds their record, masked, for their own request alone. */
export const SubjectLookup = Type.Object(
  {
    pin: Type.String({ minLength: 14, maxLength: 14, pattern: '^[0-9]{14}$' }),
    purpose: Type.Literal('subject-request'),
  },
  strict,
);
export type SubjectLookup = Static<typeof SubjectLookup>;
export const SubjectFound = Type.Object(
  { voter: orNull(Type.Object({ ...MaskedVoter.properties, status: Type.String() }, strict)) },
  strict,
);
export type SubjectFound = Static<typeof SubjectFound>;

/** The answer to a subject (R10): what is held, and who looked at it, when and why, by office. */
export const SubjectAnswer = Type.Object(
  {
    voter: Type.Object(
      {
        surname: Type.String(),
        givenName: Type.String(),
        patronymic: Type.String(),
        precinct: Type.String(),
      },
      strict,
    ),
    held: Type.Object(
      {
        /** Fields of the record that are filled. */
        fields: Type.Array(Type.String()),
        status: Type.String(),
        earlierVersions: Type.Integer(),
        applications: Type.Integer(),
        blocked: Type.Boolean(),
      },
      strict,
    ),
    accesses: Type.Array(Type.Object(byOffice, strict)),
    /** True where older accesses are left out. */
    more: Type.Boolean(),
    at: Type.Integer(),
    /** The entry this answer made, and a checkpoint that covers it. */
    entry: Type.Integer(),
    checkpoint: Type.String(),
    /** The newest one a quorum of witnesses cosigned; null for none yet, absent where none is asked for. */
    witnessed: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    vkey: Type.String(),
  },
  strict,
);
export type SubjectAnswer = Static<typeof SubjectAnswer>;
