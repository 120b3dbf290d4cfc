// Routes of the frame around the rooms: signs of life, the API's description, the console's files. None of them holds
// personal data; they are the written list of routes without an entry (contract/acts.ts).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { LogStatus } from '#db/store.ts';
import { stages } from '#server/contract/vocabulary.ts';
import { refuse } from '#server/gate/outcome.ts';
import { sendProblem } from './problems.ts';

/** So long after a failed write the log is not called well again. */
const steadyMs = 10_000;

export interface FrameDeps {
  status: () => LogStatus;
  /** Further lines for /metrics, in the text format of Prometheus. */
  measures?: () => string[];
  clock: () => number;
  webDir: string;
}

export async function frameRoutes(
  app: FastifyInstance,
  { status, measures, clock, webDir }: FrameDeps,
): Promise<void> {
  app.get('/healthz', { config: { open: true } }, async (_request, reply) => {
    const { accepting, why, failed } = status();
    // A disk that fills up lets a write through now and then: that is no health.
    const lately = failed !== null && clock() - failed.at < steadyMs;
    if (accepting && !lately) return reply.send({ ok: true });
    return reply
      .code(503)
      .send({ ok: false, why: why ?? `Writing failed a moment ago. ${failed?.why ?? ''}` });
  });

  app.get('/metrics', { config: { open: true } }, async (_request, reply) => {
    const { size, accepting, queued } = status();
    const lines = [
      '# HELP kuzot_log_entries Durable audit entries.',
      '# TYPE kuzot_log_entries counter',
      `kuzot_log_entries ${size}`,
      '# HELP kuzot_log_accepting 1 while the audit log accepts entries.',
      '# TYPE kuzot_log_accepting gauge',
      `kuzot_log_accepting ${accepting ? 1 : 0}`,
      '# HELP kuzot_log_queued Units waiting to be committed.',
      '# TYPE kuzot_log_queued gauge',
      `kuzot_log_queued ${queued}`,
      '# HELP process_resident_memory_bytes Resident memory.',
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      ...(measures?.() ?? []),
    ];
    return reply.type('text/plain; version=0.0.4').send(`${lines.join('\n')}\n`);
  });

  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/api/*',
    config: { duty: { act: 'http.unknown', stages, whileLocked: true } },
    handler: async (_request, reply) =>
      sendProblem(reply, refuse('not-found', { detail: 'There is no such address' })),
  });

  if (!existsSync(join(webDir, 'index.html'))) return;
  await app.register(fastifyStatic, {
    root: webDir,
    serve: false,
    preCompressed: true,
    cacheControl: false,
    etag: false,
    lastModified: false,
  });
  app.get('/*', { config: { open: true } }, async (request, reply) => {
    const { '*': path = '' } = request.params as { '*'?: string };
    // Files carry their content's hash in their name; everything else is the one page, which routes by itself.
    if (/^assets\/[\w.-]+$/.test(path)) {
      return reply.header('cache-control', 'public, max-age=31536000, immutable').sendFile(path);
    }
    if (/^[\w-]+\.(svg|ico|webmanifest)$/.test(path)) return reply.sendFile(path);
    return reply.sendFile('index.html');
  });
}
