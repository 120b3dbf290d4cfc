// Recovery codes and the passkey a role must have: one log-in each, nothing more; no way around the passkey (ASVS 6.5, 7.5.1).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRecoveryText, recoveryText } from '#server/lib/recovery-code.ts';
import { type Client, minutes, openRig, type Rig } from '#server/test/access-rig.ts';
import {
  challenge,
  enterPassword,
  makeRecoveryCodes,
  newAuthenticator,
  registerPasskey,
  showPasskey,
} from '#server/test/factors-scene.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig({ factors: { passkeyRequired: ['security-officer'] } });
});
afterAll(() => rig.close());

const recovery = '/api/session/recovery';
const kindOf = (reply: { statusCode: number; json(): { type?: string } }) => [
  reply.statusCode,
  reply.json().type?.split('/').at(-1),
];

describe('a recovery code as it is written', () => {
  test('carries 128 bits there and back, whatever case, blanks or look-alikes it is typed with', () => {
    for (const bytes of [
      Buffer.alloc(16),
      Buffer.alloc(16, 0xff),
      Buffer.from('00112233445566778899aabbccddeeff', 'hex'),
    ]) {
      const text = recoveryText(bytes);
      expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{6}$/);
      expect(readRecoveryText(text)).toEqual(bytes);
      expect(readRecoveryText(` ${text.toLowerCase().replaceAll('-', ' ')} `)).toEqual(bytes);
    }
    const zeros = recoveryText(Buffer.alloc(16));
    expect(readRecoveryText(zeros.replaceAll('0', 'О'))).toEqual(Buffer.alloc(16)); // Cyrillic
  });

  test('is refused where it cannot be one', () => {
    const text = recoveryText(Buffer.alloc(16, 1));
    for (const typed of [
      '',
      text.slice(1),
      `${text}0`,
      text.replace('0', '*'),
      `Z${text.slice(1)}`,
      'x'.repeat(99),
    ])
      expect([typed, readRecoveryText(typed)]).toEqual([typed, null]);
  });
});

