// What crosses HTTP about the random re-check of administrators (R32). A sample is named by its number; entries by their seq.
// Days are Asia/Bishkek; rates are in a thousand, confidence in per cent.
import { type Static, Type } from 'typebox';
import { TrailItem } from './audit.ts';
import {
  sampleConfidences,
  sampleFindings,
  sampleItemStates,
  sampleRates,
  sampleSources,
  sampleStates,
} from './vocabulary.ts';
import { words } from './words.ts';

const strict = { additionalProperties: false };
const day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });
const version = Type.Integer({ minimum: 1 });
const note = Type.String({ maxLength: 2000 });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(t: T) => Type.Union([t, Type.Null()]);
const Person = Type.Object({ login: Type.String(), name: Type.String() }, strict);

export const SampleParams = Type.Object({ number: Type.String({ pattern: '^[1-9][0-9]{0,8}$' }) }, strict);
export const SampleItemParams = Type.Object(
  { ...SampleParams.properties, seq: Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' }) },
  strict,
);

export const FixSample = Type.Object(
  {
    /** First day; where the last sample ended when left out. */
    from: Type.Optional(day),
    /** Last day, itself included; until now when it is today. */
    to: day,
    confidence: Type.Optional(Type.Enum([...sampleConfidences])),
    rate: Type.Optional(Type.Enum([...sampleRates])),
    /** Why entries that were fixed before are drawn from again. */
    reason: Type.Optional(words(1, 2000)),
  },
  strict,
);
export type FixSample = Static<typeof FixSample>;

export const DrawSample = Type.Object(
  {
    expectedVersion: version,
    source: Type.Enum([...sampleSources]),
    /** Digits as thrown, 1 to 6; or digits and a–f as published. Spaces do not count. */
    digits: Type.String({ minLength: 1, maxLength: 400, pattern: '^[0-9A-Fa-f ]+$' }),
    /** Who threw and who saw it, or where it was published. */
    note: Type.Optional(note),
  },
  strict,
);
export type DrawSample = Static<typeof DrawSample>;

export const FindItem = Type.Object(
  { expectedVersion: version, finding: Type.Enum([...sampleFindings]), note: Type.Optional(note) },
  strict,
);
export type FindItem = Static<typeof FindItem>;

export const SignItem = Type.Object(
  { expectedVersion: version, agrees: Type.Boolean(), note: Type.Optional(note) },
  strict,
);
export type SignItem = Static<typeof SignItem>;

export const AssignItem = Type.Object(
  {
    expectedVersion: version,
    login: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' }),
    reason: words(1, 2000),
  },
  strict,
);
export type AssignItem = Static<typeof AssignItem>;

export const CloseSample = Type.Object({ expectedVersion: version }, strict);
export type CloseSample = Static<typeof CloseSample>;

const Counts = Type.Object(
  {
    open: Type.Integer(),
    toSign: Type.Integer(),
    inOrder: Type.Integer(),
    irregular: Type.Integer(),
    cannotTell: Type.Integer(),
    overdue: Type.Integer(),
    /** Waiting for the one who asks. */
    mine: Type.Integer(),
  },
  strict,
);
export type SampleCounts = Static<typeof Counts>;

export const SampleSummary = Type.Object(
  {
    number: Type.Integer(),
    state: Type.Enum([...sampleStates]),
    version: Type.Integer(),
    fromAt: Type.Integer(),
    toAt: Type.Integer(),
    fixedAt: Type.Integer(),
    population: Type.Integer(),
    wanted: Type.Integer(),
    confidence: Type.Integer(),
    rate: Type.Integer(),
    /** Number of an earlier sample over some of the same entries. */
    repeats: orNull(Type.Integer()),
    dueAt: Type.Integer(),
    overdue: Type.Boolean(),
    counts: Counts,
  },
  strict,
);
export type SampleSummary = Static<typeof SampleSummary>;

export const SampleList = Type.Object(
  {
    /** The newest hundred. */
    items: Type.Array(SampleSummary),
    /** By when the next period is to be fixed; null for those who fix none. */
    next: orNull(
      Type.Object({ dueAt: Type.Integer(), overdue: Type.Boolean(), fromAt: Type.Integer() }, strict),
    ),
    mayFix: Type.Boolean(),
  },
  strict,
);
export type SampleList = Static<typeof SampleList>;

export const SampleItem = Type.Object(
  {
    seq: Type.Integer(),
    /** Place in the draw, from 1. */
    place: Type.Integer(),
    state: Type.Enum([...sampleItemStates]),
    version: Type.Integer(),
    reviewer: orNull(Person),
    signer: orNull(Person),
    dueAt: Type.Integer(),
    overdue: Type.Boolean(),
    finding: orNull(Type.Enum([...sampleFindings])),
    /** Null also where it was erased. */
    note: orNull(Type.String()),
    foundBy: orNull(Person),
    foundAt: orNull(Type.Integer()),
    signedBy: orNull(Person),
    signedAt: orNull(Type.Integer()),
    signNote: orNull(Type.String()),
    /** How often a second person sent the finding back. */
    returned: Type.Integer(),
    /** What was done; null where it lies outside the reader's reach. */
    entry: orNull(TrailItem),
    actions: Type.Array(Type.String()),
  },
  strict,
);
export type SampleItem = Static<typeof SampleItem>;

export const SampleCard = Type.Object(
  {
    ...SampleSummary.properties,
    roles: Type.Array(Type.String()),
    without: Type.Array(Type.String()),
    first: Type.Integer(),
    /** The first entry after the period. */
    next: Type.Integer(),
    fixedBy: orNull(Person),
    fixEntry: Type.Integer(),
    /** Hex leaf hash of that entry: what the dice are mixed with. */
    fixHash: Type.String(),
    repeatReason: orNull(Type.String()),
    /** The checkpoint the period was fixed under. */
    checkpoint: Type.Object({ size: Type.Integer(), root: Type.String() }, strict),
    /** The signed note that covers the fixing: published before the dice. Null until it is signed. */
    published: orNull(Type.Object({ size: Type.Integer(), note: Type.String() }, strict)),
    draw: orNull(
      Type.Object(
        {
          source: Type.Enum([...sampleSources]),
          digits: Type.String(),
          seed: Type.String(),
          at: Type.Integer(),
          by: orNull(Person),
          entry: Type.Integer(),
          note: orNull(Type.String()),
        },
        strict,
      ),
    ),
    closed: orNull(
      Type.Object(
        {
          at: Type.Integer(),
          by: orNull(Person),
          entry: Type.Integer(),
          /** With the sample's confidence, no more of the population are wrong. */
          mostWrong: Type.Integer(),
        },
        strict,
      ),
    ),
    items: Type.Array(SampleItem),
    /** To whom a drawn entry may be given, by seq where it is open; only for those who may give it. */
    reviewers: Type.Array(Person),
    actions: Type.Array(Type.String()),
  },
  strict,
);
export type SampleCard = Static<typeof SampleCard>;

export const SampleFixed = Type.Object(
  { number: Type.Integer(), entry: Type.Integer(), population: Type.Integer(), wanted: Type.Integer() },
  strict,
);
export type SampleFixed = Static<typeof SampleFixed>;
export const SampleStep = Type.Object({ entry: Type.Integer(), version: Type.Integer() }, strict);
export type SampleStep = Static<typeof SampleStep>;
