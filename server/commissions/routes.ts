// HTTP out for the commission tree.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { CommissionTree } from '#server/contract/commissions.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Commissions } from './service.ts';

export function commissionRoutes(plain: FastifyInstance, deps: { commissions: Commissions }): void {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  app.get(
    '/api/commissions',
    {
      config: { duty: { act: 'commission.list', perMinute: 60 } },
      schema: { response: { 200: CommissionTree } },
    },
    async (request, reply) => sendOutcome(reply, await deps.commissions.listCommissions(request.ctx)),
  );
}
