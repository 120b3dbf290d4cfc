// HTTP in and out of the voters room. Bodies carry what is typed about a person; URLs only opaque ids.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  ApprovalAsked,
  RevealedField,
  VoterCard,
  VoterLocate,
  VoterPage,
  VoterParams,
  VoterRestore,
  VoterReveal,
  VoterSearch,
  VoterVersions,
  VoterWhere,
} from '#server/contract/voters.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Voters } from './service.ts';

export function voterRoutes(root: FastifyInstance, { voters }: { voters: Voters }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/voters/search',
    {
      config: { duty: { act: 'voter.search', perMinute: 60, unread: true } },
      schema: { body: VoterSearch, response: { 200: VoterPage } },
    },
    async (request, reply) => sendOutcome(reply, await voters.searchVoters(request.ctx, request.body)),
  );

  app.post(
    '/api/voters/locate',
    {
      config: { duty: { act: 'voter.locate', perMinute: 20 } },
      schema: { body: VoterLocate, response: { 200: VoterWhere } },
    },
    async (request, reply) =>
      sendOutcome(reply, await voters.locatePin(request.ctx, request.body.pin, request.body.purpose)),
  );

  app.get(
    '/api/voters/:id',
    {
      config: { duty: { act: 'voter.view' } },
      schema: { params: VoterParams, response: { 200: VoterCard } },
    },
    async (request, reply) =>
      sendOutcome(reply, await voters.viewVoter(request.ctx, request.params.id), (card, entry) => ({
        ...card,
        entry,
      })),
  );

  app.post(
    '/api/voters/:id/reveal',
    {
      config: { duty: { act: 'voter.reveal', perHour: 30 } },
      schema: { params: VoterParams, body: VoterReveal, response: { 200: RevealedField } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await voters.revealField(request.ctx, request.params.id, request.body),
        (value, entry) => ({
          value,
          entry,
        }),
      ),
  );

  app.get(
    '/api/voters/:id/versions',
    {
      config: { duty: { act: 'voter.versions' } },
      schema: { params: VoterParams, response: { 200: VoterVersions } },
    },
    async (request, reply) => sendOutcome(reply, await voters.listVersions(request.ctx, request.params.id)),
  );

  app.post(
    '/api/voters/:id/restore',
    {
      config: { duty: { act: 'voter.restore-request' } },
      schema: { params: VoterParams, body: VoterRestore, response: { 201: ApprovalAsked } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await voters.requestRestore(request.ctx, request.params.id, request.body),
        ({ approval, state }, entry) => ({ approval, id: approval, state, entry }),
        201,
      ),
  );
}
