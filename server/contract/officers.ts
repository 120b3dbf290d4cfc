// What crosses HTTP about officers: who they are, what they may do, their clearance. Never a hash, a seed or a code; a
// temporary password crosses once, in the reply to the activation. Times are epoch ms.
import { type Static, Type } from 'typebox';
import { type Role as RoleName, roles } from './vocabulary.ts';
import { words } from './words.ts';

const strict = { additionalProperties: false };
const Role = Type.Unsafe<RoleName>({ type: 'string', enum: [...roles] });
export const officerStates = ['requested', 'issued', 'active', 'disabled'] as const;
export type OfficerState = (typeof officerStates)[number];
const State = Type.Unsafe<OfficerState>({ type: 'string', enum: [...officerStates] });
export const clearanceLevels = ['personal', 'special', 'secret'] as const;
/** personal: personal data; special: also special categories; secret: as the order says. */
const ClearanceLevel = Type.Unsafe<(typeof clearanceLevels)[number]>({
  type: 'string',
  enum: [...clearanceLevels],
});
const id = Type.String({ minLength: 8, maxLength: 64, pattern: '^[A-Za-z0-9_:-]+$' });
const code = Type.String({ minLength: 1, maxLength: 20, pattern: '^[A-Za-z0-9-]+$' });
const day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });
const name = Type.String({ minLength: 1, maxLength: 80, pattern: '^[^\\u0000-\\u001f\\u007f]+$' });
const version = Type.Integer({ minimum: 1 });
/** Why something is done to an account. */
export const reason = words(3, 500);

export const OfficerParams = Type.Object({ id }, strict);

export const briefingStates = ['signed', 'unsigned'] as const;

export const OfficerQuery = Type.Object(
  {
    state: Type.Optional(State),
    role: Type.Optional(Role),
    commission: Type.Optional(code),
    /** Clearances that are over or end within so many days. */
    clearanceWithinDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 366 })),
    /** Whether the briefing in force is signed. */
    briefing: Type.Optional(Type.Enum(briefingStates)),
    /** On leave today. */
    absent: Type.Optional(Type.Boolean()),
    after: Type.Optional(id),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
);
export type OfficerQuery = Static<typeof OfficerQuery>;

const Clearance = Type.Object({ order: words(1, 80), level: ClearanceLevel, until: day }, strict);

const item = {
  id: Type.String(),
  login: Type.String(),
  name: Type.String(),
  role: Role,
  commission: Type.String(),
  state: State,
  clearanceUntil: Type.String(),
  /** The version last signed, and whether it is the one in force. */
  briefing: Type.Object(
    { version: Type.Union([Type.String(), Type.Null()]), current: Type.Boolean() },
    strict,
  ),
  /** First and last day away, or null. */
  absence: Type.Union([Type.Object({ from: Type.String(), until: Type.String() }, strict), Type.Null()]),
  version: Type.Integer(),
};
export const OfficerItem = Type.Object(item, strict);
export type OfficerItem = Static<typeof OfficerItem>;
export const OfficerPage = Type.Object(
  {
    items: Type.Array(OfficerItem, { maxItems: 200 }),
    next: Type.Union([Type.String(), Type.Null()]),
    count: Type.Integer(),
  },
  strict,
);
/** `approval` is who must grant the role first, or null where nobody must. */
export const RegisteredOfficer = Type.Object(
  { ...item, approval: Type.Union([Type.String(), Type.Null()]) },
  strict,
);
export type RegisteredOfficer = Static<typeof RegisteredOfficer>;
export type OfficerPage = Static<typeof OfficerPage>;

const nullable = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) =>
  Type.Union([schema, Type.Null()]);

