// HTTP in and out for officers. One route per act, because a route names its act.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Act } from '#server/contract/acts.ts';
import {
  ActivatedOfficer,
  ActivateOfficer,
  ChangeAbsence,
  ChangeClearance,
  ChangeRole,
  DisableOfficer,
  EndedSessions,
  EndSessions,
  NewOfficer,
  OfficerCard,
  OfficerItem,
  OfficerPage,
  OfficerParams,
  OfficerQuery,
  RegisteredOfficer,
  RequestEnable,
  RequestedApproval,
  RequestGrant,
  RequestReset,
} from '#server/contract/officers.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Officers } from './service.ts';

export function officerRoutes(plain: FastifyInstance, deps: { officers: Officers }): void {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { officers } = deps;
  const duty = (act: Act, perMinute = 60) => ({ duty: { act, perMinute } });
  const action = (name: string) => `/api/officers/:id/actions/${name}`;

  app.get(
    '/api/officers',
    { config: duty('officer.list'), schema: { querystring: OfficerQuery, response: { 200: OfficerPage } } },
    async (request, reply) => sendOutcome(reply, await officers.listOfficers(request.ctx, request.query)),
  );

  app.post(
    '/api/officers',
    { config: duty('officer.add', 30), schema: { body: NewOfficer, response: { 201: RegisteredOfficer } } },
    async (request, reply) =>
      sendOutcome(reply, await officers.registerOfficer(request.ctx, request.body), (item) => item, 201),
  );

  app.get(
    '/api/officers/:id',
    { config: duty('officer.view'), schema: { params: OfficerParams, response: { 200: OfficerCard } } },
    async (request, reply) => sendOutcome(reply, await officers.viewOfficer(request.ctx, request.params.id)),
  );

  app.post(
    action('activate'),
    {
      config: duty('officer.activate', 10),
      schema: { params: OfficerParams, body: ActivateOfficer, response: { 200: ActivatedOfficer } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await officers.activateOfficer(request.ctx, request.params.id, request.body.expectedVersion),
      ),
  );

  app.post(
    action('disable'),
    {
      config: duty('officer.disable'),
      schema: { params: OfficerParams, body: DisableOfficer, response: { 200: OfficerItem } },
    },
    async (request, reply) =>
      sendOutcome(reply, await officers.disableOfficer(request.ctx, request.params.id, request.body)),
  );

  app.post(
    action('role'),
    {
      config: duty('officer.role'),
      schema: { params: OfficerParams, body: ChangeRole, response: { 200: OfficerItem } },
    },
    async (request, reply) =>
      sendOutcome(reply, await officers.changeRole(request.ctx, request.params.id, request.body)),
  );

  app.post(
    action('grant-request'),
    {
      config: duty('officer.grant-request', 10),
      schema: { params: OfficerParams, body: RequestGrant, response: { 201: RequestedApproval } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await officers.requestGrant(request.ctx, request.params.id, request.body),
        (value) => value,
        201,
      ),
  );

  app.post(
    action('enable-request'),
    {
      config: duty('officer.enable-request', 10),
      schema: { params: OfficerParams, body: RequestEnable, response: { 201: RequestedApproval } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await officers.requestEnable(request.ctx, request.params.id, request.body),
        (value) => value,
        201,
      ),
  );

  app.post(
    action('absence'),
    {
      config: duty('officer.absence'),
      schema: { params: OfficerParams, body: ChangeAbsence, response: { 200: OfficerItem } },
    },
    async (request, reply) =>
      sendOutcome(reply, await officers.changeAbsence(request.ctx, request.params.id, request.body)),
  );

  app.post(
    action('clearance'),
    {
      config: duty('officer.clearance'),
      schema: { params: OfficerParams, body: ChangeClearance, response: { 200: OfficerItem } },
    },
    async (request, reply) =>
      sendOutcome(reply, await officers.changeClearance(request.ctx, request.params.id, request.body)),
  );

  app.post(
    action('end-sessions'),
    {
      config: duty('officer.end-sessions'),
      schema: { params: OfficerParams, body: EndSessions, response: { 200: EndedSessions } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await officers.endOfficerSessions(request.ctx, request.params.id, request.body.reason),
      ),
  );

  app.post(
    action('reset-request'),
    {
      config: duty('officer.reset-request', 10),
      schema: { params: OfficerParams, body: RequestReset, response: { 201: RequestedApproval } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await officers.requestReset(request.ctx, request.params.id, request.body),
        (value) => value,
        201,
      ),
  );
}
