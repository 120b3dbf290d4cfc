// What of a set can bear on one act: the policies whose scope may take it in, and as much of the schema as its question
// needs. Cedar copies both whole at every question, and that was most of what a decision cost. Sound because a policy is left
// out only where its own scope names acts and groups among which this one is not; wherever that cannot be read for
// certain, it stays in. Pure.
import { type Json, namesActs, schemaFor } from './reading.ts';
import type { PolicySource } from './source.ts';

export interface Slice {
  /** Ids of the policies, in the set's order. */
  policies: readonly string[];
  /** Cedar's JSON of the schema with this act and the groups around it alone; null: only the whole schema will do. */
  schema: Json;
}

/** The slice of every act the schema declares. */
export function slicesOf({ rules, json, declarations }: PolicySource): ReadonlyMap<string, Slice> {
  // A condition may ask what other acts belong to; of those a slice of the schema knows nothing.
  const asksOfOthers = rules.some((rule) => namesActs(rule.json));
  const slices = new Map<string, Slice>();
  for (const act of declarations.keys()) {
    if (!act.includes('.')) continue;
    slices.set(act, {
      policies: rules.filter(({ acts }) => acts.has(act)).map(({ id }) => id),
      schema: asksOfOthers ? null : schemaFor(json, act),
    });
  }
  return slices;
}
