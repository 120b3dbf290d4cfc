// Answers a step of logging in: the stage, and the session's cookie anew where the step rotated it. The cookie is set only
// after the entry is durable.
import type { FastifyReply } from 'fastify';
import type { Outcome } from '#server/gate/outcome.ts';
import { setSessionCookie } from '#server/http/cookies.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Stepped } from './deps.ts';
import type { Tokens } from './token.ts';

export function stepSender(tokens: Tokens) {
  /** @param after what else the reply gets, behind the session's cookie: simple clients read the first alone */
  return function sendStep<T extends Stepped>(
    reply: FastifyReply,
    outcome: Outcome<T>,
    after?: (value: T) => void,
  ): FastifyReply {
    if (outcome.kind === 'done' && outcome.value.rot !== null) {
      const { sid, rot, endsAt } = outcome.value;
      setSessionCookie(reply, tokens.issue({ sid, rot }, endsAt));
    }
    if (outcome.kind === 'done') after?.(outcome.value);
    return sendOutcome(reply, outcome, ({ stage, factors }) => ({ stage, ...(factors && { factors }) }));
  };
}
