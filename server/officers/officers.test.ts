// Accounts: two officials for each, changes that take effect at once, nobody's own, nothing outside one's unit.
import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { voidRequests } from '#server/approvals/void.ts';
import { type Client, hours, minutes, openRig, type Rig, type TestOfficer } from '#server/test/access-rig.ts';
import { makeRecoveryCodes, registerPasskey } from '#server/test/factors-scene.ts';
import { activationHash, resetApproval, resetExecutor } from './reset.ts';
import { temporaryPassword } from './rules.ts';

const executeOfficerReset = resetExecutor(voidRequests);
let rig: Rig;
let admin: TestOfficer;
let security: TestOfficer;
let adminClient: Client;
let securityClient: Client;
beforeAll(async () => {
  rig = await openRig();
  admin = await rig.addOfficer('central-admin', 'CEC');
  security = await rig.addOfficer('security-officer', 'CEC');
  adminClient = await rig.logIn(admin);
  securityClient = await rig.logIn(security);
});
afterAll(() => rig.close());

const clearance = { order: '17-к', level: 'personal', until: '2026-12-31' };
let n = 0;
const newcomer = (over: object = {}) => ({
  login: `newcomer${++n}`,
  surname: 'Жумабекова',
  givenName: 'Нургүл',
  role: 'precinct-member',
  commission: '1001',
  clearance,
  ...over,
});
const post = (client: Client, id: string, action: string, body: object) =>
  client.post(`/api/officers/${id}/actions/${action}`, body);

async function registered(): Promise<{ id: string; login: string; version: number }> {
  const reply = await adminClient.post('/api/officers', newcomer());
  expect([reply.statusCode, reply.body]).toEqual([201, expect.stringContaining('"state":"issued"')]);
  return reply.json();
}

async function activated() {
  const officer = await registered();
  await rig.stepUp(securityClient, security, 'officer.activate', activationHash(officer.id));
  const reply = await post(securityClient, officer.id, 'activate', { expectedVersion: 1 });
  expect(reply.statusCode).toBe(200);
  return {
    ...officer,
    ...(reply.json() as { temporaryPassword: string; expiresAt: number; version: number }),
  };
}

