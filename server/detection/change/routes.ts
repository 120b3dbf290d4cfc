// HTTP in and out of changes of the detection rules.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  RuleCheck,
  RuleProposal,
  RuleProposalCard,
  RuleProposalParams,
  RulesChecked,
  RulesInForce,
  RulesProposed,
} from '#server/contract/rules.ts';
import { sendOutcome } from '#server/http/problems.ts';
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
      sendOutcome(reply, await rules.checkRules(request.ctx, request.body), (value, entry) => ({
        ...value,
        entry,
      })),
  );

  app.post(
    '/api/rules/proposals',
    {
      config: { duty: { act: 'rule.propose', perMinute: checksAMinute } },
      schema: { body: RuleProposal, response: { 201: RulesProposed } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await rules.proposeRules(request.ctx, request.body),
        (value, entry) => ({ ...value, entry }),
        201,
      ),
  );

  app.get(
    '/api/rules/proposals/:id',
    {
      config: { duty: { act: 'rule.view' } },
      schema: { params: RuleProposalParams, response: { 200: RuleProposalCard } },
    },
    async (request, reply) =>
      sendOutcome(reply, await rules.viewRuleProposal(request.ctx, request.params.id)),
  );
}
