// HTTP in and out of the calendar room.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Calendar, CalendarSet } from '#server/contract/applications.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { CalendarRoom } from './service.ts';

export function calendarRoutes(root: FastifyInstance, { calendar }: { calendar: CalendarRoom }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();
  app.get(
    '/api/calendar',
    { config: { duty: { act: 'calendar.view' } }, schema: { response: { 200: Calendar } } },
    async (request, reply) => sendOutcome(reply, await calendar.viewCalendar(request.ctx)),
  );
  app.post(
    '/api/calendar',
    {
      config: { duty: { act: 'calendar.set' } },
      schema: { body: CalendarSet, response: { 200: Type.Object({ election: Type.String() }) } },
    },
    async (request, reply) => sendOutcome(reply, await calendar.setCalendar(request.ctx, request.body)),
  );
}
