// HTTP in and out of who looked at a voter. What is typed about a person comes in bodies; addresses carry opaque ids.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  AccessPage,
  AccessParams,
  AccessProof,
  AccessProofParams,
  AccessQuery,
  SubjectAnswer,
  SubjectFound,
  SubjectLookup,
} from '#server/contract/accesses.ts';
import { Empty } from '#server/contract/session.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Accesses } from './accesses.ts';

export function accessesRoutes(root: FastifyInstance, { accesses }: { accesses: Accesses }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/voters/:id/accesses',
    {
      config: { duty: { act: 'voter.accesses', perMinute: 60 } },
      schema: { params: AccessParams, querystring: AccessQuery, response: { 200: AccessPage } },
    },
    async (request, reply) =>
      sendOutcome(reply, await accesses.listAccesses(request.ctx, request.params.id, request.query)),
  );

  app.get(
    '/api/voters/:id/accesses/:seq',
    {
      config: { duty: { act: 'voter.accesses', perMinute: 60 } },
      schema: { params: AccessProofParams, response: { 200: AccessProof } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await accesses.proveAccess(request.ctx, request.params.id, Number(request.params.seq)),
      ),
  );

  app.post(
    '/api/voters/lookup',
    {
      config: { duty: { act: 'voter.lookup', perMinute: 20 } },
      schema: { body: SubjectLookup, response: { 200: SubjectFound } },
    },
    async (request, reply) => sendOutcome(reply, await accesses.lookupSubject(request.ctx, request.body)),
  );

  app.post(
    '/api/voters/:id/answer',
    {
      config: { duty: { act: 'voter.answer', perMinute: 20 } },
      schema: { params: AccessParams, body: Empty, response: { 200: SubjectAnswer } },
    },
    async (request, reply) =>
      sendOutcome(reply, await accesses.answerSubject(request.ctx, request.params.id)),
  );
}
