// Turns refusals into RFC 9457 problem+json. The one table from kind to status lives in gate/outcome.ts; the `type` is
// public API and what pages translate by. Details never carry personal data: they name a field, a fault, a next step.
import type { FastifyReply } from 'fastify';
import { type Outcome, type Refusal, refusals } from '#server/gate/outcome.ts';

/** Base of every problem `type`; a stable name, not an address that must answer. */
export const problemBase = 'https://kuzot.invalid/problems/';

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  field?: string;
  [fact: string]: string | number | boolean | null | undefined;
}

export function problemOf(refusal: Refusal): Problem {
  const { status, title } = refusals[refusal.kind];
  return {
    ...refusal.facts,
    type: problemBase + refusal.kind,
    title,
    status,
    ...(refusal.detail !== undefined && { detail: refusal.detail }),
    ...(refusal.field !== undefined && { field: refusal.field }),
  };
}

export function sendProblem(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const problem = problemOf(refusal);
  if (refusal.kind === 'too-many' && typeof refusal.facts?.retryAfterSeconds === 'number')
    reply.header('retry-after', String(refusal.facts.retryAfterSeconds));
  // A handler may have said how long its reply keeps; that there is none now holds for now.
  reply.header('cache-control', 'no-store');
  return reply.code(problem.status).type('application/problem+json').send(problem);
}

/** Sends the value of a done outcome (mapped by `show`) or the problem of a refusal. */
export function sendOutcome<V>(
  reply: FastifyReply,
  outcome: Outcome<V>,
  show: (value: V, entry: number) => unknown = (value) => value,
  status = 200,
): FastifyReply {
  if (outcome.kind !== 'done') return sendProblem(reply, outcome);
  return reply.code(status).send(show(outcome.value, outcome.entry));
}

/** For `show`: the value, and the number of the entry about it. */
export const withEntry = <V extends object>(value: V, entry: number) => ({ ...value, entry });
