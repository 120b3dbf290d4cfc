// What crosses HTTP about campaigns and the change of passwords they ask for: days, counts, and whose turn comes when.
// Never a hash or a password. Days are ISO dates in Asia/Bishkek, times epoch ms.
import { type Static, Type } from 'typebox';
import { type Role as RoleName, roles } from './vocabulary.ts';

const strict = { additionalProperties: false };
const day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });
const words = (minLength: number, maxLength: number) =>
  Type.String({ minLength, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]+$' });
const code = Type.String({ minLength: 1, maxLength: 20, pattern: '^[A-Za-z0-9-]+$' });
export const rounds = ['before', 'after'] as const;
export const passwordStandings = ['changed', 'due', 'waiting'] as const;
export type PasswordStanding = (typeof passwordStandings)[number];
const Standing = Type.Unsafe<PasswordStanding>({ type: 'string', enum: [...passwordStandings] });
const When = Type.Unsafe<(typeof rounds)[number]>({ type: 'string', enum: [...rounds] });

export const CampaignParams = Type.Object(
  { id: Type.String({ minLength: 32, maxLength: 32, pattern: '^[0-9a-f]+$' }) },
  strict,
);
export const OpenCampaign = Type.Object(
  {
    name: words(3, 160),
    /** Number and date of the decision that calls it. */
    basis: words(1, 120),
    opensOn: day,
  },
  strict,
);
export type OpenCampaign = Static<typeof OpenCampaign>;
export const CloseCampaign = Type.Object({ expectedVersion: Type.Integer({ minimum: 1 }) }, strict);

const item = {
  id: Type.String(),
  name: Type.String(),
  basis: Type.String(),
  opensOn: Type.String(),
  closedOn: Type.Union([Type.String(), Type.Null()]),
  openEntry: Type.Integer(),
  closeEntry: Type.Union([Type.Integer(), Type.Null()]),
  version: Type.Integer(),
  /** When the changes before and after are asked for. */
  rounds: Type.Array(Type.Object({ when: When, firstDay: Type.String(), lastDay: Type.String() }, strict)),
};
export const CampaignItem = Type.Object(item, strict);
export type CampaignItem = Static<typeof CampaignItem>;
export const CampaignPage = Type.Object(
  { items: Type.Array(CampaignItem, { maxItems: 50 }), windowDays: Type.Integer() },
  strict,
);
export type CampaignPage = Static<typeof CampaignPage>;

const counts = { changed: Type.Integer(), due: Type.Integer(), waiting: Type.Integer() };
export const CampaignCard = Type.Object(
  {
    ...item,
    /** The round that counts now; null when the campaign was called off. */
    round: Type.Union([When, Type.Null()]),
    counts: Type.Object(counts, strict),
    /** Those most behind first; a precinct is counted at the commission over it. */
    units: Type.Array(Type.Object({ commission: Type.String(), ...counts }, strict), { maxItems: 500 }),
  },
  strict,
);
export type CampaignCard = Static<typeof CampaignCard>;

export const CampaignOfficersQuery = Type.Object(
  {
    standing: Type.Optional(Standing),
    commission: Type.Optional(code),
    skip: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  },
  strict,
);
export type CampaignOfficersQuery = Static<typeof CampaignOfficersQuery>;
export const CampaignOfficers = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          login: Type.String(),
          name: Type.String(),
          role: Type.Unsafe<RoleName>({ type: 'string', enum: [...roles] }),
          commission: Type.String(),
          passwordSetAt: Type.Union([Type.Integer(), Type.Null()]),
          standing: Standing,
          /** The day on which the change is asked for. */
          turn: Type.String(),
        },
        strict,
      ),
      { maxItems: 200 },
    ),
    count: Type.Integer(),
  },
  strict,
);
export type CampaignOfficers = Static<typeof CampaignOfficers>;
