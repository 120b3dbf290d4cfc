import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { LogStatus } from '#db/store.ts';
import { frameRoutes } from './frame.ts';

test('a log that failed a moment ago is not called well, though it takes entries again', async () => {
  let now = 1_770_000_000_000;
  let status: LogStatus = { size: 7, accepting: true, why: null, failed: null, queued: 0 };
  const app = fastify();
  await app.register((instance) =>
    frameRoutes(instance, { status: () => status, clock: () => now, webDir: '/nowhere' }),
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
