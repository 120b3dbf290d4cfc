// What crosses HTTP about commissions: the tree, public facts only.
import { type Static, Type } from 'typebox';
import { type Level as LevelName, levels } from './vocabulary.ts';

const strict = { additionalProperties: false };

export const CommissionItem = Type.Object(
  {
    code: Type.String(),
    level: Type.Unsafe<LevelName>({ type: 'string', enum: [...levels] }),
    parent: Type.Union([Type.String(), Type.Null()]),
    name: Type.Object({ ky: Type.String(), ru: Type.String(), en: Type.String() }, strict),
    address: Type.String(),
    /** True for the officer's own unit and what lies under it; false for the units above it. */
    inScope: Type.Boolean(),
  },
  strict,
);
export type CommissionItem = Static<typeof CommissionItem>;

/** Parents before children; bounded by the country, some 2,700 units. */
export const CommissionTree = Type.Object(
  { items: Type.Array(CommissionItem, { maxItems: 20_000 }) },
  strict,
);
export type CommissionTree = Static<typeof CommissionTree>;
