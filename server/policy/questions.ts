// What is worth asking of two sets of policies about one act: every circumstance that any policy of either set can tell from
// the others, and every set of facts they ask for; and which acts no policy tells apart. Made from the policies' own text. Pure.
import { circumstances } from './inputs.ts';
import { actsHeldAgainst, actsOf, asksForRole, attributesIn, flagsIn, valuesTold } from './reading.ts';
import type { Flag, Relation } from './relation.ts';
import type { PolicyRule, PolicySource } from './source.ts';

type Fact = keyof typeof circumstances;
const names = Object.keys(circumstances) as Fact[];

/**
 * Acts that each of the sets answers alike, whatever is asked: the same policies take them in, the same groups are asked for
 * by these, and the schema admits the same questions. @param acts in the order they are wanted in
 */
export function alikeActs(acts: Iterable<string>, sets: readonly PolicySource[]): string[][] {
  const likenesses = sets.map(likenessIn);
  return [...Map.groupBy(acts, (act) => likenesses.map((of) => of(act)).join('\n')).values()];
}

function likenessIn({ rules, json }: PolicySource): (act: string) => string {
  const declared = actsOf(json);
  const asked = new Map(rules.map((rule) => [rule, actsHeldAgainst(rule.json)]));
  return (act) => {
    const around = declared.around(act);
    if (around === null) return 'undeclared';
    const mine = rules.filter(({ acts }) => acts.has(act));
    const named = new Set(mine.flatMap((rule) => [...(asked.get(rule) ?? [act])]));
    const held = [...named].filter((name) => around.has(name)).sort();
    // One that is asked for by its own name is that act; another that belongs to it is not.
    const own = named.has(act) ? act : '';
    return JSON.stringify([mine.map(({ id }) => id), held, own, declared.appliesTo(act)]);
  };
}

/** One way things may lie. */
export interface Circumstance {
  over: Partial<Relation>;
  /** What of it is out of the ordinary, as it is told; values no policy tells apart are joined by `|`. */
  unusual: readonly string[];
}

/** Every circumstance the policies can tell apart, ordinary ones first. */
export function circumstancesOf(rules: readonly PolicyRule[]): Circumstance[] {
  let all: Circumstance[] = [{ over: {}, unusual: [] }];
  for (const name of names)
    all = all.flatMap(({ over, unusual }) =>
      classesOf(name, rules).map(([value, told]) => ({
        over: { ...over, [name]: value },
        unusual: told === null ? unusual : [...unusual, told],
      })),
    );
  return all.toSorted((a, b) => a.unusual.length - b.unusual.length);
}

/**
 * How things lie for whoever has no session, as the gate states it: no stage, no clearance, no factor, and whatever belongs to
 * a unit lies outside. Nobody else is ever at stage `none`, so that this pair is all there is to ask of it.
 */
export const strangers: readonly Circumstance[] = (['none', 'outside'] as const).map((reach) => ({
  over: { stage: 'none', locked: false, clearance: 'expired', factor: 'stale', reach },
  unusual: [reach],
}));

/** A value for each class no policy tells apart, and how the class is told; null: it is what stands in nobody's way. */
function classesOf(
  name: Fact,
  rules: readonly PolicyRule[],
): [value: string | boolean, told: string | null][] {
  const values: readonly (string | boolean)[] = circumstances[name];
  const [usual] = values;
  const alone = new Set<string | boolean>();
  for (const { json } of rules) {
    const asked = attributesIn(json)?.has(name) ?? true;
    if (!asked) continue;
    for (const value of valuesTold(json, name) ?? values) alone.add(value);
  }
  const rest = values.filter((value) => !alone.has(value));
  return [...values.filter((value) => alone.has(value)).map((value) => [value]), rest]
    .filter((group) => group.length > 0)
    .map((group) => (group.includes(usual!) ? [usual!, null] : [group[0]!, toldOf(name, group)]));
}

function toldOf(name: Fact, group: readonly (string | boolean)[]): string {
  if (name === 'locked') return 'locked';
  if (name === 'stage' && group.length === circumstances.stage.length - 1) return 'unfinished';
  return group.join('|');
}

/**
 * Remembers what policies that stand in both sets forbid, so that what they forbid anyway is not asked again and again.
 * A forbid hangs on nothing but the facts it names.
 */
export function createForbidden(standing: readonly PolicyRule[], facts: readonly Flag[]) {
  const known = standing
    // What a missing factor forbids is told by the policy that would stand in the way with it.
    .filter(({ effect, json }) => effect === 'forbid' && attributesIn(json)?.has('factor') === false)
    .map((rule) => {
      const mask = maskOf(
        facts.filter((fact) => flagsIn(rule.json).has(fact)),
        facts,
      );
      const asked = names.filter((name) => attributesIn(rule.json)?.has(name));
      return { id: rule.id, mask, asked, role: asksForRole(rule.json), met: new Set<string>() };
    });
  const key = ({ mask, asked, role }: (typeof known)[number], relation: Relation, held: number) =>
    `${mask & held}${role ? relation.role : ''}${asked.map((name) => `,${relation[name]}`).join('')}`;
  return {
    has: (relation: Relation, held: number) =>
      known.some((rule) => rule.met.size > 0 && rule.met.has(key(rule, relation, held))),
    add(id: string, relation: Relation, held: number) {
      const rule = known.find((one) => one.id === id);
      rule?.met.add(key(rule, relation, held));
    },
  };
}

/** A set of facts as bits, in the order of `facts`. */
export const maskOf = (set: readonly Flag[], facts: readonly Flag[]): number =>
  set.reduce((mask, flag) => mask | (1 << facts.indexOf(flag)), 0);

/** The facts of a mask. */
export const factsAt = (mask: number, facts: readonly Flag[]): Flag[] =>
  facts.filter((_, i) => (mask & (1 << i)) !== 0);
