// HTTP in and out of the alerts room, the live stream included.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  AlertAction,
  AlertCard,
  AlertItem,
  AlertPage,
  AlertParams,
  AlertQuery,
} from '#server/contract/alerts.ts';
import { refuse } from '#server/gate/outcome.ts';
import { sendOutcome, sendProblem } from '#server/http/problems.ts';
import type { Alerts } from './alerts.ts';
import { alertActions } from './rules.ts';

export interface AlertRouteDeps {
  alerts: Alerts;
  /** Whether the request's session may still follow alerts: open, not locked, same role and unit. */
  stillValid(request: FastifyRequest): Promise<boolean>;
}

export function alertRoutes(root: FastifyInstance, { alerts, stillValid }: AlertRouteDeps): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();
  const { room, streams } = alerts;

  app.get(
    '/api/alerts',
    {
      config: { duty: { act: 'alert.list' } },
      schema: { querystring: AlertQuery, response: { 200: AlertPage } },
    },
    async (request, reply) => sendOutcome(reply, await room.listAlerts(request.ctx, request.query)),
  );

  app.get(
    '/api/alerts/stream',
    { config: { duty: { act: 'alert.stream', passive: true, perMinute: 20 } } },
    async (request, reply) => {
      const outcome = await room.followAlerts(request.ctx);
      if (outcome.kind !== 'done') return sendProblem(reply, outcome);
      const stream = streams.open({
        officer: request.ctx.actor!.id,
        path: request.ctx.actor!.path,
        after: resumeFrom(request.headers['last-event-id'], outcome.entry),
        stillValid: () => stillValid(request),
      });
      if (!stream)
        return sendProblem(
          reply,
          refuse('too-many', { detail: 'Alerts are followed in too many windows: close one' }),
        );
      request.raw.once('close', () => stream.destroy());
      return reply
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .type('text/event-stream; charset=utf-8')
        .send(stream);
    },
  );

  app.get(
    '/api/alerts/:id',
    {
      config: { duty: { act: 'alert.view' } },
      schema: { params: AlertParams, response: { 200: AlertCard } },
    },
    async (request, reply) => sendOutcome(reply, await room.viewAlert(request.ctx, request.params.id)),
  );

  for (const name of alertActions)
    app.post(
      `/api/alerts/:id/actions/${name}`,
      {
        config: { duty: { act: `alert.${name}` } },
        schema: { params: AlertParams, body: AlertAction, response: { 200: AlertItem } },
      },
      async (request, reply) =>
        sendOutcome(reply, await room.takeAction(request.ctx, request.params.id, name, request.body)),
    );

  // An open stream would hold the server's closing back.
  app.addHook('preClose', async () => streams.close());
}

/** What the reader saw last, if it is a number of the log's past; now otherwise. */
function resumeFrom(header: string | string[] | undefined, entry: number): number {
  const seq = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : entry;
  return Math.min(seq, entry);
}
