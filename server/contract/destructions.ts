// What crosses HTTP about destroying a person's data: what is asked for, and the acts that were carried out. The number and
// the order name a document, never the person.
import { type Static, Type } from 'typebox';
import { destructionBases } from './vocabulary.ts';
import { words } from './words.ts';

const strict = { additionalProperties: false };
const id = Type.String({ minLength: 8, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$' });
const document = (maxLength: number) => words(1, maxLength);

export const DestructionRequest = Type.Object(
  {
    basis: Type.Enum(destructionBases),
    /** Number of the destruction act. */
    number: document(60),
    /** Who ordered it: an office or a body. */
    orderedBy: document(200),
    /** ISO day. */
    orderedOn: Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' }),
    /** Number and date of the document with which the person was told; asked for where collection was unlawful. */
    notice: Type.Optional(document(200)),
    /** True: it is understood that a listed voter leaves the list with it. */
    leavesList: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type DestructionRequest = Static<typeof DestructionRequest>;
export const DestructionAsked = Type.Object(
  { approval: Type.String(), id: Type.String(), state: Type.String(), entry: Type.Integer() },
  strict,
);
export type DestructionAsked = Static<typeof DestructionAsked>;

export const DestructionParams = Type.Object({ id }, strict);

export const DestructionAct = Type.Object(
  {
    /** The approval it rests on. */
    id: Type.String(),
    number: Type.String(),
    orderedBy: Type.String(),
    orderedOn: Type.String(),
    basis: Type.Enum(destructionBases),
    notice: Type.Union([Type.String(), Type.Null()]),
    commission: Type.String(),
    at: Type.Integer(),
    by: Type.Union([Type.Object({ login: Type.String(), name: Type.String() }, strict), Type.Null()]),
    entry: Type.Integer(),
    /** How much went: entries, openings, versions, applications, attachments, approvals, alerts. */
    counts: Type.Record(Type.String(), Type.Integer()),
  },
  strict,
);
export type DestructionAct = Static<typeof DestructionAct>;
export const DestructionPage = Type.Object({ items: Type.Array(DestructionAct) }, strict);
export type DestructionPage = Static<typeof DestructionPage>;

export const DestructionDone = Type.Object(
  {
    ...DestructionAct.properties,
    /** `left`: the database files still hold freed bytes of it until `kuzot compact` was run. */
    residue: Type.Enum(['none', 'left']),
  },
  strict,
);
export type DestructionDone = Static<typeof DestructionDone>;
