// HTTP in and out of the approvals room.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  ApprovalAnswer,
  ApprovalItem,
  ApprovalPage,
  ApprovalParams,
  ApprovalQuery,
  Batch,
  BatchAnswer,
  Vote,
} from '#server/contract/approvals.ts';
import { sendOutcome, withEntry } from '#server/http/problems.ts';
import type { Approvals } from './service.ts';

export function approvalRoutes(root: FastifyInstance, { approvals }: { approvals: Approvals }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/approvals',
    {
      config: { duty: { act: 'approval.list' } },
      schema: { querystring: ApprovalQuery, response: { 200: ApprovalPage } },
    },
    async (request, reply) => sendOutcome(reply, await approvals.listApprovals(request.ctx, request.query)),
  );

  app.get(
    '/api/approvals/:id',
    {
      config: { duty: { act: 'approval.view' } },
      schema: { params: ApprovalParams, response: { 200: ApprovalItem } },
    },
    async (request, reply) =>
      sendOutcome(reply, await approvals.viewApproval(request.ctx, request.params.id)),
  );

  app.post(
    '/api/approvals/actions/approve',
    {
      config: { duty: { act: 'approval.approve' } },
      schema: { body: Batch, response: { 200: BatchAnswer } },
    },
    async (request, reply) =>
      sendOutcome(reply, await approvals.approveBatch(request.ctx, request.body), withEntry),
  );

  for (const vote of ['approve', 'deny'] as const)
    app.post(
      `/api/approvals/:id/actions/${vote}`,
      {
        config: { duty: { act: `approval.${vote}` } },
        schema: { params: ApprovalParams, body: Vote, response: { 200: ApprovalAnswer } },
      },
      async (request, reply) =>
        sendOutcome(
          reply,
          await approvals.castVote(request.ctx, request.params.id, vote, request.body),
          (value, entry) => ({ ...value, approval: value.id, entry }),
        ),
    );
}
