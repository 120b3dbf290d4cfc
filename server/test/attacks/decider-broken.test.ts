// Cedar broken within, as a text deep enough for its small stack breaks it: nothing is permitted that was not decided before,
// and the signs of life do not call that health.
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ConsoleRig, openConsole } from '../console-rig.ts';

let rig: ConsoleRig;
beforeAll(async () => {
  rig = await openConsole();
}, 60_000);
afterAll(() => rig.close());

test('every decision it cannot take is a denial, /healthz says so and operators are told once', async () => {
  const member = await rig.logIn('precinct-member', '1001');
  const admin = await rig.logIn('territorial-admin', 'T1');
  const voter = await rig.addVoter('1001');
  const card = () => member.get(`/api/voters/${voter.id}`);
  const health = async () => {
    rig.time.now += 1_000;
    return rig.app.inject({ url: '/healthz' });
  };
  expect((await card()).statusCode).toBe(200);
  expect((await health()).json()).toEqual({ ok: true });

  const deep = `permit (principal, action, resource) when { ${'('.repeat(600)}true${')'.repeat(600)} };`;
  expect(() => cedar.policyToJson(deep)).toThrow();

  const size = rig.size();
  for (const url of ['/api/applications', '/api/approvals', '/api/audit/entries']) {
    const refused = await admin.get(url);
    expect(refused.json(), url).toMatchObject({ status: 403, policy: 'policy-error' });
  }
  expect(rig.size()).toBe(size + 3);
  const ill = await health();
  expect(ill.statusCode).toBe(503);
  expect(ill.json()).toMatchObject({ ok: false, why: expect.stringContaining('policies cannot decide') });
  const { body } = await rig.app.inject({ url: '/metrics' });
  expect(body).toContain('kuzot_policy_deciding 0');
  expect(body).toMatch(/^kuzot_policy_faults_total [1-9]/m);
  expect(rig.faults).toHaveLength(1);
  expect(String(rig.faults[0])).toContain('could not decide application.list');
  // What was decided while it was sound is remembered and stands.
  expect((await card()).statusCode).toBe(200);
});
