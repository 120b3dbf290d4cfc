// HTTP in and out of the applications room, and the public status of a coupon.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  ActionBody,
  ActionParams,
  ApplicationCard,
  ApplicationItem,
  ApplicationPage,
  ApplicationParams,
  ApplicationQuery,
  AttachmentAnswer,
  AttachmentParams,
  attachmentMaxBytes,
  CouponParams,
  CouponStatus,
  NewApplication,
  NewAttachment,
} from '#server/contract/applications.ts';
import { refuse } from '#server/gate/outcome.ts';
import { sendOutcome, sendProblem, withEntry } from '#server/http/problems.ts';
import type { Attachments } from './attachments.ts';
import { isStep } from './rules.ts';
import type { Applications } from './service.ts';
import type { Steps } from './step.ts';

export interface ApplicationRouteDeps {
  applications: Applications;
  steps: Steps;
  attachments: Attachments;
  /** The coupon in its stored form, or null where it cannot be one. */
  readCoupon(typed: string): string | null;
}

export function applicationRoutes(root: FastifyInstance, deps: ApplicationRouteDeps): void {
  const { applications, steps, attachments } = deps;
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/applications',
    {
      config: { duty: { act: 'application.create', perMinute: 30 } },
      schema: { body: NewApplication, response: { 201: ApplicationItem } },
    },
    async (request, reply) =>
      sendOutcome(reply, await applications.createApplication(request.ctx, request.body), undefined, 201),
  );

  app.get(
    '/api/applications',
    {
      config: { duty: { act: 'application.list' } },
      schema: { querystring: ApplicationQuery, response: { 200: ApplicationPage } },
    },
    async (request, reply) =>
      sendOutcome(reply, await applications.listApplications(request.ctx, request.query)),
  );

  app.get(
    '/api/applications/:id',
    {
      config: { duty: { act: 'application.view' } },
      schema: { params: ApplicationParams, response: { 200: ApplicationCard } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await applications.viewApplication(request.ctx, request.params.id),
        (card, entry) => ({
          ...card,
          entry,
        }),
      ),
  );

  app.post(
    '/api/applications/:id/actions/:name',
    {
      config: { duty: { act: 'application.view' } },
      schema: { params: ActionParams, body: ActionBody, response: { 200: ApplicationItem } },
    },
    async (request, reply) => {
      const { id, name } = request.params;
      if (!isStep(name)) return sendProblem(reply, refuse('not-found', { detail: 'There is no such step' }));
      return sendOutcome(reply, await steps.takeStep(request.ctx, id, name, request.body));
    },
  );

  app.post(
    '/api/applications/:id/attachments',
    {
      config: { duty: { act: 'application.attach', perMinute: 20 } },
      // Base64 makes four characters of three bytes; the rest of the body is small.
      bodyLimit: Math.ceil((attachmentMaxBytes * 4) / 3) + 4096,
      schema: { params: ApplicationParams, body: NewAttachment, response: { 201: AttachmentAnswer } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await attachments.attachDocument(request.ctx, request.params.id, request.body),
        withEntry,
        201,
      ),
  );

  app.get(
    '/api/applications/:id/attachments/:attachment',
    {
      config: { duty: { act: 'application.attachment', perMinute: 60 } },
      schema: { params: AttachmentParams },
    },
    async (request, reply) => {
      const { id, attachment } = request.params;
      const outcome = await attachments.openDocument(request.ctx, id, attachment);
      if (outcome.kind !== 'done') return sendProblem(reply, outcome);
      const { bytes, mediaType, fileName } = outcome.value;
      // Somebody else's file: saved, never shown as a page of ours.
      return reply
        .type(mediaType)
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('content-disposition', `attachment; filename="${fileName}"`)
        .header('x-kuzot-entry', String(outcome.entry))
        .send(Buffer.from(bytes));
    },
  );

  app.get(
    '/api/status/:coupon',
    {
      config: { duty: { act: 'status.view', anonymous: true, perMinute: 10 } },
      schema: { params: CouponParams, response: { 200: CouponStatus } },
    },
    async (request, reply) =>
      sendOutcome(reply, await applications.viewStatus(request.ctx, deps.readCoupon(request.params.coupon))),
  );
}