describe('officers', () => {
  test('R28 registered by one official, activated by another; the issued password opens its own change only', async () => {
    const officer = await activated();
    expect(officer.expiresAt).toBe(rig.time.now + hours(24));
    const client = rig.client();
    const begun = await client.post('/api/session', {
      login: officer.login,
      password: officer.temporaryPassword,
    });
    expect(begun.json()).toEqual({ stage: 'password-change' });
    expect((await client.get('/api/officers')).statusCode).toBe(403);
  });

  test('ASVS 6.4.6 nobody can choose a password for anybody', async () => {
    expect(
      (await adminClient.post('/api/officers', newcomer({ password: 'Walnut-Orbit-2291' }))).statusCode,
    ).toBe(400);
    const officer = await registered();
    const reply = await post(securityClient, officer.id, 'activate', {
      expectedVersion: 1,
      password: 'Walnut-Orbit-2291',
    });
    expect(reply.statusCode).toBe(400);
  });

  test('an account that was only registered opens nothing', async () => {
    const officer = await registered();
    for (const password of ['', ' ', 'Walnut-Orbit-2291'])
      expect(
        (await rig.client().post('/api/session', { login: officer.login, password })).statusCode,
      ).not.toBe(200);
  });

  test('R57 the issued password appears once: not in the card, not in an entry, not in the table', async () => {
    const officer = await activated();
    const card = await adminClient.get(`/api/officers/${officer.id}`);
    const log = JSON.stringify(await rig.entries());
    const row = JSON.stringify(await rig.gate.reader.officers.byId(officer.id));
    for (const text of [card.body, log, row]) expect(text).not.toContain(officer.temporaryPassword);
    expect(card.body).not.toContain('argon2');
    await rig.stepUp(securityClient, security, 'officer.activate', activationHash(officer.id));
    const again = await post(securityClient, officer.id, 'activate', { expectedVersion: 1 });
    expect(again.statusCode).toBe(409);
  });

  test('activated again before the first change: the earlier password and its session are worth nothing', async () => {
    const officer = await activated();
    const first = rig.client('10.64.1.1');
    await first.post('/api/session', { login: officer.login, password: officer.temporaryPassword });
    await rig.stepUp(securityClient, security, 'officer.activate', activationHash(officer.id));
    const again = await post(securityClient, officer.id, 'activate', { expectedVersion: 2 });
    expect(again.statusCode).toBe(200);
    expect((await first.get('/api/session')).statusCode).toBe(401);
    const earlier = { login: officer.login, password: officer.temporaryPassword };
    expect((await rig.client('10.64.1.2').post('/api/session', earlier)).statusCode).toBe(401);
  });

  test('the creator does not activate; the activator shows a factor bound to that very account', async () => {
    const officer = await registered();
    const bare = await post(securityClient, officer.id, 'activate', { expectedVersion: 1 });
    expect([bare.statusCode, bare.json()]).toEqual([
      403,
      expect.objectContaining({
        type: 'https://kuzot.invalid/problems/step-up-required',
        action: 'officer.activate',
        hash: activationHash(officer.id),
      }),
    ]);
    await rig.stepUp(securityClient, security, 'officer.activate', activationHash('somebody-else'));
    expect((await post(securityClient, officer.id, 'activate', { expectedVersion: 1 })).statusCode).toBe(403);
    await rig.stepUp(adminClient, admin, 'officer.activate', activationHash(officer.id));
    expect((await post(adminClient, officer.id, 'activate', { expectedVersion: 1 })).statusCode).toBe(403);
    expect((await adminClient.get(`/api/officers/${officer.id}`)).json().state).toBe('issued');
  });

  test('ASVS 7.4.2 7.4.5 disabling ends the sessions at once and for good', async () => {
    const victim = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(victim);
    const reply = await post(adminClient, victim.id, 'disable', {
      expectedVersion: 1,
      reason: 'left the commission',
    });
    expect([reply.statusCode, reply.json().state]).toEqual([200, 'disabled']);
    expect(await rig.gate.reader.access.unendedSessions(victim.id)).toEqual([]);
    expect((await client.get('/api/session')).statusCode).toBe(401);
    rig.time.now += minutes(1);
    const again = await rig
      .client('10.74.2.1')
      .post('/api/session', { login: victim.login, password: victim.password });
    expect(again.statusCode).toBe(401);
    expect(
      (await post(adminClient, victim.id, 'role', { expectedVersion: 2, role: 'auditor', commission: 'CEC' }))
        .statusCode,
    ).toBe(409);
  });

  test('ASVS 7.4.2 a session that was somehow left unended is worth nothing once its account is disabled', async () => {
    const victim = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(victim);
    await rig.write([{ op: 'update', table: 'officer', key: { id: victim.id }, set: { state: 'disabled' } }]);
    expect((await client.get('/api/session')).statusCode).toBe(401);
  });

  test('ASVS 8.3.2 a removed role is gone on the next request: the session ends, and roles are never in the token', async () => {
    const other = await rig.addOfficer('approver', 'CEC');
    const client = await rig.logIn(other);
    const moved = { expectedVersion: 1, role: 'approver', commission: 'T1' };
    expect((await post(adminClient, other.id, 'role', moved)).statusCode).toBe(200);
    expect((await client.get('/api/session')).statusCode).toBe(401);
    const again = await rig.logIn(other);
    expect((await again.get('/api/session')).json().officer).toMatchObject({ commission: 'T1' });
    const { items } = (await again.get('/api/commissions')).json();
    expect(
      items.filter((unit: { inScope: boolean }) => unit.inScope).map((unit: { code: string }) => unit.code),
    ).toEqual(['T1', '1001', '1002']);
    const behind = await rig.addOfficer('central-admin', 'CEC');
    const open = await rig.logIn(behind);
    expect((await open.get('/api/officers')).statusCode).toBe(200);
    await rig.write([{ op: 'update', table: 'officer', key: { id: behind.id }, set: { role: 'approver' } }]);
    expect((await open.get('/api/officers')).statusCode).toBe(403);
  });

  test('nobody changes the own role, clearance or state', async () => {
    for (const [action, body] of [
      ['role', { expectedVersion: 1, role: 'auditor', commission: 'CEC' }],
      ['clearance', { expectedVersion: 1, clearance }],
      ['disable', { expectedVersion: 1, reason: 'because' }],
    ] as const)
      expect([action, (await post(adminClient, admin.id, action, body)).statusCode]).toEqual([action, 403]);
    expect((await adminClient.get(`/api/officers/${admin.id}`)).json()).toMatchObject({
      role: 'central-admin',
      version: 1,
    });
  });

  test('R29 name, role and unit are kept as they were', async () => {
    const officer = await registered();
    await post(adminClient, officer.id, 'role', {
      expectedVersion: 1,
      role: 'precinct-member',
      commission: '2001',
    });
    await post(adminClient, officer.id, 'clearance', {
      expectedVersion: 2,
      clearance: { ...clearance, order: '18-к' },
    });
    const card = (await adminClient.get(`/api/officers/${officer.id}`)).json();
    expect(card).toMatchObject({ version: 3, clearanceOrder: '18-к', commission: '2001' });
    expect(
      card.history.map((past: { version: number; role: string; commission: string }) => [
        past.version,
        past.role,
        past.commission,
      ]),
    ).toEqual([
      [3, 'precinct-member', '2001'],
      [2, 'precinct-member', '2001'],
      [1, 'precinct-member', '1001'],
    ]);
  });

  test('ASVS 2.3.4 of two changes of one version one stands', async () => {
    const officer = await registered();
    const stale = await post(adminClient, officer.id, 'role', {
      expectedVersion: 9,
      role: 'precinct-member',
      commission: '1002',
    });
    expect([stale.statusCode, stale.json().currentVersion]).toEqual([409, 1]);
    const replies = await Promise.all(
      ['1002', '2001'].map((commission) =>
        post(adminClient, officer.id, 'role', { expectedVersion: 1, role: 'precinct-member', commission }),
      ),
    );
    expect(replies.map((reply) => reply.statusCode).sort()).toEqual([200, 409]);
  });

  test('a reason says something: blanks, signs and what nobody sees are none', async () => {
    const officer = await registered();
    for (const reason of ['     ', '.....', '\u200b\u200b\u200b\u200b'])
      for (const [action, body] of [
        ['disable', { expectedVersion: 1, reason }],
        ['end-sessions', { reason }],
        ['reset-request', { expectedVersion: 1, reason }],
      ] as const) {
        const reply = await post(adminClient, officer.id, action, body);
        expect([action, reply.statusCode, reply.json().field]).toEqual([action, 400, 'reason']);
      }
    const blank = newcomer({ clearance: { ...clearance, order: '  ' } });
    expect((await adminClient.post('/api/officers', blank)).json().field).toBe('clearance.order');
  });

  test('a login is used once; a role has its level; a clearance is not past', async () => {
    const first = newcomer();
    await adminClient.post('/api/officers', first);
    for (const [body, field] of [
      [{ ...newcomer(), login: first.login }, 'login'],
      [newcomer({ role: 'precinct-member', commission: 'T1' }), 'role'],
      [newcomer({ role: 'central-admin', commission: '1001' }), 'role'],
      [newcomer({ clearance: { ...clearance, until: '2025-11-03' } }), 'clearance.until'],
      [newcomer({ clearance: { ...clearance, until: '2026-02-30' } }), 'clearance.until'],
      [newcomer({ surname: '   ' }), 'surname'],
      [newcomer({ givenName: 'Нур\u200bгүл' }), 'givenName'],
      [newcomer({ patronymic: ' — ' }), 'patronymic'],
    ] as const) {
      const reply = await adminClient.post('/api/officers', body);
      expect([field, reply.statusCode, reply.json().field]).toEqual([field, 422, field]);
    }
    expect((await adminClient.post('/api/officers', newcomer({ commission: '9999' }))).statusCode).toBe(404);
    expect((await adminClient.post('/api/officers', newcomer({ login: 'Большой' }))).statusCode).toBe(400);
    expect((await adminClient.post('/api/officers', newcomer({ state: 'active' }))).statusCode).toBe(400);
  });

  test('the list is paged and counted within the asker’s units', async () => {
    const { count } = (await adminClient.get('/api/officers?limit=200')).json();
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const reply: { json(): unknown } = await adminClient.get(
        `/api/officers?limit=3${after ? `&after=${after}` : ''}`,
      );
      const page = reply.json() as { items: { id: string }[]; next: string | null };
      seen.push(...page.items.map((item) => item.id));
      after = page.next;
    } while (after !== null);
    expect(seen.length).toBe(count);
    expect(new Set(seen).size).toBe(count);
    const inside = await rig.addOfficer('precinct-member', '2001');
    await rig.addOfficer('precinct-member', '1001');
    const scope = { path: '/CEC/D1/T2/', limit: 200 };
    const rows = await rig.gate.reader.officers.page(scope);
    expect(rows.map((row) => row.id)).toContain(inside.id);
    expect(rows.filter((row) => !['2001', 'T2'].includes(row.commission))).toEqual([]);
    expect(await rig.gate.reader.officers.count(scope)).toBe(rows.length);
  });

  test('R46 on suspicion one act ends every session, forgets devices and forces a new password', async () => {
    const suspect = await rig.addOfficer('auditor', 'CEC');
    const clients = [await rig.logIn(suspect), await rig.logIn(suspect)];
    const reply = await post(securityClient, suspect.id, 'end-sessions', { reason: 'odd hours' });
    expect(reply.json()).toEqual({ ended: 2 });
    for (const client of clients) expect((await client.get('/api/session')).statusCode).toBe(401);
    rig.time.now += minutes(1);
    const client = rig.client();
    await client.post('/api/session', { login: suspect.login, password: suspect.password });
    const shown = await client.post('/api/session/totp', { code: rig.code(suspect) });
    expect(shown.json()).toEqual({ stage: 'password-change' });
  });

  const factorsOf = async (officer: string) => {
    const { factors } = rig.gate.reader;
    return [(await factors.passkeys(officer)).length, (await factors.recoveryCodes(officer)).made];
  };

  test('a lost phone: asked with a bound factor, carried out only as approved, then activated anew in person', async () => {
    const lost = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(lost);
    await registerPasskey(rig, client, lost);
    await makeRecoveryCodes(rig, client, lost);
    const body = { expectedVersion: 1, reason: 'phone lost' };
    const refused = await post(securityClient, lost.id, 'reset-request', body);
    const { payloadHash } = resetApproval({ ...lost, version: 1 });
    expect(refused.json()).toMatchObject({ action: 'officer.reset-request', hash: payloadHash });
    await rig.stepUp(securityClient, security, 'officer.reset-request', payloadHash);
    const asked = await post(securityClient, lost.id, 'reset-request', body);
    expect(asked.statusCode).toBe(201);
    const found = await rig.gate.reader.approvals.byId(asked.json().approval);
    expect(found?.approval).toMatchObject({
      kind: 'officer-reset',
      needed: 2,
      state: 'pending',
      payloadHash,
    });
    expect((await client.get('/api/session')).statusCode).toBe(200);

    const executed = await executeOfficerReset(rig.gate.reader, found!.approval.payload, {
      at: rig.time.now,
    });
    if ('kind' in executed) throw new Error(executed.kind);
    await rig.write(executed.changes);
    expect(await factorsOf(lost.id)).toEqual([0, 0]);
    expect((await client.get('/api/session')).statusCode).toBe(401);
    const login = { login: lost.login, password: lost.password };
    expect((await rig.client('10.77.1.1').post('/api/session', login)).statusCode).toBe(401);
    expect(
      await executeOfficerReset(rig.gate.reader, found!.approval.payload, { at: rig.time.now }),
    ).toMatchObject({
      kind: 'wrong-state',
    });

    await rig.stepUp(securityClient, security, 'officer.activate', activationHash(lost.id));
    // What reached the account while the reset was being carried out goes with the activation.
    const stray = { officer: lost.id, hash: 'stray', madeAt: rig.time.now };
    await rig.write([{ op: 'insert', table: 'recoveryCode', row: stray }]);
    const anew = await post(securityClient, lost.id, 'activate', { expectedVersion: 2 });
    expect(await factorsOf(lost.id)).toEqual([0, 0]);
    const back = rig.client('10.77.1.2');
    const begun = await back.post('/api/session', {
      login: lost.login,
      password: anew.json().temporaryPassword,
    });
    expect(begun.json()).toEqual({ stage: 'password-change' });
    expect((await client.get('/api/session')).statusCode).toBe(401);
  });

  test('temporary passwords have 92 bits, all four groups, and no letters that look alike', () => {
    let calls = 0;
    const random = (bytes: number) =>
      hash('shake256', `seed ${calls++}`, { outputEncoding: 'buffer', outputLength: bytes });
    const made = Array.from({ length: 500 }, () => temporaryPassword(random));
    for (const password of made) {
      expect(password).toMatch(/^([A-HJ-NP-Za-km-z2-9]{4}-){3}[A-HJ-NP-Za-km-z2-9]{4}$/);
      for (const group of [/[A-Z]/, /[a-z]/, /[0-9]/]) expect(password).toMatch(group);
    }
    expect(new Set(made).size).toBe(500);
  });
});
