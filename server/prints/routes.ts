// HTTP in and out of prints and exports. A file is sent only after its second entry is durable; HEAD and Range see nothing.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { ApprovalAnswer, ApprovalParams, ListRequest } from '#server/contract/approvals.ts';
import { Empty } from '#server/contract/session.ts';
import { sendOutcome, sendProblem } from '#server/http/problems.ts';
import type { Prints } from './service.ts';

export function printRoutes(root: FastifyInstance, { prints }: { prints: Prints }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  for (const kind of ['print', 'export'] as const)
    app.post(
      `/api/${kind}s`,
      {
        config: { duty: { act: `list.${kind}-request` } },
        schema: { body: ListRequest, response: { 201: ApprovalAnswer } },
      },
      async (request, reply) =>
        sendOutcome(
          reply,
          await prints.requestList(request.ctx, kind, request.body),
          (value, entry) => ({ ...value, approval: value.id, entry }),
          201,
        ),
    );

  app.post(
    '/api/downloads/:id',
    {
      config: { duty: { act: 'download.fetch', perMinute: 10 } },
      schema: { params: ApprovalParams, body: Empty },
    },
    async (request, reply) => {
      const outcome = await prints.downloadList(request.ctx, request.params.id);
      if (outcome.kind !== 'done') return sendProblem(reply, outcome);
      const { bytes, mediaType, fileName, sha256 } = outcome.value;
      return reply
        .type(mediaType)
        .header('content-disposition', `attachment; filename="${fileName}"`)
        .header('x-kuzot-entry', String(outcome.entry))
        .header('x-kuzot-sha256', sha256)
        .send(Buffer.from(bytes));
    },
  );
}
