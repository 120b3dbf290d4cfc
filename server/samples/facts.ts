// What an entry of the re-check says in its leaf, under `sample`: numbers and codes alone, so that an export without any event
// is enough to repeat a draw. Read with a schema: what does not fit is no statement of ours.
import { type Static, type TSchema, Type } from 'typebox';
import { sampleFindings, sampleSources } from '#server/contract/vocabulary.ts';
import { isOf } from '#server/lib/checked.ts';

const strict = { additionalProperties: false };
const number = Type.Integer({ minimum: 1 });
const seq = Type.Integer({ minimum: 0 });
const root = Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' });
const names = Type.Array(Type.String({ maxLength: 64 }), { maxItems: 200 });

/** `audit.sample-fix`: which entries, how many, and the checkpoint (size, base64 root) they lie under. */
export const FixFacts = Type.Object(
  {
    number,
    first: seq,
    /** The first entry after the period. */
    next: seq,
    size: seq,
    root,
    roles: names,
    without: names,
    confidence: Type.Integer({ minimum: 1, maximum: 99 }),
    /** In a thousand. */
    rate: Type.Integer({ minimum: 1, maximum: 999 }),
    population: number,
    n: number,
    repeats: Type.Optional(number),
  },
  strict,
);
export type FixFacts = Static<typeof FixFacts>;

/** `audit.sample`: the dice, the checkpoint published before them (it covers `fix`), and what they chose, in order. */
export const DrawFacts = Type.Object(
  {
    number,
    /** The entry that fixed the period. */
    fix: seq,
    size: seq,
    root,
    source: Type.Enum([...sampleSources]),
    digits: Type.String({ pattern: '^[0-9a-f]{1,400}$' }),
    selected: Type.Array(seq, { maxItems: 1000 }),
    /** To whom each was given, by officer id; empty where nobody may judge it. */
    reviewers: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 1000 }),
  },
  strict,
);
export type DrawFacts = Static<typeof DrawFacts>;

/** `audit.sample-find` and `audit.sample-sign`. */
export const FindFacts = Type.Object({ number, seq, finding: Type.Enum([...sampleFindings]) }, strict);
export type FindFacts = Static<typeof FindFacts>;
export const SignFacts = Type.Object({ number, seq, agrees: Type.Boolean() }, strict);
export type SignFacts = Static<typeof SignFacts>;

/** `audit.sample-close`: the report in numbers. */
export const CloseFacts = Type.Object(
  { number, inOrder: seq, irregular: seq, cannotTell: seq, mostWrong: seq },
  strict,
);
export type CloseFacts = Static<typeof CloseFacts>;

/** The statement of a parsed leaf, or null where it has none of this shape. */
export function factsOf<S extends TSchema>(schema: S, leaf: Record<string, unknown>): Static<S> | null {
  return isOf(schema, leaf.sample) ? leaf.sample : null;
}

/** A leaf as an object; an empty one for bytes that are no object. */
export function readLeaf(leaf: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(leaf).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
