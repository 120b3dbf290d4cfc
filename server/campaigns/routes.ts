// HTTP in and out for campaigns. One route per act.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  CampaignCard,
  CampaignItem,
  CampaignOfficers,
  CampaignOfficersQuery,
  CampaignPage,
  CampaignParams,
  CloseCampaign,
  OpenCampaign,
} from '#server/contract/campaigns.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Campaigns } from './service.ts';

export function campaignRoutes(plain: FastifyInstance, { campaigns }: { campaigns: Campaigns }): void {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/campaigns',
    { config: { duty: { act: 'campaign.list' } }, schema: { response: { 200: CampaignPage } } },
    async (request, reply) => sendOutcome(reply, await campaigns.listCampaigns(request.ctx)),
  );

  app.post(
    '/api/campaigns',
    {
      config: { duty: { act: 'campaign.open', perMinute: 10 } },
      schema: { body: OpenCampaign, response: { 201: CampaignItem } },
    },
    async (request, reply) =>
      sendOutcome(reply, await campaigns.openCampaign(request.ctx, request.body), (item) => item, 201),
  );

  app.get(
    '/api/campaigns/:id',
    {
      config: { duty: { act: 'campaign.view', perMinute: 60 } },
      schema: { params: CampaignParams, response: { 200: CampaignCard } },
    },
    async (request, reply) =>
      sendOutcome(reply, await campaigns.viewCampaign(request.ctx, request.params.id)),
  );

  app.get(
    '/api/campaigns/:id/officers',
    {
      config: { duty: { act: 'campaign.view', perMinute: 60 } },
      schema: {
        params: CampaignParams,
        querystring: CampaignOfficersQuery,
        response: { 200: CampaignOfficers },
      },
    },
    async (request, reply) =>
      sendOutcome(reply, await campaigns.listOfficers(request.ctx, request.params.id, request.query)),
  );

  app.post(
    '/api/campaigns/:id/actions/close',
    {
      config: { duty: { act: 'campaign.close', perMinute: 10 } },
      schema: { params: CampaignParams, body: CloseCampaign, response: { 200: CampaignItem } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await campaigns.closeCampaign(request.ctx, request.params.id, request.body.expectedVersion),
      ),
  );
}
