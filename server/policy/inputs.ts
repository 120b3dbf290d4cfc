// The questions worth asking of a set of policies about one act: for whom it could ever be permitted, and in which
// circumstances and with which facts the answer could differ. Made from the policies' own text, so that no hand-kept
// table can fall behind them. Pure.
import { type Role, roles, stages } from '#server/contract/vocabulary.ts';
import { flagsIn, rolesIn } from './reading.ts';
import { type Flag, flags, type Relation } from './relation.ts';
import type { PolicyRule } from './source.ts';

/** More facts at once than this have never decided anything; the bound keeps subsets few. */
export const factsAtOnce = 3;

/** `none`: whoever asks without a session. */
export const everybody: readonly (Role | 'system' | 'none')[] = [...roles, 'system', 'none'];

/** A relation of an officer who is logged in, cleared and has just shown a factor for exactly this. */
export function openRelation(role: Relation['role'], over: Partial<Relation> = {}): Relation {
  return {
    role,
    stage: 'open',
    locked: false,
    clearance: 'valid',
    reach: 'own',
    factor: 'bound',
    flags: [],
    ...over,
  };
}

/** Roles to which some permit could give the act. */
export function candidates(act: string, rules: readonly PolicyRule[]): ReadonlySet<Relation['role']> {
  const named = new Set<string>();
  for (const rule of rules) {
    if (rule.effect !== 'permit' || !rule.acts.has(act)) continue;
    for (const role of rolesIn(rule.json) ?? everybody) named.add(role);
  }
  return new Set(everybody.filter((role) => named.has(role)));
}

/** Facts that some policy asks about the act. */
export function factsOf(act: string, rules: readonly PolicyRule[]): Flag[] {
  const asked = new Set<string>();
  for (const rule of rules) if (rule.acts.has(act)) for (const flag of flagsIn(rule.json)) asked.add(flag);
  return flags.filter((flag) => asked.has(flag));
}

/** Sets of facts, small ones first: a set comes after all that it holds. */
export function factSets(facts: readonly Flag[]): Flag[][] {
  let sets: Flag[][] = [[]];
  for (const fact of facts)
    sets = [...sets, ...sets.filter((set) => set.length < factsAtOnce).map((set) => [...set, fact])];
  return sets.toSorted((a, b) => a.length - b.length);
}

/** Everything else in which a relation may differ; first what stands in nobody's way. */
export const circumstances = {
  reach: ['own', 'below', 'above', 'outside', 'none'],
  stage: ['open', ...stages.filter((stage) => stage !== 'open')],
  locked: [false, true],
  clearance: ['valid', 'expired'],
  factor: ['bound', 'recent', 'stale'],
} as const satisfies { [fact in keyof Relation]?: readonly Relation[fact][] };
