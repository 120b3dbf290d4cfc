// Logging in: the path to an open session, and what guessing meets. Names carry the ASVS 5.0 requirement they defend.
import { hash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Client, hours, minutes, openRig, type Rig } from '#server/test/access-rig.ts';
import { morning } from '#server/test/set-up.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
beforeEach(() => {
  rig.time.now = morning;
});
afterAll(() => rig.close());

const problem = (name: string) => `https://kuzot.invalid/problems/${name}`;

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
      officer: {
        login: officer.login,
        name: 'Асанова Айнура',
        role: 'precinct-member',
        commission: '1001',
        commissionName: { ky: '1001', ru: '1001', en: '1001' },
      },
      startedAt: rig.time.now,
    });
  });

  test('ASVS 3.3.1–3.3.4 the session cookie is __Host-, Secure, HttpOnly, SameSite=Strict, Path=/, and so is the device cookie', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const reply = await rig
      .client()
      .post('/api/session', { login: officer.login, password: officer.password });
    const set = [reply.headers['set-cookie']].flat();
    // The session's first: a client that keeps one cookie keeps that one.
    expect(set.map((line) => line?.split('=')[0])).toEqual(['__Host-kuzot', '__Host-kuzot-device']);
    for (const line of set)
      for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict'])
        expect(line?.split('; ')).toContain(attribute);
    expect(set.join()).not.toContain('Domain');
  });

  test('ASVS 6.3.2 a fresh console has no login that opens it', async () => {
    for (const [login, password] of [
      ['admin', 'admin'],
      ['root', 'root'],
      ['kuzot', 'kuzot'],
      ['system:init', ''],
      ['system:init', ' '],
    ] as const) {
      const reply = await rig.client('10.9.9.9').post('/api/session', { login, password });
      expect([400, 401]).toContain(reply.statusCode);
    }
  });

  test('ASVS 6.3.3 a password alone reads nothing', async () => {
    const officer = await rig.addOfficer('central-admin', 'CEC');
    const client = rig.client();
    await client.post('/api/session', { login: officer.login, password: officer.password });
    for (const url of [
      '/api/purposes',
      '/api/officers',
      '/api/commissions',
      '/api/session/mine',
      '/api/session/briefing',
    ]) {
      const reply = await client.get(url);
      expect([url, reply.statusCode, reply.json().type]).toEqual([url, 403, problem('stage-required')]);
    }
    await rig.store.settled();
    expect((await client.get('/api/session')).json()).toMatchObject({ stage: 'totp', lastLogins: [] });
  });

  test('ASVS 6.3.4 2.3.1 no order of steps reaches an open session without the second factor', async () => {
    const officer = await rig.addOfficer('central-admin', 'CEC');
    const client = rig.client();
    await client.post('/api/session', { login: officer.login, password: officer.password });
    const skips: [string, object][] = [
      ['/api/session/briefing', { version: rig.briefing.version }],
      ['/api/session/totp/enrol', {}],
      ['/api/session/step-up', { code: '123456' }],
      ['/api/session/password', { current: officer.password, new: 'Walnut-Orbit-2291' }],
      ['/api/session/unlock', { password: officer.password }],
    ];
    for (const [url, body] of skips)
      expect([url, (await client.post(url, body)).statusCode]).toEqual([url, 403]);
    expect((await client.get('/api/session')).json().stage).toBe('totp');
  });

  test('ASVS 6.3.8 unknown, known, disabled, not yet activated and stopped accounts get the same body, status and work', async () => {
    const known = await rig.addOfficer('auditor', 'CEC');
    const disabled = await rig.addOfficer('auditor', 'CEC', { state: 'disabled' });
    const issued = await rig.addOfficer('auditor', 'CEC', { state: 'issued', passwordHash: null });
    const stopped = await rig.addOfficer('auditor', 'CEC');
    await countFailures(stopped, 100);
    const verify = vi.spyOn(rig.access.hasher, 'verify');
    const nothing = vi.spyOn(rig.access.hasher, 'verifyNothing');
    const commit = vi.spyOn(rig.store, 'commit');
    const seen = [];
    for (const [login, password] of [
      ['nobody-here', 'Wrong-Horse-5'],
      [known.login, 'Wrong-Horse-5'],
      [disabled.login, disabled.password],
      [issued.login, 'Wrong-Horse-5'],
    ] as const) {
      const before = [verify.mock.calls.length + nothing.mock.calls.length, commit.mock.calls.length];
      const reply = await rig.client('10.3.3.8').post('/api/session', { login, password });
      const work = [
        verify.mock.calls.length + nothing.mock.calls.length - before[0]!,
        commit.mock.calls.length - before[1]!,
      ];
      seen.push({ status: reply.statusCode, body: reply.body, cookies: reply.cookies.length, work });
    }
    const reply = await rig.client('10.3.3.8').post('/api/session', { ...stopped });
    expect(reply.statusCode).toBe(400); // an extra field: the shape is checked before anything is known
    const right = { login: stopped.login, password: stopped.password };
    const refused = await rig.client('10.3.3.8').post('/api/session', right);
    seen.push({
      status: refused.statusCode,
      body: refused.body,
      cookies: 0,
      // The attempt is not counted any more, so one write is missing; the hashing is there.
      work: [1, 2],
    });
    vi.restoreAllMocks();
    expect(seen[0]).toMatchObject({ status: 401, cookies: 0, work: [1, 2] });
    for (const one of seen) expect(one).toEqual(seen[0]);
  });

  test('ASVS 6.3.1 guessing meets growing delays, on unknown accounts as well', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    for (const login of [officer.login, 'no-such-person']) {
      const client = rig.client('10.6.3.1');
      const waits: number[] = [];
      for (let i = 0; i < 10; i++) {
        const reply = await client.post('/api/session', { login, password: `Wrong-Guess-${i}` });
        if (reply.statusCode === 401) continue;
        expect(reply.statusCode).toBe(429);
        expect(reply.headers['retry-after']).toBe(String(reply.json().retryAfterSeconds));
        waits.push(reply.json().retryAfterSeconds);
        rig.time.now += reply.json().retryAfterSeconds * 1000;
      }
      expect([login, waits]).toEqual([login, [30, 60, 120]]);
    }
  });

  test('ASVS 6.3.1 nobody is locked out from afar: a known device logs in while a stranger is slowed and stopped', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const own = await rig.logIn(officer);
    await own.del('/api/session');
    await countFailures(officer, 100);
    const stranger = await rig
      .client('10.66.6.6')
      .post('/api/session', { login: officer.login, password: officer.password });
    expect(stranger.statusCode).toBe(401);
    rig.time.now += minutes(1);
    const back = await own.post('/api/session', { login: officer.login, password: officer.password });
    expect([back.statusCode, back.json()]).toEqual([200, { stage: 'totp' }]);
  });

  test('R44 who was stopped from afar gets in with a password issued anew in person, and the guessing begins anew', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    await countFailures(officer, 100);
    const enter = (password: string) =>
      rig.client('10.67.0.1').post('/api/session', { login: officer.login, password });
    expect((await enter(officer.password)).statusCode).toBe(401);
    const issued = 'Issued-Anew-7731';
    const set = { passwordHash: await rig.access.hasher.hash(issued) };
    await rig.write([{ op: 'update', table: 'officer', key: { id: officer.id }, set }]);
    await countFailures(officer, 99);
    expect((await enter('Wrong-Guess-1')).statusCode).toBe(401);
    expect((await enter(issued)).statusCode).toBe(401);
    await countFailures(officer, 99);
    expect((await enter(issued)).statusCode).toBe(200);
  });

  test('63B 101st failure refused: the hundred and first in a row is refused, even with the right password', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    await countFailures(officer, 99);
    const wrong = { login: officer.login, password: 'Wrong-Guess-1' };
    expect((await rig.client('10.100.0.1').post('/api/session', wrong)).statusCode).toBe(401);
    expect(await rig.gate.reader.access.lane(await accountLane(officer))).toMatchObject({ failures: 100 });
    const right = await rig
      .client('10.101.0.1')
      .post('/api/session', { login: officer.login, password: officer.password });
    expect([right.statusCode, right.json().type]).toEqual([401, problem('bad-credentials')]);
  });

  test('a success forgets the failures before it', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = rig.client('10.77.0.1');
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++)
        await client.post('/api/session', { login: officer.login, password: 'Wrong-Guess-1' });
      const right = await client.post('/api/session', { login: officer.login, password: officer.password });
      expect(right.statusCode).toBe(200);
    }
  });

  test('counts nobody touched for long are dropped, those of an account later than those of a network', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const guess = () =>
      rig.client('10.79.0.1').post('/api/session', { login: officer.login, password: 'Wrong-Guess-1' });
    const named = [await accountLane(officer), `login:${nameOf(officer.login)}:10.79.0.1`];
    const lanes = () => Promise.all(named.map((lane) => rig.gate.reader.access.lane(lane)));
    await guess();
    rig.time.now += hours(24);
    await rig.access.sweep();
    expect((await lanes()).map((lane) => lane?.failures)).toEqual([1, 1]);
    rig.time.now += 1;
    await rig.access.sweep();
    expect((await lanes()).map((lane) => lane?.failures)).toEqual([1, undefined]);
    rig.time.now += hours(24 * 90);
    await rig.access.sweep();
    expect(await lanes()).toEqual([null, null]);
  });

  test('guesses sent all at once are counted in full', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        rig.client('10.78.0.1').post('/api/session', { login: officer.login, password: `Wrong-Guess-${i}` }),
      ),
    );
    const statuses = replies.map((reply) => reply.statusCode).sort();
    expect(statuses).toEqual([...Array(5).fill(401), ...Array(7).fill(429)]);
  });

  test('ASVS 6.4.1 an issued password works once, and not after a day', async () => {
    const temporary = { passwordTemporary: 1, totpSeed: null, totpConfirmedAt: null };
    const once = await rig.addOfficer('auditor', 'CEC', {
      ...temporary,
      passwordExpiresAt: rig.time.now + hours(24),
    });
    const late = await rig.addOfficer('auditor', 'CEC', {
      ...temporary,
      passwordExpiresAt: rig.time.now + hours(24),
    });
    const credentials = { login: once.login, password: once.password };
    const both = await Promise.all([
      rig.client().post('/api/session', credentials),
      rig.client().post('/api/session', credentials),
    ]);
    expect(both.map((reply) => reply.statusCode).sort()).toEqual([200, 401]);
    expect((await rig.client('10.4.1.1').post('/api/session', credentials)).statusCode).toBe(401);
    rig.time.now += hours(24);
    const after = await rig.client().post('/api/session', { login: late.login, password: late.password });
    expect(after.statusCode).toBe(401);
  });

  test('ASVS 6.4.1 R44 an issued password opens only its own change, then enrolment, then the briefing', async () => {
    const newcomer = await rig.addOfficer('precinct-member', '1001', {
      passwordTemporary: 1,
      passwordExpiresAt: rig.time.now + hours(24),
      totpSeed: null,
      totpConfirmedAt: null,
      briefingVersion: null,
      briefingHash: null,
    });
    const client = rig.client();
    const begun = await client.post('/api/session', { login: newcomer.login, password: newcomer.password });
    expect(begun.json()).toEqual({ stage: 'password-change' });
    expect((await client.post('/api/session/totp/enrol')).statusCode).toBe(403);
    expect((await client.get('/api/purposes')).statusCode).toBe(403);
    const changed = await client.post('/api/session/password', {
      current: newcomer.password,
      new: 'Walnut-Orbit-2291',
    });
    expect(changed.json()).toEqual({ stage: 'totp-enrol' });
    const enrolled = await client.post('/api/session/totp/enrol');
    expect(enrolled.json().secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(enrolled.json().otpauth).toContain(`secret=${enrolled.json().secret}`);
    const confirmed = await client.post('/api/session/totp', { code: rig.code(enrolled.json().secret) });
    expect(confirmed.json()).toEqual({ stage: 'briefing' });
    const text = await client.get('/api/session/briefing');
    expect(Object.keys(text.json().text)).toEqual(['ky', 'ru', 'en']);
    const signed = await client.post('/api/session/briefing', { version: text.json().version });
    expect(signed.json()).toEqual({ stage: 'open' });
    expect((await client.get('/api/purposes')).statusCode).toBe(200);
  });

  test('R29 every attempt on a known account is an entry of that officer; unknown logins are counted once a minute', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const from = (await rig.entries()).length;
    await rig.access.flush();
    const client = rig.client('10.29.0.1');
    await client.post('/api/session', { login: officer.login, password: 'Wrong-Guess-1' });
    await client.post('/api/session', { login: officer.login, password: officer.password });
    for (let i = 0; i < 3; i++)
      await rig.client('10.29.0.1').post('/api/session', { login: `ghost-${i}`, password: 'Wrong-Guess-1' });
    await rig.access.flush();
    const made = (await rig.entries()).slice(from).filter(({ detail }) => detail.address === '10.29.0.1');
    expect(
      made.map(({ leaf, detail }) => [leaf.act, leaf.outcome, leaf.actor, detail.reason ?? '', detail.count]),
    ).toEqual([
      ['session.login', 'denied', officer.id, 'bad-password', undefined],
      ['session.login', 'done', officer.id, '', undefined],
      ['session.refused', 'denied', 'system:door', 'unknown-login', 3],
    ]);
    expect(JSON.stringify(made)).not.toContain('ghost-');
  });

  test('ASVS 6.3.5 R47 the officer sees failed and unfinished log-ins to the account', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    await rig.client('10.35.0.9').post('/api/session', { login: officer.login, password: 'Wrong-Guess-1' });
    await rig.client('10.35.0.9').post('/api/session', { login: officer.login, password: officer.password });
    const client = await rig.logIn(officer, rig.client('10.35.0.1'));
    await rig.store.settled();
    const { lastLogins } = (await client.get('/api/session')).json();
    expect(lastLogins.map((one: { outcome: string; address: string }) => [one.outcome, one.address])).toEqual(
      [
        ['done', '10.35.0.1'],
        ['done', '10.35.0.9'],
        ['denied', '10.35.0.9'],
      ],
    );
  });

  test('ASVS 6.3.5 6.3.7 log-ins with the right password and no code, and changed credentials, are told at the next log-in', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const changes = async (client: Client) =>
      (await client.get('/api/session')).json().credentialChanges as { at: number; what: string }[];
    const first = await rig.logIn(officer, rig.client('10.35.1.1'));
    expect(await changes(first)).toEqual([]);
    rig.time.now += minutes(1);
    const at = rig.time.now;
    const thief = rig.client('10.35.1.9');
    const login = { login: officer.login, password: officer.password };
    expect((await thief.post('/api/session', login)).json()).toMatchObject({ stage: 'totp' });
    // Whoever has the password alone is told nothing of the account.
    expect(await changes(thief)).toEqual([]);
    rig.time.now += minutes(1);
    const second = await rig.logIn(officer, rig.client('10.35.1.1'));
    expect(await changes(second)).toEqual([{ at, what: 'login-unfinished' }]);
    rig.time.now += minutes(1);
    const changed = await second.post('/api/session/password', {
      current: officer.password,
      new: 'Granite-Otter-58',
    });
    expect(changed.statusCode).toBe(200);
    const third = await rig.logIn({ ...officer, password: 'Granite-Otter-58' }, rig.client('10.35.1.1'));
    expect((await changes(third)).map(({ what }) => what).sort()).toEqual([
      'login-unfinished',
      'password-changed',
    ]);
  });

  test('R46 a password older than a campaign is changed at log-in, after the second factor', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC', { passwordSetAt: rig.time.now - hours(24 * 60) });
    const row = {
      ...{ id: 'c'.repeat(32), name: 'test', basis: '1', opensOn: '2025-09-01', closedOn: '2025-09-20' },
      ...{ openedBy: 'system:test', openedAt: 0, openEntry: 0, closedBy: 'system:test', closedAt: 0 },
      ...{ closeEntry: 0, version: 2 },
    };
    await rig.write([{ op: 'insert', table: 'campaign', row }]);
    try {
      const client = rig.client();
      const begun = await client.post('/api/session', { login: officer.login, password: officer.password });
      expect(begun.json()).toEqual({ stage: 'totp' });
      const shown = await client.post('/api/session/totp', { code: rig.code(officer) });
      expect(shown.json()).toEqual({ stage: 'password-change' });
    } finally {
      await rig.write([{ op: 'delete', table: 'campaign', key: { id: row.id } }]);
    }
  });
});

const nameOf = (login: string, secret = '') =>
  hash('sha256', JSON.stringify([login, secret]), 'hex').slice(0, 32);

async function accountLane({ login }: { login: string }): Promise<string> {
  const account = await rig.gate.reader.access.byLogin(login);
  return `account:${nameOf(login, account!.officer.passwordHash!)}`;
}

/** As that many failures from many networks leave the account; what the server holds of it is over a minute old then. */
async function countFailures(officer: { login: string }, failures: number) {
  const lane = await accountLane(officer);
  const count = { failures, blockedUntil: 0, updatedAt: rig.time.now };
  await rig.gate.keep([
    { op: 'ensure', table: 'throttle', row: { lane, ...count } },
    { op: 'update', table: 'throttle', key: { lane }, set: count },
  ]);
  rig.time.now += minutes(1);
}
