// Whether a stream that was opened may go on: the same session, open, not locked, with the role and unit it was opened with.
import type { FastifyRequest } from 'fastify';
import type { GuardDeps } from '#server/http/guard.ts';

export function sessionStillValid({ authenticate, clock }: Pick<GuardDeps, 'authenticate' | 'clock'>) {
  return async (request: FastifyRequest): Promise<boolean> => {
    const found = await authenticate(request, clock());
    if (found.kind !== 'session') return false;
    const { actor, session } = found;
    const before = request.ctx.actor;
    return (
      session.stage === 'open' &&
      !session.locked &&
      actor.clearanceValid &&
      actor.id === before?.id &&
      actor.role === before.role &&
      actor.path === before.path
    );
  };
}
