// HTTP in and out of the random re-check.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import {
  AssignItem,
  CloseSample,
  DrawSample,
  FindItem,
  FixSample,
  SampleCard,
  SampleFixed,
  SampleItemParams,
  SampleList,
  SampleParams,
  SampleStep,
  SignItem,
} from '#server/contract/samples.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Samples } from './service.ts';

export function sampleRoutes(root: FastifyInstance, { samples }: { samples: Samples }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/audit/samples',
    { config: { duty: { act: 'audit.sample-list' } }, schema: { response: { 200: SampleList } } },
    async (request, reply) => sendOutcome(reply, await samples.listSamples(request.ctx)),
  );
  app.post(
    '/api/audit/samples',
    {
      // Counting a population reads the whole period.
      config: { duty: { act: 'audit.sample-fix', perMinute: 6 } },
      schema: { body: FixSample, response: { 201: SampleFixed } },
    },
    async (request, reply) =>
      sendOutcome(reply, await samples.fixSample(request.ctx, request.body), undefined, 201),
  );
  app.get(
    '/api/audit/samples/:number',
    {
      config: { duty: { act: 'audit.sample-view' } },
      schema: { params: SampleParams, response: { 200: SampleCard } },
    },
    async (request, reply) =>
      sendOutcome(reply, await samples.viewSample(request.ctx, Number(request.params.number))),
  );
  app.post(
    '/api/audit/samples/:number/actions/draw',
    {
      config: { duty: { act: 'audit.sample', perMinute: 6 } },
      schema: { params: SampleParams, body: DrawSample, response: { 200: SampleStep } },
    },
    async (request, reply) =>
      sendOutcome(reply, await samples.drawSample(request.ctx, Number(request.params.number), request.body)),
  );
  app.post(
    '/api/audit/samples/:number/actions/close',
    {
      config: { duty: { act: 'audit.sample-close' } },
      schema: { params: SampleParams, body: CloseSample, response: { 200: SampleStep } },
    },
    async (request, reply) =>
      sendOutcome(reply, await samples.closeSample(request.ctx, Number(request.params.number), request.body)),
  );
  app.post(
    '/api/audit/samples/:number/items/:seq/actions/find',
    {
      config: { duty: { act: 'audit.sample-find' } },
      schema: { params: SampleItemParams, body: FindItem, response: { 200: SampleStep } },
    },
    async ({ ctx, params, body }, reply) =>
      sendOutcome(reply, await samples.findItem(ctx, Number(params.number), Number(params.seq), body)),
  );
  app.post(
    '/api/audit/samples/:number/items/:seq/actions/sign',
    {
      config: { duty: { act: 'audit.sample-sign' } },
      schema: { params: SampleItemParams, body: SignItem, response: { 200: SampleStep } },
    },
    async ({ ctx, params, body }, reply) =>
      sendOutcome(reply, await samples.signItem(ctx, Number(params.number), Number(params.seq), body)),
  );
  app.post(
    '/api/audit/samples/:number/items/:seq/actions/assign',
    {
      config: { duty: { act: 'audit.sample-assign' } },
      schema: { params: SampleItemParams, body: AssignItem, response: { 200: SampleStep } },
    },
    async ({ ctx, params, body }, reply) =>
      sendOutcome(reply, await samples.assignItem(ctx, Number(params.number), Number(params.seq), body)),
  );
}
