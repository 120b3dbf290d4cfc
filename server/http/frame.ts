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
/** The policies are asked for a sign of life at most this often. */
const soundMs = 1_000;

export interface FrameDeps {
  status: () => LogStatus;
  /** What decides on access: why it can decide nothing any more, and how often it could not. */
  policy: { broken(): string | null; faults(): number };
  /** Further lines for /metrics, in the text format of Prometheus. */
  measures?: () => string[];
  clock: () => number;
  webDir: string;
}

export async function frameRoutes(
  app: FastifyInstance,
  { status, policy, measures, clock, webDir }: FrameDeps,
): Promise<void> {
  let sound: { at: number; broken: boolean } | null = null;
  function policyBroken(): boolean {
    const now = clock();
    if (sound === null || Math.abs(now - sound.at) >= soundMs)
      sound = { at: now, broken: policy.broken() !== null };
    return sound.broken;
  }

  app.get('/healthz', { config: { open: true } }, async (_request, reply) => {
    const { accepting, why, failed } = status();
    // A disk that fills up lets a write through now and then: that is no health.
    const lately = failed !== null && clock() - failed.at < steadyMs;
    // Denied by a fault within reads like denied by a rule: only this says that it is not.
    if (policyBroken())
      return reply.code(503).send({
        ok: false,
        why: 'The access policies cannot decide: everything not remembered is denied. Restart the server',
      });
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
      '# HELP kuzot_policy_deciding 1 while the access policies can decide.',
      '# TYPE kuzot_policy_deciding gauge',
      `kuzot_policy_deciding ${policyBroken() ? 0 : 1}`,
      '# HELP kuzot_policy_faults_total Decisions denied because of a fault, not by a rule, since these policies are in force.',
      '# TYPE kuzot_policy_faults_total counter',
      `kuzot_policy_faults_total ${policy.faults()}`,
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
