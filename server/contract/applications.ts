// What crosses HTTP about applications and the calendar. The same shapes bound the forms and the answers.
import { type Static, Type } from 'typebox';
import { applicationKinds, applicationStates, attachmentTypes, correctableFields } from './vocabulary.ts';
import { words } from './words.ts';

const id = Type.String({ minLength: 8, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$' });
const code = Type.String({ minLength: 1, maxLength: 20, pattern: '^[A-Za-z0-9-]+$' });
const line = (max: number) => Type.String({ maxLength: max });
const day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(t: T) => Type.Union([t, Type.Null()]);
const strict = { additionalProperties: false };

export const ApplicationKindCode = Type.Enum(applicationKinds);
export const ApplicationStateCode = Type.Enum(applicationStates);

export const Applicant = Type.Object(
  {
    pin: Type.Optional(Type.String({ pattern: '^([0-9]{14})?$' })),
    surname: Type.String({ minLength: 1, maxLength: 100 }),
    givenName: Type.String({ minLength: 1, maxLength: 100 }),
    patronymic: Type.Optional(line(100)),
    birthDate: Type.Optional(Type.Union([day, Type.Literal('')])),
    sex: Type.Optional(Type.Union([Type.Literal('F'), Type.Literal('M'), Type.Literal('')])),
    address: Type.Optional(line(300)),
    /** Where the reply goes (R19). */
    contact: Type.Optional(line(200)),
    replyBy: Type.Optional(Type.Union([Type.Literal('paper'), Type.Literal('electronic')])),
  },
  strict,
);
export type Applicant = Static<typeof Applicant>;

export const Representative = Type.Object(
  {
    name: words(1, 200),
    authority: words(1, 300),
  },
  strict,
);
export type Representative = Static<typeof Representative>;

export const AskedChange = Type.Object(
  { field: Type.Enum(correctableFields), new: Type.String({ minLength: 1, maxLength: 300 }) },
  strict,
);

export const NewApplication = Type.Object(
  {
    kind: ApplicationKindCode,
    voter: Type.Optional(orNull(id)),
    /** Needed where the officer's unit is not a precinct and no voter is named. */
    precinct: Type.Optional(code),
    applicant: Applicant,
    representative: Type.Optional(orNull(Representative)),
    change: Type.Optional(Type.Array(AskedChange, { maxItems: 8 })),
    channel: Type.Optional(
      Type.Union([Type.Literal('in-person'), Type.Literal('electronic'), Type.Literal('post')]),
    ),
    /** Lawful basis of the processing (R55). */
    legalBasis: Type.Optional(line(300)),
  },
  strict,
);
export type NewApplication = Static<typeof NewApplication>;

export const ApplicationParams = Type.Object({ id }, strict);
export const ActionParams = Type.Object(
  { id, name: Type.String({ maxLength: 30, pattern: '^[a-z-]+$' }) },
  strict,
);

/** One body for every step; what a step needs beyond the version is checked by the step, naming the field. */
export const ActionBody = Type.Object(
  {
    expectedVersion: Type.Integer({ minimum: 1 }),
    photoMatched: Type.Optional(Type.Boolean()),
    passport: Type.Optional(
      Type.Object(
        { series: Type.String({ maxLength: 10 }), number: Type.String({ minLength: 1, maxLength: 20 }) },
        strict,
      ),
    ),
    outcome: Type.Optional(Type.Union([Type.Literal('approved'), Type.Literal('refused')])),
    reason: Type.Optional(line(2000)),
    legalReference: Type.Optional(line(300)),
    method: Type.Optional(Type.Union([Type.Literal('paper'), Type.Literal('electronic')])),
    proof: Type.Optional(line(300)),
    shelf: Type.Optional(line(100)),
    note: Type.Optional(line(1000)),
  },
  strict,
);
export type ActionBody = Static<typeof ActionBody>;

export const ApplicationItem = Type.Object({
  id: Type.String(),
  number: Type.String(),
  kind: ApplicationKindCode,
  state: ApplicationStateCode,
  version: Type.Integer(),
  dueOn: orNull(Type.String()),
  coupon: orNull(Type.String()),
  precinct: Type.String(),
  territory: Type.String(),
  voter: orNull(Type.String()),
  applicantName: Type.String(),
  createdAt: Type.Integer(),
  receivedAt: orNull(Type.Integer()),
  overdue: Type.Boolean(),
  /** Steps this officer may take now. */
  actions: Type.Array(Type.String()),
  /** Steps this officer may take once what stands in the way is gone: name, and the problem the step would meet. */
  waits: Type.Array(Type.Object({ action: Type.String(), why: Type.String() })),
});
export type ApplicationItem = Static<typeof ApplicationItem>;

/** Largest document, in bytes, before it is written as base64. */
export const attachmentMaxBytes = 5 * 1024 * 1024;
export const attachmentsMax = 10;

/** A document as it is handed in: what it is, its bytes in base64. It has no name: names never reach the store. */
export const NewAttachment = Type.Object(
  {
    expectedVersion: Type.Integer({ minimum: 1 }),
    mediaType: Type.Enum(attachmentTypes),
    /** Longer than the largest document: one too large is told so, not that it is malformed. */
    content: Type.String({ minLength: 4, maxLength: 2 * attachmentMaxBytes }),
    /** Where its paper lies (R21). */
    shelf: Type.Optional(line(100)),
  },
  strict,
);
export type NewAttachment = Static<typeof NewAttachment>;

export const AttachmentItem = Type.Object({
  id: Type.String(),
  sha256: Type.String(),
  mediaType: Type.Enum(attachmentTypes),
  size: Type.Integer({ description: 'bytes' }),
  shelf: orNull(Type.String()),
  addedAt: Type.Integer(),
  by: Type.String(),
});
export type AttachmentItem = Static<typeof AttachmentItem>;
export const AttachmentAnswer = Type.Object({
  ...AttachmentItem.properties,
  version: Type.Integer({ description: 'of the application, for the next step' }),
  entry: Type.Integer(),
});
export const AttachmentParams = Type.Object({ id, attachment: id }, strict);

export const ApplicationCard = Type.Object({
  ...ApplicationItem.properties,
  channel: Type.String(),
  applicant: Applicant,
  representative: orNull(Representative),
  passport: orNull(Type.String({ description: 'masked' })),
  sameDocument: orNull(
    Type.Integer({ description: 'other applications, in reach of whoever asks, with the same document' }),
  ),
  change: Type.Array(Type.Object({ field: Type.String(), old: Type.String(), new: Type.String() })),
  legalBasis: Type.String(),
  identityCheckedAt: orNull(Type.Integer()),
  enteredAt: orNull(Type.Integer()),
  atTerritoryAt: orNull(Type.Integer()),
  /** Receipt to entry, seconds (R18). */
  entryLagSeconds: orNull(Type.Integer()),
  outcome: orNull(Type.String()),
  reason: orNull(Type.String()),
  legalReference: orNull(Type.String()),
  /** The second person's approval, where the change asks one. */
  approval: orNull(Type.Object({ id: Type.String(), state: Type.String() })),
  decidedAt: orNull(Type.Integer()),
  appliedAt: orNull(Type.Integer()),
  repliedAt: orNull(Type.Integer()),
  replyMethod: orNull(Type.String()),
  blocking: Type.Boolean(),
  attachments: Type.Array(AttachmentItem),
  /** Whether this officer may attach a document now. */
  mayAttach: Type.Boolean(),
  steps: Type.Array(
    Type.Object({
      at: Type.Integer(),
      action: Type.String(),
      state: Type.String(),
      by: Type.String(),
      login: Type.String(),
      entry: Type.Integer(),
    }),
  ),
  entry: Type.Integer(),
});
export type ApplicationCard = Static<typeof ApplicationCard>;

export const ApplicationQuery = Type.Object(
  {
    state: Type.Optional(ApplicationStateCode),
    /** Opaque id of the voter they are about. */
    voter: Type.Optional(id),
    precinct: Type.Optional(code),
    overdue: Type.Optional(Type.Boolean()),
    after: Type.Optional(Type.String({ maxLength: 100, pattern: '^[A-Za-z0-9_.-]*$' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  strict,
);
export type ApplicationQuery = Static<typeof ApplicationQuery>;
export const ApplicationPage = Type.Object({
  items: Type.Array(ApplicationItem),
  next: orNull(Type.String()),
});

export const CouponParams = Type.Object({ coupon: Type.String({ minLength: 4, maxLength: 40 }) }, strict);
export const CouponStatus = Type.Object({
  state: ApplicationStateCode,
  receivedOn: orNull(Type.String()),
  dueOn: orNull(Type.String()),
  repliedOn: orNull(Type.String()),
});

export const Calendar = Type.Object({
  election: orNull(
    Type.Object({
      id: Type.String(),
      nameKy: Type.String(),
      nameRu: Type.String(),
      nameEn: Type.String(),
      votingDay: Type.String(),
    }),
  ),
  dates: Type.Array(
    Type.Object({
      event: Type.String(),
      onDay: Type.String(),
      act: Type.String(),
      proposed: Type.Boolean(),
      version: Type.Integer(),
    }),
  ),
  today: Type.String(),
  frozen: Type.Boolean(),
});
export type Calendar = Static<typeof Calendar>;
export const CalendarSet = Type.Object(
  {
    election: Type.Optional(
      Type.Object({ nameKy: line(200), nameRu: line(200), nameEn: line(200), votingDay: day }, strict),
    ),
    dates: Type.Optional(
      Type.Array(
        Type.Object(
          {
            event: Type.String({ maxLength: 30, pattern: '^[a-z-]+$' }),
            onDay: day,
            act: Type.String({ minLength: 1, maxLength: 100 }),
            expectedVersion: Type.Optional(Type.Integer({ minimum: 0 })),
          },
          strict,
        ),
        { maxItems: 20 },
      ),
    ),
  },
  strict,
);
export type CalendarSet = Static<typeof CalendarSet>;
