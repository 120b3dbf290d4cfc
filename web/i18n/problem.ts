/**
 * Says what went wrong in the reader's language: a problem's stable name becomes a title and a next step. Words
 * the server sent in English (`title`, `detail`) are never shown.
 */
import { ApiProblem } from '../api.ts';
import { number } from './format.ts';
import { t, tMaybe } from './words.svelte.ts';

export interface SaidProblem {
  readonly title: string;
  readonly next?: string;
}

/** For anything caught around a request; what is not a problem of the API reads as an internal error. */
export function describeProblem(error: unknown): SaidProblem {
  const name = error instanceof ApiProblem ? error.problem.name : 'internal-error';
  const extra = error instanceof ApiProblem ? error.problem.extra : {};
  if (name === 'denied') return { title: whyDenied(extra), ...whomToAsk(extra) };
  const params = { seconds: number(Number(extra.retryAfterSeconds ?? 60)) };
  const known = tMaybe(`problems.${name}`) === undefined ? 'internal-error' : name;
  const next = tMaybe(`problems.${known}.next`, params);
  return { title: tMaybe(`problems.${known}`, params) ?? known, ...(next ? { next } : {}) };
}

/** Which rule stands in the way, in the reader's words; a rule officials wrote later says it in its own. */
function whyDenied({ policy, why }: Readonly<Record<string, unknown>>): string {
  const words = tMaybe(`problems.denied.${String(policy)}`);
  if (words !== undefined)
    return t('problems.because', { why: words.charAt(0).toLowerCase() + words.slice(1) });
  if (typeof why === 'string') return t('problems.byRule', { policy: String(policy), why });
  return t('problems.denied');
}

/** Whom to ask, where the duty itself is missing. */
function whomToAsk({ policy }: Readonly<Record<string, unknown>>): { next?: string } {
  return policy === undefined || policy === 'default-deny' ? { next: t('problems.denied.next') } : {};
}
