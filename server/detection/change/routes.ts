// HTTP in and out of changes of the detection rules.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { SetProposalParams, SetProposed } from '#server/contract/file-sets.ts';
import {
  RuleCheck,
  RuleProposal,
  RuleProposalCard,
  RulesChecked,
  RulesInForce,
} from '#server/contract/rules.ts';
import { sendOutcome, withEntry } from '#server/http/problems.ts';
import type { Rules } from './service.ts';

/** Each reads thousands of entries and runs two sets of rules over them. */
const checksAMinute = 20;

export function ruleRoutes(root: FastifyInstance, { rules }: { rules: Rules }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/rules',
    { config: { duty: { act: 'rule.view' } }, schema: { response: { 200: RulesInForce } } },
    async (request, reply) => sendOutcome(reply, await rules.viewRules(request.ctx)),
  );

  app.post(
    '/api/rules/check',
    {
      config: { duty: { act: 'rule.check', perMinute: checksAMinute } },
      schema: { body: RuleCheck, response: { 200: RulesChecked } },
    },
    async (request, reply) =>
      sendOutcome(reply, await rules.checkRules(request.ctx, request.body), withEntry),
  );

  app.post(
    '/api/rules/proposals',
    {
      config: { duty: { act: 'rule.propose', perMinute: checksAMinute } },
      schema: { body: RuleProposal, response: { 201: SetProposed } },
    },
    async (request, reply) =>
      sendOutcome(reply, await rules.proposeRules(request.ctx, request.body), withEntry, 201),
  );

  app.get(
    '/api/rules/proposals/:id',
    {
      config: { duty: { act: 'rule.view' } },
      schema: { params: SetProposalParams, response: { 200: RuleProposalCard } },
    },
    async (request, reply) =>
      sendOutcome(reply, await rules.viewRuleProposal(request.ctx, request.params.id)),
  );
}
