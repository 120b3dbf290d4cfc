// What crosses HTTP about the audit trail: entries as people read them, accesses to one voter, tiles of the log itself.
// Times are epoch ms in answers; in questions also ISO 8601, a day alone meaning that day in Bishkek.
import { type Static, Type } from 'typebox';
import { acts } from './acts.ts';
import { outcomes, purposes } from './vocabulary.ts';

const strict = { additionalProperties: false };
const id = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_.:-]+$' });
const code = Type.String({ minLength: 1, maxLength: 20, pattern: '^[A-Za-z0-9-]+$' });
const instant = Type.String({ minLength: 8, maxLength: 35, pattern: '^[0-9][0-9T:.Z+-]*$' });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(t: T) => Type.Union([t, Type.Null()]);

/** What may be chosen without naming a person, a case or a desk. */
const chosen = {
  /** Login (now or once), or id. */
  actor: Type.Optional(id),
  act: Type.Optional(Type.Enum(Object.keys(acts))),
  outcome: Type.Optional(Type.Enum([...outcomes])),
  /** This unit and all below it. */
  commission: Type.Optional(code),
  session: Type.Optional(id),
  from: Type.Optional(instant),
  to: Type.Optional(instant),
};
const asked = {
  ...chosen,
  /** Entries older than this one: `next` of the page before. */
  after: Type.Optional(Type.Integer({ minimum: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  /** Also how many entries there are over time: all the filter selects, whatever page is read. */
  histogram: Type.Optional(Type.Boolean()),
};
export const TrailQuery = Type.Object(asked, strict);
export type TrailQuery = Static<typeof TrailQuery>;

const aboutPersons = {
  voter: Type.Optional(id),
  case: Type.Optional(id),
  /** Network address of the workstation. */
  address: Type.Optional(Type.String({ minLength: 2, maxLength: 64, pattern: '^[0-9A-Fa-f.:a-z-]+$' })),
};
export const TrailSearch = Type.Object({ ...asked, ...aboutPersons }, strict);
export type TrailSearch = Static<typeof TrailSearch>;

const TrailOfficer = Type.Object(
  { login: Type.String(), name: Type.String(), role: Type.String(), commission: Type.String() },
  strict,
);

const DetailValue = Type.Union([
  Type.String(),
  Type.Number(),
  Type.Boolean(),
  Type.Null(),
  Type.Array(Type.String()),
]);

export const TrailItem = Type.Object(
  {
    seq: Type.Integer(),
    at: Type.Integer(),
    act: Type.String(),
    outcome: Type.String(),
    /** As they were when they did it. */
    officer: orNull(TrailOfficer),
    session: orNull(
      Type.Object({ id: Type.String(), startedAt: Type.Integer(), lengthSeconds: Type.Integer() }, strict),
    ),
    purpose: orNull(Type.String()),
    case: orNull(Type.String()),
    persons: Type.Integer(),
    fields: Type.Array(Type.String()),
    /** Id of the rule that allowed or denied it. */
    policy: Type.String(),
    address: orNull(Type.String()),
    workstation: orNull(Type.String()),
    /** Opaque ids of voters, at most 50; absent once erased. */
    subjects: Type.Array(Type.String()),
    /** What was typed to search; only for those who may see values. */
    query: orNull(Type.String()),
    /** Changed fields; the values only for those who may see them. */
    changes: Type.Array(
      Type.Object(
        { field: Type.String(), old: Type.Optional(Type.String()), new: Type.Optional(Type.String()) },
        strict,
      ),
    ),
    detail: Type.Record(Type.String(), DetailValue),
    /** True where what the leaf commits to has been erased. */
    erased: Type.Boolean(),
  },
  strict,
);
export type TrailItem = Static<typeof TrailItem>;

export const TrailHistogram = Type.Object(
  {
    unit: Type.Union([Type.Literal('minute'), Type.Literal('hour'), Type.Literal('day')]),
    /** Oldest first, without gaps, in Bishkek's hours and days; `from` inclusive, `to` exclusive. */
    buckets: Type.Array(
      Type.Object(
        { from: Type.Integer(), to: Type.Integer(), total: Type.Integer(), refused: Type.Integer() },
        strict,
      ),
    ),
    total: Type.Integer(),
    /** Epoch ms from which on the numbers are whole, where counting took too long; null: all of them are. */
    wholeFrom: orNull(Type.Integer()),
  },
  strict,
);
export type TrailHistogram = Static<typeof TrailHistogram>;

export const TrailPage = Type.Object(
  { items: Type.Array(TrailItem), next: orNull(Type.Integer()), histogram: Type.Optional(TrailHistogram) },
  strict,
);
export type TrailPage = Static<typeof TrailPage>;

/** What a bundle of evidence is made of, and for which lawful purpose. */
export const EvidenceRequest = Type.Object(
  { ...chosen, ...aboutPersons, purpose: Type.Enum(purposes.map((purpose) => purpose.code)) },
  strict,
);
export type EvidenceRequest = Static<typeof EvidenceRequest>;
export type EvidenceFilter = Omit<EvidenceRequest, 'purpose'>;

/** A selection an officer keeps under a name of their own: never what names a person, a case or a desk. */
export const SavedViewRequest = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 80, pattern: '\\S' }), filter: Type.Object(chosen, strict) },
  strict,
);
export type SavedViewRequest = Static<typeof SavedViewRequest>;
export const SavedView = Type.Object({ id: Type.String(), ...SavedViewRequest.properties }, strict);
export type SavedView = Static<typeof SavedView>;
export const SavedViews = Type.Object({ items: Type.Array(SavedView) }, strict);
export const SavedViewParams = Type.Object({ id }, strict);

