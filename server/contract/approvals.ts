// What crosses HTTP about approvals, prints and exports: count, basis and difference, never the rows.
import { type Static, Type } from 'typebox';
import { approvalKinds, approvalStates, listKinds, purposes } from './vocabulary.ts';

const id = Type.String({ minLength: 8, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$' });
const code = Type.String({ minLength: 1, maxLength: 20, pattern: '^[A-Za-z0-9-]+$' });
const strict = { additionalProperties: false };

export const ListRequest = Type.Object(
  {
    precinct: code,
    list: Type.Enum(listKinds),
    purpose: Type.Enum(purposes.map((p) => p.code)),
    /** Language of the printed list; ky unless said. */
    lang: Type.Optional(Type.Enum(['ky', 'ru', 'en'])),
  },
  strict,
);
export type ListRequest = Static<typeof ListRequest>;

export const ApprovalItem = Type.Object({
  id: Type.String(),
  kind: Type.Enum(approvalKinds),
  state: Type.Enum(approvalStates),
  version: Type.Integer(),
  purpose: Type.String(),
  /** How many persons it concerns. */
  persons: Type.Integer(),
  commission: Type.String(),
  /** What exactly, in codes: list kind, field names, version numbers. */
  basis: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer(), Type.Array(Type.String())])),
  /** SHA-256 of what is approved; a step-up binds to it. */
  hash: Type.String(),
  requestedBy: Type.Object({ login: Type.String(), name: Type.String() }),
  requestedAt: Type.Integer(),
  expiresAt: Type.Integer(),
  needed: Type.Integer(),
  /** Approvals that count now: a vote of somebody who could no longer cast it does not. */
  counted: Type.Integer(),
  /** One of them must sit at the central commission. */
  central: Type.Boolean(),
  /** May be approved together with others of its kind. */
  batch: Type.Boolean(),
  /** How many officers could decide now, and the unit in and above which enough of them sit; null: too few anywhere. */
  deciders: Type.Optional(
    Type.Object({ count: Type.Integer(), unit: Type.Union([Type.String(), Type.Null()]) }),
  ),
  votes: Type.Array(
    Type.Object({
      by: Type.String(),
      login: Type.String(),
      vote: Type.String(),
      reason: Type.String(),
      at: Type.Integer(),
    }),
  ),
  actions: Type.Array(Type.String()),
});
export type ApprovalItem = Static<typeof ApprovalItem>;
export const ApprovalAnswer = Type.Object({
  ...ApprovalItem.properties,
  approval: Type.String(),
  entry: Type.Integer(),
});

export const ApprovalQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum(approvalStates)),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  strict,
);
export type ApprovalQuery = Static<typeof ApprovalQuery>;
export const ApprovalPage = Type.Object({ items: Type.Array(ApprovalItem) });
export const ApprovalParams = Type.Object({ id }, strict);
export const Vote = Type.Object(
  {
    reason: Type.Optional(Type.String({ maxLength: 1000 })),
    expectedVersion: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  strict,
);
export type Vote = Static<typeof Vote>;

/** A batch of at most fifty requests of one kind, each at the version that was looked at. */
export const Batch = Type.Object(
  {
    items: Type.Array(Type.Object({ id, expectedVersion: Type.Integer({ minimum: 1 }) }, strict), {
      minItems: 1,
      maxItems: 50,
    }),
    reason: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  strict,
);
export type Batch = Static<typeof Batch>;
export const BatchAnswer = Type.Object({ items: Type.Array(ApprovalItem), entry: Type.Integer() });
