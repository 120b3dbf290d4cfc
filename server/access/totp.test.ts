// The second factor: one code opens once, wrong ones are limited, a factor taken away is gone at once (ASVS 6.5).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeAt } from '#server/lib/totp.ts';
import { type Client, minutes, openRig, type Rig } from '#server/test/access-rig.ts';

let rig: Rig;
let unlimited: Rig;
beforeAll(async () => {
  rig = await openRig();
  unlimited = await openRig({ limits: false });
});
afterAll(async () => {
  await rig.close();
  await unlimited.close();
});

const show = '/api/session/totp';

describe('the second factor', () => {
  test('ASVS 6.5.1 a code opens once', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const credentials = { login: officer.login, password: officer.password };
    const [a, b] = [rig.client(), rig.client()];
    await a.post('/api/session', credentials);
    await b.post('/api/session', credentials);
    const code = rig.code(officer);
    expect((await a.post(show, { code })).statusCode).toBe(200);
    const again = await b.post(show, { code });
    expect([again.statusCode, again.json().type]).toEqual([
      401,
      'https://kuzot.invalid/problems/bad-credentials',
    ]);
    expect((await b.get('/api/session')).json().stage).toBe('totp');
  });

  test('ASVS 6.5.1 a code opens once also when fifty sessions send it together', async () => {
    const officer = await unlimited.addOfficer('auditor', 'CEC');
    const credentials = { login: officer.login, password: officer.password };
    const clients = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const client = unlimited.client(`10.50.0.${i}`);
        await client.post('/api/session', credentials);
        return client;
      }),
    );
    const code = unlimited.code(officer);
    const replies = await Promise.all(clients.map((client) => client.post(show, { code })));
    const statuses = replies.map((reply) => reply.statusCode).sort();
    expect(statuses).toEqual([200, ...Array(49).fill(401)]);
  });

  test('a later code used first closes the earlier ones', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const credentials = { login: officer.login, password: officer.password };
    const [a, b] = [rig.client(), rig.client()];
    await a.post('/api/session', credentials);
    await b.post('/api/session', credentials);
    const earlier = rig.code(officer);
    const later = codeAt(officer.seed, rig.time.now + 30_000);
    expect((await a.post(show, { code: later })).statusCode).toBe(200);
    expect((await b.post(show, { code: earlier })).statusCode).toBe(401);
  });

  test('ASVS 6.5.5 6.5.8 one step of drift is allowed, two are not, and the client’s clock is not asked', async () => {
    for (const [drift, expected] of [
      [-60_000, 401],
      [60_000, 401],
      [-30_000, 200],
      [30_000, 200],
    ] as const) {
      const officer = await rig.addOfficer('auditor', 'CEC');
      const client = rig.client();
      await client.post('/api/session', { login: officer.login, password: officer.password });
      const reply = await client.post(show, { code: codeAt(officer.seed, rig.time.now + drift) });
      expect([drift, reply.statusCode]).toEqual([drift, expected]);
    }
  });

  test('five wrong codes close the factor for five minutes, across sessions and sent together', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const credentials = { login: officer.login, password: officer.password };
    const [a, b] = [rig.client(), rig.client('10.2.2.2')];
    await a.post('/api/session', credentials);
    await b.post('/api/session', credentials);
    const guess = (client: Client, n: number) => client.post(show, { code: wrong(officer, n) });
    const replies = await Promise.all(Array.from({ length: 8 }, (_, n) => guess(n % 2 ? a : b, n)));
    expect(replies.map((reply) => reply.statusCode).sort()).toEqual([
      ...Array(5).fill(401),
      ...Array(3).fill(429),
    ]);
    expect((await a.post(show, { code: rig.code(officer) })).statusCode).toBe(429);
    rig.time.now += minutes(5);
    expect((await a.post(show, { code: rig.code(officer) })).statusCode).toBe(200);
  });

  test('nobody who got hold of a password keeps its owner from showing a code: a known device counts for itself', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const own = await rig.logIn(officer);
    const credentials = { login: officer.login, password: officer.password };
    const stranger = rig.client('10.2.3.4');
    await stranger.post('/api/session', credentials);
    for (let n = 0; n < 5; n++)
      expect((await stranger.post(show, { code: wrong(officer, n) })).statusCode).toBe(401);
    expect((await stranger.post(show, { code: wrong(officer, 5) })).statusCode).toBe(429);
    rig.time.now += 30_000;
    expect((await own.post('/api/session/step-up', { code: rig.code(officer) })).statusCode).toBe(200);
    await own.del('/api/session');
    rig.time.now += 30_000;
    await own.post('/api/session', credentials);
    expect((await own.post(show, { code: rig.code(officer) })).statusCode).toBe(200);
  });

  test('63B 101st failure refused: the hundred and first wrong code in a row too, and the owner’s known device ends the count', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const own = await rig.logIn(officer);
    const stranger = rig.client('10.2.3.5');
    const credentials = { login: officer.login, password: officer.password };
    for (let n = 0; n < 100; n++) {
      if (n % 5 === 0) {
        rig.time.now += minutes(5);
        await stranger.post('/api/session', credentials);
      }
      expect([n, (await stranger.post(show, { code: wrong(officer, n) })).statusCode]).toEqual([n, 401]);
    }
    rig.time.now += minutes(5);
    await stranger.post('/api/session', credentials);
    expect((await stranger.post(show, { code: rig.code(officer) })).statusCode).toBe(429);
    // The owner, at a workstation of theirs, gets in, and with that the count is over.
    await own.post('/api/session', credentials);
    expect((await own.post(show, { code: rig.code(officer) })).statusCode).toBe(200);
    rig.time.now += minutes(1);
    expect((await stranger.post(show, { code: rig.code(officer) })).statusCode).toBe(200);
  });

  test('ASVS 6.5.6 a factor taken away stops the open session at its next request', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    expect((await client.get('/api/session')).statusCode).toBe(200);
    await rig.write([
      {
        op: 'update',
        table: 'officer',
        key: { id: officer.id },
        set: { totpSeed: null, totpConfirmedAt: null },
      },
    ]);
    expect((await client.get('/api/session')).statusCode).toBe(401);
  });

  test('ASVS 7.5.1 a confirmed factor is not replaced from a session, whatever its stage', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = rig.client();
    await client.post('/api/session', { login: officer.login, password: officer.password });
    expect((await client.post('/api/session/totp/enrol')).statusCode).toBe(403);
    await client.post(show, { code: rig.code(officer) });
    expect((await client.post('/api/session/totp/enrol')).statusCode).toBe(403);
  });

  test('what is no code is refused before it is tried', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = rig.client();
    await client.post('/api/session', { login: officer.login, password: officer.password });
    for (const code of ['12345', '1234567', '12345a', '', ' 12345', '１２３４５６'])
      expect([code, (await client.post(show, { code })).statusCode]).toEqual([code, 400]);
  });

  test('the seed lies encrypted in the table and never in an entry', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC', { totpSeed: null, totpConfirmedAt: null });
    const client = rig.client();
    await client.post('/api/session', { login: officer.login, password: officer.password });
    const { secret } = (await client.post('/api/session/totp/enrol')).json();
    const row = await rig.gate.reader.access.byId(officer.id);
    expect(row?.officer.totpSeed?.length).toBe(20 + 33);
    expect(JSON.stringify(await rig.entries())).not.toContain(secret);
  });
});

/** A code that is none of those accepted now. */
function wrong(officer: { seed: Buffer }, n: number): string {
  const accepted = [-30_000, 0, 30_000].map((drift) => codeAt(officer.seed, rig.time.now + drift));
  for (let code = n * 1000; ; code++) {
    const text = String(code).padStart(6, '0');
    if (!accepted.includes(text)) return text;
  }
}
