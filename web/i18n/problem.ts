/**
 * Says what went wrong in the reader's language: a problem's stable name becomes a title and a next step. Words
 * the server sent in English (`title`, `detail`) are never shown.
 */
import { ApiProblem } from '../api.ts';
import { number } from './format.ts';
import { tMaybe } from './words.svelte.ts';

export interface SaidProblem {
  readonly title: string;
  readonly next?: string;
}

/** For anything caught around a request; what is not a problem of the API reads as an internal error. */
export function describeProblem(error: unknown): SaidProblem {
  const name = error instanceof ApiProblem ? error.problem.name : 'internal-error';
  const extra = error instanceof ApiProblem ? error.problem.extra : {};
  // What stands above every duty says why in its own words: not the duty is missing, somebody else must do it.
  const guard = name === 'denied' ? tMaybe(`problems.denied.${String(extra.policy)}`) : undefined;
  if (guard !== undefined) return { title: guard };
  const params = { seconds: number(Number(extra.retryAfterSeconds ?? 60)) };
  const known = tMaybe(`problems.${name}`) === undefined ? 'internal-error' : name;
  const next = tMaybe(`problems.${known}.next`, params);
  return { title: tMaybe(`problems.${known}`, params) ?? known, ...(next ? { next } : {}) };
}
