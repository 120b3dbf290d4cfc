// What of a set can bear on one act: the policies whose scope may take it in, and as much of the schema and of the facts as
// its question needs. Cedar copies or reads all of them at every question, and that was most of what a decision cost. Sound
// because a policy is left out only where its own scope names acts, groups or a role among which this one is not, and a fact
// only where no policy of the slice asks for it; wherever that cannot be read for certain, all stays in. Pure.
import { at, attributesIn, isObject, type Json, list, namesActs, roleOf, text } from './reading.ts';
import type { Relation } from './relation.ts';
import type { PolicySource } from './source.ts';

/** What a relation tells the policies as context. */
export const contextFacts = ['stage', 'locked', 'clearance', 'reach', 'factor', 'flags'] as const;
export type ContextFact = (typeof contextFacts)[number] & keyof Relation;

export interface Slice {
  /** In the set's order; `role`: the only one it can hold for, null for any. */
  policies: readonly { id: string; role: string | null }[];
  /** Cedar's JSON of the schema with this act and the groups around it alone; null: only the whole schema will do. */
  schema: Json;
  /** What the context must hold to be valid against it. */
  facts: readonly ContextFact[];
}

/** How the schema has to declare a fact that may be left out. */
const declared: Record<ContextFact, string> = {
  stage: JSON.stringify({ type: 'EntityOrCommon', name: 'String' }),
  locked: JSON.stringify({ type: 'EntityOrCommon', name: 'Bool' }),
  clearance: JSON.stringify({ type: 'EntityOrCommon', name: 'String' }),
  reach: JSON.stringify({ type: 'EntityOrCommon', name: 'String' }),
  factor: JSON.stringify({ type: 'EntityOrCommon', name: 'String' }),
  flags: JSON.stringify({ type: 'Set', element: { type: 'EntityOrCommon', name: 'String' } }),
};

/** The slice of every act the schema declares. */
export function slicesOf({ rules, json, declarations }: PolicySource): ReadonlyMap<string, Slice> {
  // A condition may ask what other acts belong to; of those a slice of the schema knows nothing.
  const asksOfOthers = rules.some((rule) => namesActs(rule.json));
  const asked = new Map(rules.map((rule) => [rule, attributesIn(rule.json)]));
  const slices = new Map<string, Slice>();
  for (const act of declarations.keys()) {
    if (!act.includes('.')) continue;
    const mine = rules.filter(({ acts }) => acts.has(act));
    const needs = (fact: string) => mine.some((rule) => asked.get(rule)?.has(fact) ?? true);
    slices.set(act, {
      policies: mine.map(({ id, json: policy }) => ({ id, role: roleOf(policy) })),
      ...((asksOfOthers ? null : schemaFor(json, act, needs)) ?? { schema: null, facts: contextFacts }),
    });
  }
  return slices;
}

function schemaFor(
  schema: Json,
  act: string,
  needs: (fact: string) => boolean,
): Pick<Slice, 'schema' | 'facts'> | null {
  const space = at(schema, '');
  const acts = at(space, 'actions');
  if (!isObject(space) || !isObject(acts)) return null;
  const kept = new Set([act]);
  for (const name of kept)
    for (const group of list(at(acts[name], 'memberOf'))) kept.add(text(at(group, 'id')));
  const actions = Object.fromEntries([...kept].map((name) => [name, acts[name] ?? null]));
  const lean = leanContext(space, actions[act] ?? null, needs);
  if (lean === null) return { schema: { '': { ...space, actions } }, facts: contextFacts };
  return { schema: { '': { ...space, actions: { ...actions, [act]: lean.action } } }, facts: lean.facts };
}

/** The act's declaration with no more of the context than its policies need; null where that is not plainly written. */
function leanContext(space: { [key: string]: Json }, action: Json, needs: (fact: string) => boolean) {
  const types = at(space, 'commonTypes') ?? {};
  const applies = at(action, 'appliesTo');
  if (!isObject(types) || !isObject(applies) || !isObject(action)) return null;
  // An entity of that name would stand in the place of Cedar's own type.
  const entities = at(space, 'entityTypes');
  if (!isObject(entities) || 'String' in entities || 'Bool' in entities) return null;
  const context = types[text(at(applies, 'context', 'type'))] ?? applies.context;
  const attributes = at(context, 'attributes');
  if (!isObject(context) || context.type !== 'Record' || !isObject(attributes)) return null;
  const spare = new Set<string>(
    contextFacts.filter((fact) => !needs(fact) && JSON.stringify(attributes[fact]) === declared[fact]),
  );
  const left = Object.fromEntries(Object.entries(attributes).filter(([name]) => !spare.has(name)));
  return {
    action: { ...action, appliesTo: { ...applies, context: { ...context, attributes: left } } },
    facts: contextFacts.filter((fact) => !spare.has(fact)),
  };
}
