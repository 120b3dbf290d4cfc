// HTTP in and out of the policies room.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  PoliciesInForce,
  PolicyCheck,
  PolicyChecked,
  PolicyProposal,
  PolicyProposed,
  ProposalCard,
  ProposalParams,
  WhoParams,
  WhoSees,
} from '#server/contract/policies.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Policies } from './service.ts';

/** A difference asks the policies some thousand times. */
const checksAMinute = 20;

export function policyRoutes(root: FastifyInstance, { policies }: { policies: Policies }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/policies',
    { config: { duty: { act: 'policy.view' } }, schema: { response: { 200: PoliciesInForce } } },
    async (request, reply) => sendOutcome(reply, await policies.viewPolicies(request.ctx)),
  );

  app.post(
    '/api/policies/check',
    {
      config: { duty: { act: 'policy.check', perMinute: checksAMinute } },
      schema: { body: PolicyCheck, response: { 200: PolicyChecked } },
    },
    async (request, reply) =>
      sendOutcome(reply, await policies.checkPolicies(request.ctx, request.body), (value, entry) => ({
        ...value,
        entry,
      })),
  );

  app.post(
    '/api/policies/proposals',
    {
      config: { duty: { act: 'policy.propose', perMinute: checksAMinute } },
      schema: { body: PolicyProposal, response: { 201: PolicyProposed } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await policies.proposePolicies(request.ctx, request.body),
        (value, entry) => ({ ...value, entry }),
        201,
      ),
  );

  app.get(
    '/api/policies/proposals/:id',
    {
      config: { duty: { act: 'policy.view' } },
      schema: { params: ProposalParams, response: { 200: ProposalCard } },
    },
    async (request, reply) => sendOutcome(reply, await policies.viewProposal(request.ctx, request.params.id)),
  );

  app.get(
    '/api/policies/readers/:code',
    {
      config: { duty: { act: 'policy.who' } },
      schema: { params: WhoParams, response: { 200: WhoSees } },
    },
    async (request, reply) =>
      sendOutcome(reply, await policies.whoSees(request.ctx, request.params.code), (value, entry) => ({
        ...value,
        entry,
      })),
  );
}
