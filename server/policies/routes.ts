// HTTP in and out of the policies room.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { SetProposalParams, SetProposed } from '#server/contract/file-sets.ts';
import {
  PoliciesInForce,
  PolicyCheck,
  PolicyChecked,
  PolicyProposal,
  ProposalCard,
  WhoParams,
  WhoSees,
} from '#server/contract/policies.ts';
import { sendOutcome, withEntry } from '#server/http/problems.ts';
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
      sendOutcome(reply, await policies.checkPolicies(request.ctx, request.body), withEntry),
  );

  app.post(
    '/api/policies/proposals',
    {
      config: { duty: { act: 'policy.propose', perMinute: checksAMinute } },
      schema: { body: PolicyProposal, response: { 201: SetProposed } },
    },
    async (request, reply) =>
      sendOutcome(reply, await policies.proposePolicies(request.ctx, request.body), withEntry, 201),
  );

  app.get(
    '/api/policies/proposals/:id',
    {
      config: { duty: { act: 'policy.view' } },
      schema: { params: SetProposalParams, response: { 200: ProposalCard } },
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
      sendOutcome(reply, await policies.whoSees(request.ctx, request.params.code), withEntry),
  );
}