export const EntryParams = Type.Object({ seq: Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' }) }, strict);
export const EntryCard = Type.Object(
  {
    ...TrailItem.properties,
    /** The leaf exactly as it was hashed. */
    leaf: Type.String(),
    leafHash: Type.String({ description: 'hex SHA-256(0x00 ‖ leaf)' }),
    /** C2SP tlog-proof: inclusion proof and signed checkpoint. */
    proof: Type.String(),
    /** The log's verifier key, to check the proof with; whoever keeps it elsewhere compares. */
    vkey: Type.String(),
    /** Other entries of the same request, application or voter, newest first; those the reader may see. */
    related: Type.Array(
      Type.Object(
        {
          by: Type.Union([Type.Literal('request'), Type.Literal('case'), Type.Literal('voter')]),
          entry: TrailItem,
        },
        strict,
      ),
    ),
  },
  strict,
);
export type EntryCard = Static<typeof EntryCard>;

/** `*` is the tile's number, as tlog-tiles writes it: `x001/067` or `000.p/5`. */
export const HashTileParams = Type.Object(
  {
    level: Type.String({ pattern: '^[0-9]{1,2}$' }),
    '*': Type.String({ maxLength: 60, pattern: '^[x0-9/.p]+$' }),
  },
  strict,
);
export const EntryTileParams = Type.Object(
  { '*': Type.String({ maxLength: 60, pattern: '^[x0-9/.p]+$' }) },
  strict,
);

const entries = Type.String({ pattern: '^(0|[1-9][0-9]{0,14})$' });
/** Sizes of the log, in entries. */
export const ConsistencyParams = Type.Object({ older: entries, newer: entries }, strict);
export const InclusionParams = Type.Object({ seq: entries, size: entries }, strict);

export const ScreenEvent = Type.Object(
  {
    kind: Type.Union([Type.Literal('copy'), Type.Literal('print')]),
    /** Which page, as a code of the console; never its address. */
    page: Type.Optional(Type.String({ minLength: 1, maxLength: 40, pattern: '^[a-z][a-z0-9-]*$' })),
  },
  strict,
);
export type ScreenEvent = Static<typeof ScreenEvent>;
export const Recorded = Type.Object({ entry: Type.Integer() }, strict);

/** How the log's witnesses fare; public, and without a word about their network. */
export const WitnessReport = Type.Object(
  {
    /** The quorum in words, by the names of the policy; null when none is asked for. */
    quorum: orNull(Type.String()),
    state: Type.Enum(['none', 'met', 'waiting', 'overdue']),
    /** Under the newest checkpoint, and under the newest that a quorum cosigned. */
    entries: Type.Integer(),
    witnessed: Type.Integer(),
    /** When the first entry that no quorum has seen was made. */
    waitingSince: orNull(Type.Integer()),
    witnesses: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          key: Type.String(),
          state: Type.Enum(['not-asked', 'cosigned', 'away', 'refuses', 'garbage', 'inconsistent', 'ahead']),
          /** Entries it cosigned last, and when, by its clock; null until it did so in this run. */
          cosigned: Type.Integer(),
          at: orNull(Type.Integer()),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type WitnessReport = Static<typeof WitnessReport>;
