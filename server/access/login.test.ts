// Logging in: the path to an open session, and what guessing meets. Names carry the ASVS 5.0 requirement they defend.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRig, type Rig } from '#server/test/access-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

describe('logging in', () => {
  test('password, then code, opens a session that knows its officer', async () => {
    const officer = await rig.addOfficer('precinct-member', '1001');
    const client = rig.client();
    const first = await client.post('/api/session', { login: officer.login, password: officer.password });
    expect([first.statusCode, first.json()]).toEqual([200, { stage: 'totp' }]);
    const second = await client.post('/api/session/totp', { code: rig.code(officer) });
    expect([second.statusCode, second.json()]).toEqual([200, { stage: 'open' }]);
    const session = await client.get('/api/session');
    expect(session.json()).toMatchObject({
      stage: 'open',
      officer: { login: officer.login, name: 'Асанова Айнура', role: 'precinct-member', commission: '1001' },
      startedAt: rig.time.now,
    });
  });
});
