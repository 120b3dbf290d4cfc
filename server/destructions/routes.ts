// HTTP in and out of the destructions room.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  DestructionAsked,
  DestructionDone,
  DestructionPage,
  DestructionParams,
  DestructionRequest,
} from '#server/contract/destructions.ts';
import { Empty } from '#server/contract/session.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Destructions } from './service.ts';

export function destructionRoutes(
  root: FastifyInstance,
  { destructions }: { destructions: Destructions },
): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/destructions',
    { config: { duty: { act: 'destruction.list' } }, schema: { response: { 200: DestructionPage } } },
    async (request, reply) => sendOutcome(reply, await destructions.listDestructions(request.ctx)),
  );

  app.post(
    '/api/voters/:id/destroy',
    {
      config: { duty: { act: 'voter.destroy-request' } },
      schema: { params: DestructionParams, body: DestructionRequest, response: { 201: DestructionAsked } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await destructions.requestDestruction(request.ctx, request.params.id, request.body),
        (asked, entry) => ({ ...asked, entry }),
        201,
      ),
  );

  app.post(
    '/api/destructions/:id',
    {
      config: { duty: { act: 'voter.destroy' } },
      schema: { params: DestructionParams, body: Empty, response: { 200: DestructionDone } },
    },
    async (request, reply) => sendOutcome(reply, await destructions.carryOut(request.ctx, request.params.id)),
  );
}