describe('recovery codes', () => {
  test('are ten, made after password and fresh factor, shown once, kept as hashes, told to their owner', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const make = (password: string) => client.post('/api/session/recovery-codes', { password });
    expect(kindOf(await make(officer.password))).toEqual([403, 'step-up-required']);
    await rig.stepUp(client, officer, 'session.recovery-codes');
    expect(kindOf(await make('Wrong-Guess-1'))).toEqual([401, 'bad-credentials']);
    const made = await make(officer.password);
    const { codes } = made.json() as { codes: string[] };
    expect([codes.length, new Set(codes).size]).toEqual([10, 10]);
    const stored = JSON.stringify([await rig.rowsOf('select * from recovery_code'), await rig.entries()]);
    for (const code of codes) {
      expect(stored).not.toContain(code);
      expect(stored).not.toContain(readRecoveryText(code)!.toString('hex'));
    }
    expect((await client.get('/api/session/factors')).json().recoveryCodes).toEqual({
      left: 10,
      madeAt: rig.time.now,
    });
    expect((await client.get('/api/session')).json()).toMatchObject({
      recoveryCodesLeft: 10,
      credentialChanges: [{ what: 'recovery-codes-made' }],
    });
  });

  test('open one log-in each; the use is told at the next log-in and counted in its entry', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const [code, next] = await makeRecoveryCodes(rig, await rig.logIn(officer), officer);
    const client = rig.client();
    const entered = await client.post('/api/session', { login: officer.login, password: officer.password });
    expect(entered.json()).toEqual({ stage: 'totp', factors: ['totp', 'recovery-code'] });
    expect((await client.post(recovery, { code })).json()).toEqual({ stage: 'open' });
    expect((await rig.entries()).at(-1)).toMatchObject({
      leaf: { act: 'session.recovery', outcome: 'done' },
      detail: { left: 9 },
    });
    const again = await enterPassword(rig, officer);
    expect(kindOf(await again.post(recovery, { code }))).toEqual([401, 'bad-credentials']);
    expect((await rig.entries()).at(-1)!.detail).toMatchObject({ cause: 'used-code' });
    rig.time.now += 1000;
    expect((await again.post(recovery, { code: next })).statusCode).toBe(200);
    expect((await again.get('/api/session')).json()).toMatchObject({
      recoveryCodesLeft: 8,
      credentialChanges: [{ what: 'recovery-code-used' }, { what: 'recovery-code-used' }, {}],
    });
  });

  test('open nothing more than the log-in: no act that asks a factor, no other factor', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const [code] = await makeRecoveryCodes(rig, await rig.logIn(officer), officer);
    const client = await enterPassword(rig, officer);
    await client.post(recovery, { code });
    const standing = JSON.parse(
      Buffer.from(client.cookies.get('__Host-kuzot')!.split('.')[1]!, 'base64url').toString(),
    ) as { sid: string };
    const session = await rig.gate.reader.access.standing(standing.sid);
    expect(session).toMatchObject({ factorBy: 'recovery-code', factorAt: rig.time.now, stepUpFor: null });
    for (const [url, body] of [
      ['/api/session/passkeys/registration', { password: officer.password }],
      ['/api/session/recovery-codes', { password: officer.password }],
    ] as const)
      expect(kindOf(await client.post(url, body))).toEqual([403, 'step-up-required']);
    expect((await client.post('/api/session/step-up', { code })).statusCode).toBe(400);
    expect((await client.post('/api/session/unlock', { code })).statusCode).toBe(400);
    // The phone at hand again: its code counts.
    await rig.stepUp(client, officer, 'session.recovery-codes');
    const made = await client.post('/api/session/recovery-codes', { password: officer.password });
    expect(made.statusCode).toBe(200);
  });

  test('made anew void the earlier ones', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const [old] = await makeRecoveryCodes(rig, client, officer);
    const [fresh] = await makeRecoveryCodes(rig, client, officer);
    const entering = await enterPassword(rig, officer);
    expect((await entering.post(recovery, { code: old })).statusCode).toBe(401);
    expect((await entering.post(recovery, { code: fresh })).statusCode).toBe(200);
    expect((await rig.gate.reader.factors.recoveryCodes(officer.id)).left).toBe(9);
  });

  test('belong to their account; five wrong ones close them for five minutes', async () => {
    const owner = await rig.addOfficer('auditor', 'CEC');
    const codes = await makeRecoveryCodes(rig, await rig.logIn(owner), owner);
    const officer = await rig.addOfficer('auditor', 'CEC');
    const [own] = await makeRecoveryCodes(rig, await rig.logIn(officer), officer);
    const client = await enterPassword(rig, officer);
    for (const code of codes.slice(0, 5))
      expect((await client.post(recovery, { code })).statusCode).toBe(401);
    expect((await client.post(recovery, { code: own })).statusCode).toBe(429);
    rig.time.now += minutes(5);
    // Copied to this account in the database, another's rows open nothing.
    const rows = await rig.rowsOf<{ hash: string }>(
      `select hash from recovery_code where officer = '${owner.id}'`,
    );
    const madeAt = rig.time.now;
    await rig.write(
      rows.map(({ hash }) => ({
        op: 'insert',
        table: 'recoveryCode',
        row: { officer: officer.id, hash, madeAt },
      })),
    );
    expect((await client.post(recovery, { code: codes[5] })).statusCode).toBe(401);
    expect((await client.post(recovery, { code: own })).statusCode).toBe(200);
  });

  test('without any the answer is that of a wrong one', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await enterPassword(rig, officer);
    const code = recoveryText(Buffer.alloc(16, 9));
    const reply = await client.post(recovery, { code });
    expect(kindOf(reply)).toEqual([401, 'bad-credentials']);
    expect(reply.body).toBe((await client.post(recovery, { code: 'nothing' })).body);
  });
});

