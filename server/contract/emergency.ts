// What crosses HTTP about emergency access: asked for with a reason, for one unit and some acts, half an hour long.
import { type Static, Type } from 'typebox';
import { emergencyActs, emergencyFindings } from './vocabulary.ts';
import { words } from './words.ts';

const strict = { additionalProperties: false };
const id = Type.String({ minLength: 8, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$' });
const code = Type.String({ minLength: 1, maxLength: 20, pattern: '^[A-Za-z0-9-]+$' });
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);

export const EmergencyRequest = Type.Object(
  {
    unit: code,
    acts: Type.Array(Type.Enum(emergencyActs), {
      minItems: 1,
      maxItems: emergencyActs.length,
      uniqueItems: true,
    }),
    reason: words(10, 1000),
  },
  strict,
);
export type EmergencyRequest = Static<typeof EmergencyRequest>;

/** pending → active → ended; or denied, lapsed; `forged`: the row claims to run, the log knows nothing of it or of its going on; it opens nothing. */
export const emergencyStates = ['pending', 'denied', 'lapsed', 'active', 'ended', 'forged'] as const;

export const EmergencyItem = Type.Object({
  id: Type.String(),
  state: Type.Enum(emergencyStates),
  unit: Type.String(),
  acts: Type.Array(Type.String()),
  reason: Type.String(),
  officer: Type.Object({ login: Type.String(), name: Type.String() }),
  approvedBy: nullable(Type.Object({ login: Type.String(), name: Type.String() })),
  askedAt: Type.Integer(),
  startsAt: nullable(Type.Integer()),
  /** When it ends or ended, whoever ended it. */
  endsAt: nullable(Type.Integer()),
  endReason: nullable(Type.String()),
  /** Entries made under it, and persons they were about. */
  entries: Type.Integer(),
  persons: Type.Integer(),
  session: Type.String(),
  review: nullable(
    Type.Object({
      dueAt: Type.Integer(),
      overdue: Type.Boolean(),
      at: nullable(Type.Integer()),
      by: nullable(Type.String()),
      finding: nullable(Type.Enum(emergencyFindings)),
      note: nullable(Type.String()),
    }),
  ),
  version: Type.Integer(),
  /** end, review */
  actions: Type.Array(Type.String()),
});
export type EmergencyItem = Static<typeof EmergencyItem>;
export const EmergencyPage = Type.Object({ items: Type.Array(EmergencyItem) });
export const EmergencyAnswer = Type.Object({ ...EmergencyItem.properties, entry: Type.Integer() });
export const EmergencyAsked = Type.Object({ id: Type.String(), state: Type.String(), entry: Type.Integer() });
export const EmergencyParams = Type.Object({ id }, strict);
const expectedVersion = Type.Integer({ minimum: 1 });
export const EmergencyEnd = Type.Object({ expectedVersion }, strict);
export const EmergencyReview = Type.Object(
  {
    expectedVersion,
    finding: Type.Enum(emergencyFindings),
    note: words(3, 1000),
  },
  strict,
);
export type EmergencyReview = Static<typeof EmergencyReview>;
