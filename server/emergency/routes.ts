// HTTP in and out of the emergency room.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  EmergencyAnswer,
  EmergencyAsked,
  EmergencyEnd,
  EmergencyPage,
  EmergencyParams,
  EmergencyRequest,
  EmergencyReview,
} from '#server/contract/emergency.ts';
import { sendOutcome, withEntry } from '#server/http/problems.ts';
import type { EmergencyRoom } from './service.ts';

export function emergencyRoutes(root: FastifyInstance, { emergency }: { emergency: EmergencyRoom }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/emergencies',
    { config: { duty: { act: 'emergency.list' } }, schema: { response: { 200: EmergencyPage } } },
    async (request, reply) => sendOutcome(reply, await emergency.listEmergencies(request.ctx)),
  );

  app.post(
    '/api/emergencies',
    {
      // Each honest one is two: the first is told which factor to show.
      config: { duty: { act: 'emergency.request', perHour: 10 } },
      schema: { body: EmergencyRequest, response: { 201: EmergencyAsked } },
    },
    async (request, reply) =>
      sendOutcome(reply, await emergency.requestEmergency(request.ctx, request.body), withEntry, 201),
  );

  app.post(
    '/api/emergencies/:id/actions/end',
    {
      config: { duty: { act: 'emergency.end' } },
      schema: { params: EmergencyParams, body: EmergencyEnd, response: { 200: EmergencyAnswer } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await emergency.endEmergency(request.ctx, request.params.id, request.body.expectedVersion),
        withEntry,
      ),
  );

  app.post(
    '/api/emergencies/:id/actions/review',
    {
      config: { duty: { act: 'emergency.review' } },
      schema: { params: EmergencyParams, body: EmergencyReview, response: { 200: EmergencyAnswer } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await emergency.reviewEmergency(request.ctx, request.params.id, request.body),
        withEntry,
      ),
  );
}