describe('a role that must show a passkey', () => {
  test('logs in with a code to a stage where it can register one and nothing else', async () => {
    const officer = await rig.addOfficer('security-officer', 'CEC');
    const client = await enterPassword(rig, officer);
    const shown = await client.post('/api/session/totp', { code: rig.code(officer) });
    expect(shown.json()).toEqual({ stage: 'passkey-enrol' });
    for (const url of ['/api/officers', '/api/purposes', '/api/session/mine', '/api/session/factors'])
      expect([url, ...kindOf(await client.get(url))]).toEqual([url, 403, 'stage-required']);
    expect(kindOf(await client.post('/api/session/recovery-codes', { password: officer.password }))).toEqual([
      403,
      'stage-required',
    ]);
    const begun = (await client.post('/api/session/passkeys/registration')).json();
    const made = newAuthenticator().make(begun);
    const added = await client.post('/api/session/passkeys', { name: 'Ачкыч', made });
    expect(added.json()).toEqual({ stage: 'open' });
    expect((await client.get('/api/officers')).statusCode).toBe(200);
  });

  test('who lingers at that stage shows a code once more', async () => {
    const officer = await rig.addOfficer('security-officer', 'CEC');
    const client = await enterPassword(rig, officer);
    await client.post('/api/session/totp', { code: rig.code(officer) });
    rig.time.now += minutes(6);
    const begin = () => client.post('/api/session/passkeys/registration');
    expect(kindOf(await begin())).toEqual([403, 'step-up-required']);
    await rig.stepUp(client, officer, 'session.passkey-begin');
    expect((await begin()).statusCode).toBe(200);
  });

  test('of several sessions at that stage one registers the first passkey, at once or one after the other', async () => {
    for (const together of [true, false]) {
      const officer = await rig.addOfficer('security-officer', 'CEC');
      const clients: (() => ReturnType<Client['post']>)[] = [];
      for (let i = 0; i < 5; i++) {
        const client = await enterPassword(rig, officer);
        rig.time.now += 30_000;
        await client.post('/api/session/totp', { code: rig.code(officer) });
        const made = newAuthenticator().make(
          (await client.post('/api/session/passkeys/registration')).json(),
        );
        clients.push(() => client.post('/api/session/passkeys', { name: 'x', made }));
      }
      const statuses: number[] = [];
      const add = async (send: (typeof clients)[number]) => void statuses.push((await send()).statusCode);
      if (together) await Promise.all(clients.map(add));
      else for (const send of clients) await add(send);
      expect(statuses.filter((status) => status === 200)).toEqual([200]);
      expect(await rig.gate.reader.factors.passkeys(officer.id)).toHaveLength(1);
    }
  });

  test('a recovery code is no factor to register one with', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const [code] = await makeRecoveryCodes(rig, await rig.logIn(officer), officer);
    const set = { role: 'security-officer' };
    await rig.write([{ op: 'update', table: 'officer', key: { id: officer.id }, set }]);
    const client = await enterPassword(rig, officer);
    expect((await client.post(recovery, { code })).json()).toEqual({ stage: 'passkey-enrol' });
    expect(kindOf(await client.post('/api/session/passkeys/registration'))).toEqual([
      403,
      'step-up-required',
    ]);
  });

  test('once it has one, a code opens nothing: not the log-in, not an act, not another passkey', async () => {
    const officer = await rig.addOfficer('security-officer', 'CEC');
    const first = await enterPassword(rig, officer);
    await first.post('/api/session/totp', { code: rig.code(officer) });
    const authenticator = newAuthenticator();
    const begun = (await first.post('/api/session/passkeys/registration')).json();
    await first.post('/api/session/passkeys', { name: 'Ачкыч', made: authenticator.make(begun) });
    rig.time.now += 30_000;
    const client = rig.client();
    const entered = await client.post('/api/session', { login: officer.login, password: officer.password });
    expect(entered.json()).toEqual({ stage: 'totp', factors: ['passkey'] });
    expect(kindOf(await client.post('/api/session/totp', { code: rig.code(officer) }))).toEqual([
      409,
      'wrong-state',
    ]);
    expect((await client.get('/api/session')).json().stage).toBe('totp');
    expect((await showPasskey(client, authenticator)).json()).toEqual({ stage: 'open' });
    expect((await rig.stepUp(client, officer, 'session.recovery-codes')).statusCode).toBe(409);
    const passkey = authenticator.show(
      await challenge(client, 'step-up', { action: 'session.recovery-codes' }),
    );
    await client.post('/api/session/step-up', { passkey, action: 'session.recovery-codes' });
    const made = await client.post('/api/session/recovery-codes', { password: officer.password });
    expect(made.statusCode).toBe(200);
    // The last one stays: without it the next code would register anybody's.
    const { id } = (await client.get('/api/session/factors')).json().passkeys[0];
    const asked = await client.post(`/api/session/passkeys/${id}/actions/remove`, {
      password: officer.password,
    });
    const { action, hash } = asked.json();
    const again = authenticator.show(await challenge(client, 'step-up', { action, hash }));
    await client.post('/api/session/step-up', { passkey: again, action, hash });
    const removed = await client.post(`/api/session/passkeys/${id}/actions/remove`, {
      password: officer.password,
    });
    expect(kindOf(removed)).toEqual([409, 'wrong-state']);
    // A recovery code stands in at log-in.
    const lost = await enterPassword(rig, officer);
    expect((await lost.post(recovery, { code: made.json().codes[0] })).json()).toEqual({ stage: 'open' });
    expect((await lost.get('/api/officers')).statusCode).toBe(200);
  });

  test('a session opened with a code alone is over when the role is given', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    await registerPasskey(rig, await rig.logIn(officer), officer);
    expect((await client.get('/api/purposes')).statusCode).toBe(200);
    await rig.write([
      { op: 'update', table: 'officer', key: { id: officer.id }, set: { role: 'security-officer' } },
    ]);
    expect((await client.get('/api/purposes')).statusCode).toBe(401);
  });
});
