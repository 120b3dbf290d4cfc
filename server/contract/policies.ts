// What crosses HTTP about access policies: their text, what is wrong with it, what another set would change, and who can see
// a unit's voters and why.
import { type Static, Type } from 'typebox';
import { inForce, orNull, proposed, reason, strict } from './file-sets.ts';
import { roles } from './vocabulary.ts';

const text = (maxLength: number) => Type.String({ maxLength });
const code = Type.String({ minLength: 1, maxLength: 20, pattern: '^[A-Za-z0-9-]+$' });

export const PolicyFile = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 60 }), text: text(65_536) },
  strict,
);
export type PolicyFile = Static<typeof PolicyFile>;
const Files = Type.Array(PolicyFile, { minItems: 1, maxItems: 20 });

/** One thing wrong with a set: where, what, and the next step. English, for whoever writes policies. */
export const PolicyFault = Type.Object({
  file: Type.String(),
  line: orNull(Type.Integer()),
  fault: Type.String(),
  next: Type.String(),
});
export type PolicyFault = Static<typeof PolicyFault>;

export const PolicyText = Type.Object({
  id: Type.String(),
  why: Type.String(),
  effect: Type.Enum(['permit', 'forbid']),
  file: Type.String(),
  text: Type.String(),
});
export type PolicyText = Static<typeof PolicyText>;

/** Decisions that would come out otherwise: for these roles and acts, in this circumstance and with these facts. */
export const PolicyShift = Type.Object({
  /** What happens: it becomes permitted, or denied. */
  becomes: Type.Enum(['permitted', 'denied']),
  /** The policy that decides then, and the one that does today. */
  by: Type.String(),
  before: Type.String(),
  roles: Type.Array(Type.String()),
  acts: Type.Array(Type.String()),
  /**
   * own, below, above, outside, none, locked, expired, recent, stale, a stage of the log-in, or unfinished for all of its stages.
   * Several that must meet are joined by `+`, those no policy tells apart by `|`.
   */
  where: Type.String(),
  /** Facts that must hold, at the least; none: always. */
  facts: Type.Array(Type.String()),
});
export type PolicyShift = Static<typeof PolicyShift>;

export const PolicyDifference = Type.Object({
  /** Policies that were not there, are gone, or read otherwise. */
  added: Type.Array(PolicyText),
  removed: Type.Array(PolicyText),
  changed: Type.Array(Type.Object({ before: PolicyText, after: PolicyText })),
  schemaChanged: Type.Boolean(),
  shifts: Type.Array(PolicyShift),
  /** Decisions compared. */
  compared: Type.Integer(),
  /** More facts and circumstances than this at once were not all compared; null: everything was. */
  upTo: orNull(Type.Integer()),
});
export type PolicyDifference = Static<typeof PolicyDifference>;

export const PoliciesInForce = Type.Object({
  ...inForce,
  files: Type.Array(Type.Object({ name: Type.String(), text: Type.String() })),
  policies: Type.Array(PolicyText),
});
export type PoliciesInForce = Static<typeof PoliciesInForce>;

export const PolicyCheck = Type.Object({ files: Files }, strict);
export type PolicyCheck = Static<typeof PolicyCheck>;
export const PolicyChecked = Type.Object({
  hash: orNull(Type.String()),
  faults: Type.Array(PolicyFault),
  difference: orNull(PolicyDifference),
  entry: Type.Integer(),
});
export type PolicyChecked = Static<typeof PolicyChecked>;

export const PolicyProposal = Type.Object({ files: Files, reason }, strict);
export type PolicyProposal = Static<typeof PolicyProposal>;
export const ProposalCard = Type.Object({
  ...proposed,
  difference: PolicyDifference,
  files: Type.Array(Type.Object({ name: Type.String(), text: Type.String() })),
});
export type ProposalCard = Static<typeof ProposalCard>;

export const WhoParams = Type.Object({ code }, strict);
/** An officer who can, or now cannot, see the voters of the unit. */
export const SeeingOfficer = Type.Object({
  login: Type.String(),
  name: Type.String(),
  role: Type.Enum(roles),
  commission: Type.String(),
  /** What the policy decides; `facts` must hold besides. A denial has the one act and the policy that stands in the way. */
  sees: Type.Array(
    Type.Object({ act: Type.String(), policy: Type.String(), facts: Type.Array(Type.String()) }),
  ),
  /** The policy that stands in the way now, `on-leave`, or a row written past the server: `emergency-forged`, `account-forged`; null: nothing. */
  hindered: orNull(Type.String()),
  /** Emergency access that widens their reach just now ends then; epoch ms. */
  emergencyUntil: orNull(Type.Integer()),
});
export type SeeingOfficer = Static<typeof SeeingOfficer>;
export const WhoSees = Type.Object({
  unit: Type.String(),
  at: Type.Integer(),
  hash: Type.String(),
  items: Type.Array(SeeingOfficer),
  entry: Type.Integer(),
});
export type WhoSees = Static<typeof WhoSees>;
