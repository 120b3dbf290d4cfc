/**
 * Places a refused request beside the field it is about. The server names the field in its own words
 * (`change.0.new`); the page knows which control that is and what to say there.
 */
import { ApiProblem } from '../api.ts';
import type { Fault } from '../session/form.svelte.ts';

/** The fault for the field a refusal names, or undefined when the page knows no such field. */
export function faultAt(error: unknown, known: Readonly<Record<string, Fault>>): Fault | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  const { field, name } = error.problem;
  return field === undefined ? known[name] : (known[field] ?? known[name]);
}
