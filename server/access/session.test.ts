// An open session's life: rotation, idleness, lock, end, step-up, the officer's own sessions (R47, R48; ASVS 7).
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hours, minutes, openRig, type Rig } from '#server/test/access-rig.ts';
import { morning } from '#server/test/set-up.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
beforeEach(() => {
  rig.time.now = morning;
});
afterAll(() => rig.close());

describe('a session', () => {
  test('ASVS 7.2.3 7.2.4 ids and rotations have 256 bits and the cookie changes at every step of logging in and step-up', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = rig.client();
    const seen: string[] = [];
    const note = () => seen.push(client.cookies.get('__Host-kuzot')!);
    await client.post('/api/session', { login: officer.login, password: officer.password });
    note();
    await client.post('/api/session/totp', { code: rig.code(officer) });
    note();
    await rig.stepUp(client, officer);
    note();
    expect(new Set(seen).size).toBe(3);
    for (const token of seen) {
      const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
      expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iss', 'rot', 'sid']);
      expect(Buffer.from(claims.sid, 'base64url').length).toBe(32);
      expect(Buffer.from(claims.rot, 'base64url').length).toBe(32);
    }
    for (const old of seen.slice(0, 2)) {
      const replay = rig.client();
      replay.cookies.set('__Host-kuzot', old);
      expect((await replay.get('/api/session')).statusCode).toBe(401);
    }
  });

  test('ASVS 7.3.1 R48 locks after ten idle minutes and ends after fifteen', async () => {
    const client = await rig.logIn(await rig.addOfficer('auditor', 'CEC'));
    rig.time.now += minutes(10) - 1;
    expect((await client.get('/api/purposes')).statusCode).toBe(200);
    rig.time.now += minutes(10);
    const locked = await client.get('/api/purposes');
    expect([locked.statusCode, locked.json().type]).toEqual([423, 'https://kuzot.invalid/problems/locked']);
    rig.time.now += minutes(5);
    expect((await client.get('/api/purposes')).statusCode).toBe(401);
  });

  test('what a locked session sends never counts as activity', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    rig.time.now += minutes(11);
    for (let i = 0; i < 4; i++) {
      for (const [url, status] of [
        ['/api/purposes', 423],
        ['/api/session', 423],
        ['/api/no-such-address', 404],
      ] as const)
        expect([url, (await client.get(url)).statusCode]).toEqual([url, status]);
      expect((await client.post('/api/session/unlock', { password: 'Wrong-Guess-1' })).statusCode).toBe(401);
      expect((await client.post('/api/session/lock')).statusCode).toBe(200);
      rig.time.now += minutes(1) - 1;
    }
    rig.time.now += 4;
    expect((await client.get('/api/session')).statusCode).toBe(401);
  });

  test('polling the own session never counts as activity; extending does', async () => {
    const client = await rig.logIn(await rig.addOfficer('auditor', 'CEC'));
    for (let i = 0; i < 9; i++) {
      rig.time.now += minutes(1);
      await client.get('/api/session');
    }
    expect((await client.post('/api/session/extend')).json()).toEqual({ stage: 'open' });
    rig.time.now += minutes(9);
    expect((await client.get('/api/session')).statusCode).toBe(200);
    rig.time.now += minutes(1);
    expect((await client.get('/api/session')).statusCode).toBe(423);
  });

  test('unlocking asks the password; the session goes on where it was', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    expect((await client.post('/api/session/lock')).json()).toEqual({ stage: 'open' });
    expect((await client.get('/api/purposes')).statusCode).toBe(423);
    expect((await client.post('/api/session/unlock', { password: 'Wrong-Guess-1' })).statusCode).toBe(401);
    expect((await client.get('/api/purposes')).statusCode).toBe(423);
    expect((await client.post('/api/session/unlock', { password: officer.password })).json()).toEqual({
      stage: 'open',
    });
    expect((await client.get('/api/purposes')).statusCode).toBe(200);
  });

  test('ASVS 7.3.2 ends eight hours after log-in however busy', async () => {
    const client = await rig.logIn(await rig.addOfficer('auditor', 'CEC'));
    const started = rig.time.now;
    while (rig.time.now + minutes(9) < started + hours(8)) {
      rig.time.now += minutes(9);
      expect((await client.get('/api/purposes')).statusCode).toBe(200);
    }
    rig.time.now = started + hours(8);
    expect((await client.get('/api/purposes')).statusCode).toBe(401);
  });

  test('R48 ends with the working day: at 24:00 in Bishkek', async () => {
    rig.time.now = Date.UTC(2025, 10, 4, 17, 50);
    const client = await rig.logIn(await rig.addOfficer('auditor', 'CEC'));
    expect((await client.get('/api/session')).json().endsAt).toBe(Date.UTC(2025, 10, 4, 18, 0));
    rig.time.now = Date.UTC(2025, 10, 4, 18, 0) - 1;
    expect((await client.get('/api/purposes')).statusCode).toBe(200);
    rig.time.now += 1;
    expect((await client.get('/api/purposes')).statusCode).toBe(401);
  });

  test('ASVS 7.4.1 14.3.1 log-out ends the row, clears the site’s data, and the cookie is worth nothing afterwards', async () => {
    const client = await rig.logIn(await rig.addOfficer('auditor', 'CEC'));
    const cookie = client.cookies.get('__Host-kuzot')!;
    const reply = await client.del('/api/session');
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['clear-site-data']).toContain('"storage"');
    expect(client.cookies.has('__Host-kuzot')).toBe(false);
    client.cookies.set('__Host-kuzot', cookie);
    expect((await client.get('/api/session')).statusCode).toBe(401);
  });

  test('R47 14.3.1 who says a log-in was not theirs leaves nothing in that browser either', async () => {
    const client = await rig.logIn(await rig.addOfficer('auditor', 'CEC'));
    const reply = await client.post('/api/session/not-me', {});
    expect([reply.statusCode, client.cookies.has('__Host-kuzot')]).toEqual([200, false]);
    expect(reply.headers['clear-site-data']).toContain('"storage"');
  });

  test('R39 a new version of the briefing suspends open sessions until it is signed', async () => {
    const client = await rig.logIn(await rig.addOfficer('auditor', 'CEC'));
    const { version, hash } = rig.briefing;
    try {
      Object.assign(rig.briefing, { version: '2099-1', hash: 'f'.repeat(64) });
      const refused = await client.get('/api/purposes');
      expect([refused.statusCode, refused.json().stage]).toEqual([403, 'briefing']);
      const stale = await client.post('/api/session/briefing', { version });
      expect([stale.statusCode, stale.json().currentVersion]).toEqual([409, '2099-1']);
      expect((await client.post('/api/session/briefing', { version: '2099-1' })).json()).toEqual({
        stage: 'open',
      });
      expect((await client.get('/api/purposes')).statusCode).toBe(200);
    } finally {
      Object.assign(rig.briefing, { version, hash });
    }
  });

  test('R28 an expired clearance reads nothing, and says so', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC', { clearanceUntil: '2025-11-03' });
    const last = await rig.addOfficer('auditor', 'CEC', { clearanceUntil: '2025-11-04' });
    const refused = await (await rig.logIn(officer)).get('/api/purposes');
    expect([refused.statusCode, refused.json().type]).toEqual([
      403,
      'https://kuzot.invalid/problems/clearance-expired',
    ]);
    expect((await (await rig.logIn(last)).get('/api/purposes')).statusCode).toBe(200);
  });

  test('ASVS 7.5.3 a step-up is bound to the act and hash it named', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const reply = await rig.stepUp(client, officer, 'approval.approve', 'ab'.repeat(32));
    expect(reply.json()).toEqual({ stage: 'open' });
    const [row] = await rig.gate.reader.access.sessions(officer.id);
    expect(row).toMatchObject({
      stepUpFor: `approval.approve:${'ab'.repeat(32)}`,
      stepUpAt: rig.time.now,
      factorAt: rig.time.now,
    });
    rig.time.now += 30_000;
    const unknown = await client.post('/api/session/step-up', {
      code: rig.code(officer),
      action: 'voter.teleport',
    });
    expect([unknown.statusCode, unknown.json().field]).toEqual([422, 'action']);
    expect((await client.post('/api/session/step-up', { code: rig.code(officer) })).statusCode).toBe(200);
    expect((await client.post('/api/session/step-up', { code: rig.code(officer) })).statusCode).toBe(401);
  });

  test('ASVS 7.5.2 R47 an officer lists and ends the own sessions, and nobody else’s', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const stranger = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const other = await rig.logIn(officer, rig.client('10.75.2.1'));
    const foreign = await rig.logIn(stranger);
    const { items } = (await client.get('/api/session/mine')).json();
    expect(
      items.map((item: { current: boolean; network: string; state: string }) => [
        item.current,
        item.network,
        item.state,
      ]),
    ).toEqual([
      [false, '10.75.2.1', 'alive'],
      [true, '10.0.0.1', 'alive'],
    ]);
    expect((await client.del(`/api/session/mine/${items[0].id}`)).statusCode).toBe(200);
    expect((await other.get('/api/session')).statusCode).toBe(401);
    const [theirs] = (await foreign.get('/api/session/mine')).json().items;
    expect((await client.del(`/api/session/mine/${theirs.id}`)).statusCode).toBe(404);
    expect((await foreign.get('/api/session')).statusCode).toBe(200);
  });

  test('R47 “this was not me” ends every session, forgets the devices and asks for a new password', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const other = await rig.logIn(officer, rig.client('10.47.0.1'));
    const client = await rig.logIn(officer);
    expect((await client.post('/api/session/not-me')).statusCode).toBe(200);
    for (const one of [client, other]) expect((await one.get('/api/session')).statusCode).toBe(401);
    expect(await rig.gate.reader.access.devices(officer.id)).toEqual([]);
    expect((await rig.entries()).at(-1)).toMatchObject({
      leaf: { act: 'session.not-me', outcome: 'done', actor: officer.id },
      detail: { reason: 'not-me', ended: 2 },
    });
    rig.time.now += minutes(1);
    const again = rig.client();
    await again.post('/api/session', { login: officer.login, password: officer.password });
    expect((await again.post('/api/session/totp', { code: rig.code(officer) })).json()).toEqual({
      stage: 'password-change',
    });
  });

  test('logging in anew in the same browser ends the session that was there', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const cookie = client.cookies.get('__Host-kuzot')!;
    await client.post('/api/session', { login: officer.login, password: officer.password });
    const replay = rig.client();
    replay.cookies.set('__Host-kuzot', cookie);
    expect((await replay.get('/api/session')).statusCode).toBe(401);
  });

  test('R29 every request with a session makes exactly one entry', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const calls: [string, () => Promise<{ statusCode: number }>][] = [
      ['view', () => client.get('/api/session')],
      ['list', () => client.get('/api/session/mine')],
      ['check', () => client.post('/api/session/password/check', { new: 'abc' })],
      ['weak', () => client.post('/api/session/password', { current: officer.password, new: 'abc' })],
      ['wrong code', () => client.post('/api/session/step-up', { code: '000000' })],
      ['extra field', () => client.post('/api/session/step-up', { code: '000000', more: 1 })],
      ['unknown address', () => client.get('/api/nowhere')],
      ['enrol', () => client.post('/api/session/totp/enrol')],
      ['lock', () => client.post('/api/session/lock')],
      ['locked', () => client.get('/api/purposes')],
      ['unlock', () => client.post('/api/session/unlock', { password: officer.password })],
      ['extend', () => client.post('/api/session/extend')],
      [
        'log in anew',
        () => client.post('/api/session', { login: officer.login, password: officer.password }),
      ],
      ['log out', () => client.del('/api/session')],
    ];
    for (const [name, call] of calls) {
      const before = (await rig.entries()).length;
      await call();
      expect([name, (await rig.entries()).length - before]).toEqual([name, 1]);
    }
  });
});
