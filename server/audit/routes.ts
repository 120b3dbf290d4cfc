// HTTP in and out of the audit room. Checkpoint, hash tiles and proofs are public, under the paths of C2SP tlog-tiles: they
// hold no personal data and let anybody hold the log to account. Entries and bundles pass the gate.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ApprovalAnswer } from '#server/contract/approvals.ts';
import {
  ConsistencyParams,
  EntryCard,
  EntryParams,
  EntryTileParams,
  EvidenceRequest,
  HashTileParams,
  InclusionParams,
  Recorded,
  SavedView,
  SavedViewParams,
  SavedViewRequest,
  SavedViews,
  ScreenEvent,
  TrailPage,
  TrailQuery,
  TrailSearch,
} from '#server/contract/audit.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { sendOutcome, sendProblem } from '#server/http/problems.ts';
import { parseTilePath } from '#server/lib/log/tiles.ts';
import type { Audit } from './audit.ts';
import type { Evidence } from './evidence.ts';
import type { Proof } from './monitors.ts';

const immutable = 'public, max-age=31536000, immutable';

export function auditRoutes(root: FastifyInstance, { audit }: { audit: Audit }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();
  const { trail, evidence, views, tree, monitors, published } = audit;

  app.get(
    '/api/audit/entries',
    {
      config: { duty: { act: 'audit.view', perMinute: 120 } },
      schema: { querystring: TrailQuery, response: { 200: TrailPage } },
    },
    async (request, reply) => sendOutcome(reply, await trail.viewTrail(request.ctx, request.query)),
  );

  app.post(
    '/api/audit/search',
    {
      config: { duty: { act: 'audit.search', perMinute: 60 } },
      schema: { body: TrailSearch, response: { 200: TrailPage } },
    },
    async (request, reply) => sendOutcome(reply, await trail.searchTrail(request.ctx, request.body)),
  );

  app.get(
    '/api/audit/entries/:seq',
    {
      config: { duty: { act: 'audit.view', perMinute: 120 } },
      schema: { params: EntryParams, response: { 200: EntryCard } },
    },
    async (request, reply) =>
      sendOutcome(reply, await trail.viewEntry(request.ctx, Number(request.params.seq))),
  );

  app.post(
    '/api/audit/evidence',
    { config: { duty: { act: 'audit.evidence', perMinute: 10 } }, schema: { body: EvidenceRequest } },
    async (request, reply) => sendEvidence(reply, await evidence.exportEvidence(request.ctx, request.body)),
  );

  app.post(
    '/api/audit/evidence/requests',
    {
      config: { duty: { act: 'audit.evidence-request', perMinute: 10 } },
      schema: { body: EvidenceRequest, response: { 201: ApprovalAnswer } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await evidence.requestOpened(request.ctx, request.body),
        (value, entry) => ({ ...value, approval: value.id, entry }),
        201,
      ),
  );

  app.get(
    '/api/audit/views',
    { config: { duty: { act: 'audit.views' } }, schema: { response: { 200: SavedViews } } },
    async (request, reply) => sendOutcome(reply, await views.listViews(request.ctx)),
  );

  app.post(
    '/api/audit/views',
    {
      config: { duty: { act: 'audit.view-save' } },
      schema: { body: SavedViewRequest, response: { 201: SavedView } },
    },
    async (request, reply) =>
      sendOutcome(reply, await views.saveView(request.ctx, request.body), (value) => value, 201),
  );

  app.delete(
    '/api/audit/views/:id',
    {
      config: { duty: { act: 'audit.view-remove' } },
      schema: { params: SavedViewParams, response: { 200: Recorded } },
    },
    async (request, reply) =>
      sendOutcome(reply, await views.removeView(request.ctx, request.params.id), (_, entry) => ({ entry })),
  );

  app.post(
    '/api/events',
    {
      config: { duty: { act: 'screen.copy', perMinute: 120 } },
      schema: { body: ScreenEvent, response: { 201: Recorded } },
    },
    async (request, reply) =>
      sendOutcome(reply, await trail.recordScreen(request.ctx, request.body), (_, entry) => ({ entry }), 201),
  );

  const sendText = (reply: FastifyReply, text: string) =>
    reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(text);
  const sendProof = (reply: FastifyReply, proof: Proof) =>
    proof.kind === 'proof'
      ? sendText(reply, proof.text)
      : sendProblem(reply, refuse('not-found', { detail: proof.why }));

  app.get('/api/audit/checkpoint', { config: { open: true } }, async (_, reply) =>
    sendText(reply, (await audit.recentCheckpoint()).note),
  );

  app.get('/api/audit/vkey', { config: { open: true } }, async (_, reply) =>
    sendText(reply, published.vkeyText),
  );

  app.get('/api/audit/policy', { config: { open: true } }, async (_, reply) =>
    sendText(reply, published.policyText),
  );

  app.get(
    '/api/audit/consistency/:older/:newer',
    { config: { open: true }, schema: { params: ConsistencyParams } },
    async ({ params }, reply) =>
      sendProof(reply, await monitors.consistency(Number(params.older), Number(params.newer))),
  );

  app.get(
    '/api/audit/inclusion/:seq/:size',
    { config: { open: true }, schema: { params: InclusionParams } },
    async ({ params }, reply) =>
      sendProof(reply, await monitors.inclusion(Number(params.seq), Number(params.size))),
  );

  app.get(
    '/api/audit/tile/:level/*',
    { config: { open: true }, schema: { params: HashTileParams } },
    async (request, reply) => {
      const name = parseTilePath(`tile/${request.params.level}/${request.params['*']}`);
      if (name === null || name.level === 'entries') return noTile(reply);
      const hashes = await tree.hashes(name.level, name.idx, name.width);
      if (hashes === null) return noTile(reply);
      return reply.header('cache-control', immutable).type('application/octet-stream').send(hashes);
    },
  );

  app.get(
    '/api/audit/tile/entries/*',
    { config: { duty: { act: 'audit.tile', perMinute: 600 } }, schema: { params: EntryTileParams } },
    async (request, reply) => {
      const path = `tile/entries/${request.params['*']}`;
      const name = parseTilePath(path);
      if (name === null) return sendProblem(reply, refuse('not-found', { detail: 'No tile has this name' }));
      const outcome = await trail.readBundle(request.ctx, path, name.idx, name.width);
      if (outcome.kind !== 'done') return sendProblem(reply, outcome);
      return reply.header('cache-control', 'no-store').type('application/octet-stream').send(outcome.value);
    },
  );
}

/** Sent only after the entry that carries its hash is durable. */
function sendEvidence(reply: FastifyReply, outcome: Outcome<Evidence>): FastifyReply {
  if (outcome.kind !== 'done') return sendProblem(reply, outcome);
  const { bytes, mediaType, fileName, sha256 } = outcome.value;
  return reply
    .type(mediaType)
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .header('x-kuzot-entry', String(outcome.entry))
    .header('x-kuzot-sha256', sha256)
    .send(bytes);
}

function noTile(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, refuse('not-found', { detail: 'The log has no such tile' }));
}
