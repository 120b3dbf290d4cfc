// Cedar broken within, as a text deep enough for its small stack breaks it: nothing is permitted that was not decided before,
// and the signs of life do not call that health.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { Seen } from './decider-broken-thread.ts';

test('every decision it cannot take is a denial, /healthz says so and operators are told once', async () => {
  const thread = new Worker(new URL('./decider-broken-thread.ts', import.meta.url), { execArgv: [] });
  const [seen] = (await once(thread, 'message')) as [Seen];
  await once(thread, 'exit');
  expect(seen.sound).toEqual([200, { ok: true }]);
  expect(seen.fell).toBe(true);
  for (const reply of seen.refused) expect(reply).toMatchObject({ status: 403, policy: 'policy-error' });
  expect([seen.refused.length, seen.entries]).toEqual([3, 3]);
  expect(seen.broken).toEqual([503, { ok: false, why: expect.stringContaining('policies cannot decide') }]);
  expect(seen.metrics).toContain('kuzot_policy_deciding 0');
  expect(seen.metrics).toMatch(/^kuzot_policy_faults_total [1-9]/m);
  expect(seen.faults).toEqual([expect.stringContaining('could not decide application.list')]);
  // What was decided while it was sound is remembered and stands.
  expect(seen.remembered).toBe(200);
});
