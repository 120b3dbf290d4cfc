import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { LogStatus } from '#db/store.ts';
import { refuse } from '#server/gate/outcome.ts';
import { frameRoutes } from './frame.ts';
import { sendProblem } from './problems.ts';

const sound = { broken: () => null, faults: () => 0 };

test('a log that failed a moment ago is not called well, though it takes entries again', async () => {
  let now = 1_770_000_000_000;
  let status: LogStatus = { size: 7, accepting: true, why: null, failed: null, queued: 0 };
  const app = fastify();
  await app.register((instance) =>
    frameRoutes(instance, { status: () => status, policy: sound, clock: () => now, webDir: '/nowhere' }),
  );
  const health = async () => {
    const reply = await app.inject('/healthz');
    return [reply.statusCode, reply.json()];
  };
  expect(await health()).toEqual([200, { ok: true }]);
  status = {
    ...status,
    accepting: false,
    why: 'The disk is full.',
    failed: { at: now, why: 'The disk is full.' },
  };
  expect(await health()).toEqual([503, { ok: false, why: 'The disk is full.' }]);
  status = { ...status, accepting: true, why: null };
  now += 9_999;
  expect(await health()).toEqual([503, { ok: false, why: 'Writing failed a moment ago. The disk is full.' }]);
  now += 1;
  expect(await health()).toEqual([200, { ok: true }]);
  await app.close();
});

test('policies that cannot decide are no health, and are not asked more than once a second', async () => {
  let now = 1_770_000_000_000;
  let asked = 0;
  let why: string | null = null;
  const policy = {
    broken() {
      asked += 1;
      return why;
    },
    faults: () => 3,
  };
  const status: LogStatus = { size: 7, accepting: true, why: null, failed: null, queued: 0 };
  const app = fastify();
  await app.register((instance) =>
    frameRoutes(instance, { status: () => status, policy, clock: () => now, webDir: '/nowhere' }),
  );
  const code = async () => (await app.inject('/healthz')).statusCode;
  expect([await code(), await code(), asked]).toEqual([200, 200, 1]);
  why = 'memory access out of bounds';
  now += 999;
  expect([await code(), asked]).toEqual([200, 1]);
  now += 1;
  expect([await code(), await code(), asked]).toEqual([503, 503, 2]);
  const { body } = await app.inject('/healthz');
  expect(body).toContain('policies cannot decide');
  expect(body).not.toContain('memory');
  expect((await app.inject('/metrics')).body).toContain('kuzot_policy_faults_total 3');
  await app.close();
});

test('14.3.2 a file of the pages is kept by browsers for good; that there is none is not', async () => {
  const webDir = mkdtempSync(join(tmpdir(), 'pages-'));
  mkdirSync(join(webDir, 'assets'));
  writeFileSync(join(webDir, 'index.html'), '<!doctype html>');
  writeFileSync(join(webDir, 'assets', 'page-1a2b.js'), '1');
  const app = fastify();
  app.setNotFoundHandler(async (_request, reply) => sendProblem(reply, refuse('not-found')));
  const status: LogStatus = { size: 7, accepting: true, why: null, failed: null, queued: 0 };
  await app.register((instance) =>
    frameRoutes(instance, { status: () => status, policy: sound, clock: () => 0, webDir }),
  );
  expect((await app.inject('/assets/page-1a2b.js')).headers['cache-control']).toContain('immutable');
  const gone = await app.inject('/assets/page-0000.js');
  expect([gone.statusCode, gone.headers['cache-control']]).toEqual([404, 'no-store']);
  await app.close();
  rmSync(webDir, { recursive: true });
});
