// What crosses HTTP about voters. Items are masked; the reveal answers one field at a time. Bounds are on everything.
import { type Static, Type } from 'typebox';
import { maskedFields, purposes } from './vocabulary.ts';
import { words } from './words.ts';

const id = Type.String({ minLength: 8, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$' });
const code = Type.String({ minLength: 1, maxLength: 20, pattern: '^[A-Za-z0-9-]+$' });
export const PurposeCode = Type.Enum(purposes.map((p) => p.code));

export const VoterParams = Type.Object({ id }, { additionalProperties: false });

export const VoterSearch = Type.Object(
  {
    /** A name, the beginning of one, or 14 digits. */
    q: Type.String({ minLength: 1, maxLength: 120 }),
    precinct: Type.Optional(code),
    purpose: Type.Optional(PurposeCode),
    after: Type.Optional(Type.String({ maxLength: 600 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
  },
  { additionalProperties: false },
);
export type VoterSearch = Static<typeof VoterSearch>;

export const MaskedVoter = Type.Object({
  id: Type.String(),
  surname: Type.String(),
  givenName: Type.String(),
  patronymic: Type.String(),
  sex: Type.String(),
  pin: Type.String({ description: 'masked' }),
  birthDate: Type.String({ description: 'masked' }),
  address: Type.String({ description: 'masked' }),
  precinct: Type.String(),
  flags: Type.Array(Type.String()),
});
export type MaskedVoter = Static<typeof MaskedVoter>;

export const VoterPage = Type.Object({
  items: Type.Array(MaskedVoter),
  next: Type.Union([Type.String(), Type.Null()]),
  /** At most 501: more than 500 means "narrow it". */
  count: Type.Integer(),
  /** True where the spelling had to be guessed. */
  approximate: Type.Boolean(),
});
export type VoterPage = Static<typeof VoterPage>;

export const VoterLocate = Type.Object(
  { pin: Type.String({ minLength: 14, maxLength: 14, pattern: '^[0-9]{14}$' }), purpose: PurposeCode },
  { additionalProperties: false },
);
export const VoterWhere = Type.Object({
  where: Type.Union([Type.Literal('here'), Type.Literal('elsewhere'), Type.Literal('none')]),
  precinct: Type.Optional(Type.String()),
});
export type VoterWhere = Static<typeof VoterWhere>;

export const VoterCard = Type.Object({
  ...MaskedVoter.properties,
  status: Type.String(),
  version: Type.Integer(),
  changedAt: Type.Integer(),
  blocked: Type.Union([Type.Object({ case: Type.String(), since: Type.Integer() }), Type.Null()]),
  /** The entry this view made. */
  entry: Type.Integer(),
});
export type VoterCard = Static<typeof VoterCard>;

export const VoterReveal = Type.Object(
  {
    field: Type.Enum(maskedFields),
    purpose: PurposeCode,
    case: Type.Optional(Type.Union([id, Type.Null()])),
  },
  { additionalProperties: false },
);
export type VoterReveal = Static<typeof VoterReveal>;
export const RevealedField = Type.Object({ value: Type.String(), entry: Type.Integer() });

export const VoterVersions = Type.Object({
  items: Type.Array(
    Type.Object({
      version: Type.Integer(),
      /** When this version stopped being the current one. */
      replacedAt: Type.Integer(),
      by: Type.Union([Type.Object({ login: Type.String(), name: Type.String() }), Type.Null()]),
      application: Type.Union([Type.String(), Type.Null()]),
      entry: Type.Integer(),
      /** What changed towards the next version; masked fields stay masked. */
      changes: Type.Array(Type.Object({ field: Type.String(), old: Type.String(), new: Type.String() })),
    }),
  ),
});
export type VoterVersions = Static<typeof VoterVersions>;

export const VoterRestore = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    reason: words(3, 1000),
    /** Asked for once the list is frozen. */
    legalReference: Type.Optional(Type.String({ maxLength: 300 })),
  },
  { additionalProperties: false },
);
export type VoterRestore = Static<typeof VoterRestore>;
export const ApprovalAsked = Type.Object({
  approval: Type.String(),
  id: Type.String(),
  state: Type.String(),
  entry: Type.Integer(),
});
