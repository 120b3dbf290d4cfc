// What crosses HTTP about detection rules: those in force, what is wrong with others, and what others would change.
import { type Static, Type } from 'typebox';
import { inForce, orNull, proposed, reason, strict } from './file-sets.ts';

const hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
/** Within the folder, no part of it hidden. */
const name = Type.String({
  minLength: 5,
  maxLength: 200,
  pattern: '^(?:[^/.\\\\][^/\\\\]*/)*[^/.\\\\][^/\\\\]*\\.[yY][aA]?[mM][lL]$',
});

export const RuleFileText = Type.Object({ name, text: Type.String({ maxLength: 200_000 }) }, strict);
export type RuleFileText = Static<typeof RuleFileText>;

/** One thing wrong with a set: where, what, and the next step. English, for whoever writes rules. */
export const RuleFault = Type.Object({
  file: Type.String(),
  rule: Type.String(),
  field: Type.String(),
  fault: Type.String(),
  next: Type.String(),
});
export type RuleFault = Static<typeof RuleFault>;

/** What an alert of the rule says, in the languages it says it in; null: nothing. */
const message = orNull(
  Type.Object({
    ky: Type.Optional(Type.String()),
    ru: Type.Optional(Type.String()),
    en: Type.Optional(Type.String()),
  }),
);

/** A rule, or an exception to rules, as written. */
export const RuleText = Type.Object({
  /** Id, else name, else title. */
  key: Type.String(),
  title: Type.String(),
  /** A level of Sigma; null: it has none. */
  level: orNull(Type.String()),
  message,
  kind: Type.Enum(['detection', 'correlation', 'filter']),
  file: Type.String(),
  text: Type.String(),
});
export type RuleText = Static<typeof RuleText>;

/** How often a rule would have fired over the same entries, today's set beside the other. */
export const RuleReplay = Type.Object({
  key: Type.String(),
  title: Type.String(),
  level: orNull(Type.String()),
  message,
  before: Type.Integer(),
  after: Type.Integer(),
  /** Firings of today's that would be gone, and new ones. */
  onlyBefore: Type.Integer(),
  onlyAfter: Type.Integer(),
});
export type RuleReplay = Static<typeof RuleReplay>;

export const RuleDifference = Type.Object({
  added: Type.Array(RuleText),
  removed: Type.Array(RuleText),
  changed: Type.Array(Type.Object({ before: RuleText, after: RuleText })),
  /** Read the same, and yet decide otherwise: what they listen to, or an exception to them, changes. */
  touched: Type.Array(
    Type.Object({ key: Type.String(), title: Type.String(), level: orNull(Type.String()), message }),
  ),
  replay: Type.Object({
    /** Entries of the log both sets were run over, the newest; and the time of the first, epoch ms. */
    entries: Type.Integer(),
    from: orNull(Type.Integer()),
    /** Rules that fire otherwise over them. */
    rules: Type.Array(RuleReplay),
  }),
});
export type RuleDifference = Static<typeof RuleDifference>;

export const RulesInForce = Type.Object({
  ...inForce,
  files: Type.Array(Type.String()),
  rules: Type.Array(RuleText),
});
export type RulesInForce = Static<typeof RulesInForce>;

/** Other rules, by how their files differ from those in force. */
const other = {
  /** Hash of the rules in force they were made from. */
  from: hash,
  /** Files that are new or read otherwise. */
  files: Type.Array(RuleFileText, { maxItems: 1_000 }),
  /** Files left out. */
  without: Type.Array(name, { maxItems: 1_000 }),
};
export const RuleCheck = Type.Object(other, strict);
export type RuleCheck = Static<typeof RuleCheck>;
export const RulesChecked = Type.Object({
  hash: orNull(Type.String()),
  faults: Type.Array(RuleFault),
  difference: orNull(RuleDifference),
  entry: Type.Integer(),
});
export type RulesChecked = Static<typeof RulesChecked>;

export const RuleProposal = Type.Object({ ...other, reason }, strict);
export type RuleProposal = Static<typeof RuleProposal>;
export const RuleProposalCard = Type.Object({ ...proposed, difference: RuleDifference });
export type RuleProposalCard = Static<typeof RuleProposalCard>;