export const OfficerCard = Type.Object(
  {
    ...item,
    surname: Type.String(),
    givenName: Type.String(),
    patronymic: Type.String(),
    clearanceOrder: Type.String(),
    clearanceLevel: Type.String(),
    createdBy: Type.String({ description: 'id of the official who registered the account' }),
    activatedBy: nullable(Type.String()),
    factorEnrolled: Type.Boolean(),
    /** How many second factors beside the code, for those who may ask for a reset; null for others. */
    factors: nullable(Type.Object({ passkeys: Type.Integer(), recoveryCodesLeft: Type.Integer() }, strict)),
    mustChangePassword: Type.Boolean(),
    passwordSetAt: nullable(Type.Integer()),
    /** Signed briefings, newest first; the hash is of version and texts. */
    signatures: Type.Array(
      Type.Object(
        {
          version: Type.String(),
          hash: Type.String(),
          language: Type.String(),
          signedAt: Type.Integer(),
          entry: Type.Integer(),
        },
        strict,
      ),
      { maxItems: 50 },
    ),
    /** What lies with this officer and must be handed over: references, a hundred of each at most. */
    openWork: Type.Object(
      {
        alerts: Type.Array(Type.Object({ id: Type.String(), rule: Type.String() }, strict)),
        samples: Type.Array(Type.Object({ sample: Type.Integer(), seq: Type.Integer() }, strict)),
        applications: Type.Array(Type.Object({ number: Type.String(), state: Type.String() }, strict)),
        approvals: Type.Array(Type.Object({ id: Type.String(), kind: Type.String() }, strict)),
      },
      strict,
    ),
    openSessions: Type.Integer(),
    /** What the state allows now; whether this officer may is decided when it is asked. */
    actions: Type.Array(Type.String()),
    /** Name, role, unit and state as they were, newest first (R29). */
    history: Type.Array(
      Type.Object(
        {
          version: Type.Integer(),
          validFrom: Type.Integer(),
          name: Type.String(),
          role: Role,
          commission: Type.String(),
          state: State,
        },
        strict,
      ),
      { maxItems: 100 },
    ),
  },
  strict,
);
export type OfficerCard = Static<typeof OfficerCard>;

export const NewOfficer = Type.Object(
  {
    login: Type.String({ minLength: 3, maxLength: 40, pattern: '^[a-z0-9][a-z0-9._-]*[a-z0-9]$' }),
    surname: name,
    givenName: name,
    patronymic: Type.Optional(Type.String({ maxLength: 80, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })),
    role: Role,
    commission: code,
    clearance: Clearance,
  },
  strict,
);
export type NewOfficer = Static<typeof NewOfficer>;

export const ActivateOfficer = Type.Object({ expectedVersion: version }, strict);
/** The only time the temporary password exists outside its hash: on the officer's own screen. */
export const ActivatedOfficer = Type.Object(
  {
    login: Type.String(),
    temporaryPassword: Type.String(),
    expiresAt: Type.Integer(),
    version: Type.Integer(),
  },
  strict,
);
export type ActivatedOfficer = Static<typeof ActivatedOfficer>;

export const DisableOfficer = Type.Object({ expectedVersion: version, reason }, strict);
export const ChangeRole = Type.Object({ expectedVersion: version, role: Role, commission: code }, strict);
export type ChangeRole = Static<typeof ChangeRole>;
export const ChangeClearance = Type.Object({ expectedVersion: version, clearance: Clearance }, strict);
export type ChangeClearance = Static<typeof ChangeClearance>;
export const EndSessions = Type.Object({ reason }, strict);
export const EndedSessions = Type.Object({ ended: Type.Integer() }, strict);
export const RequestReset = Type.Object({ expectedVersion: version, reason }, strict);
export const RequestEnable = RequestReset;
export const RequestGrant = Type.Object(
  { expectedVersion: version, role: Role, commission: code, reason },
  strict,
);
export type RequestGrant = Static<typeof RequestGrant>;
export const RequestedApproval = Type.Object({ approval: Type.String() }, strict);
/** First and last day away; both null end an absence. Never why. */
export const ChangeAbsence = Type.Object(
  { expectedVersion: version, from: Type.Union([day, Type.Null()]), until: Type.Union([day, Type.Null()]) },
  strict,
);
export type ChangeAbsence = Static<typeof ChangeAbsence>;
