// Changing the own password (R44–R46; ASVS 6.2, 7.5).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { minutes, openRig, type Rig } from '#server/test/access-rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const change = '/api/session/password';

describe('changing the own password', () => {
  test('ASVS 6.2.3 needs the current one, and guessing it is limited', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const replies = [];
    for (let i = 0; i < 6; i++)
      replies.push(
        (await client.post(change, { current: `Wrong-Guess-${i}`, new: 'Walnut-Orbit-2291' })).statusCode,
      );
    expect(replies).toEqual([401, 401, 401, 401, 401, 429]);
    expect(
      (await client.post(change, { current: officer.password, new: 'Walnut-Orbit-2291' })).statusCode,
    ).toBe(429);
    rig.time.now += minutes(5);
    const right = await client.post(change, { current: officer.password, new: 'Walnut-Orbit-2291' });
    expect([right.statusCode, right.json()]).toEqual([200, { stage: 'open' }]);
  });

  test('ASVS 6.2.8 every character and its case count', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const swapped = [...officer.password]
      .map((c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()))
      .join('');
    for (const password of [officer.password.toLowerCase(), swapped, officer.password.slice(0, -1)]) {
      const reply = await rig.client('10.6.2.8').post('/api/session', { login: officer.login, password });
      expect(reply.statusCode).toBe(401);
    }
  });

  test('ASVS 6.2.9 nothing is cut off: a long password with another ending is another password', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const long = `Kx7#${'walnut orbit kettle lamp '.repeat(5)}`.slice(0, 127);
    expect((await client.post(change, { current: officer.password, new: `${long}a` })).statusCode).toBe(200);
    const other = await rig
      .client('10.6.2.9')
      .post('/api/session', { login: officer.login, password: `${long}b` });
    expect(other.statusCode).toBe(401);
    const same = await rig
      .client('10.6.2.9')
      .post('/api/session', { login: officer.login, password: `${long}a` });
    expect(same.statusCode).toBe(200);
  });

  test('a refusal names the rule and the next step, never the password', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const reply = await client.post(change, { current: officer.password, new: 'Password1!' });
    expect(reply.json()).toMatchObject({
      type: 'https://kuzot.invalid/problems/weak-password',
      status: 422,
      field: 'new',
      rule: 'common',
    });
    expect(reply.body).not.toContain('Password1!');
    expect(JSON.stringify(await rig.entries())).not.toContain('Password1!');
  });

  test('none of the last five comes back, nor the present one', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const used = [officer.password];
    for (let i = 0; i < 5; i++) {
      rig.time.now += minutes(1);
      const next = `Walnut-Orbit-22${i}7`;
      expect((await client.post(change, { current: used.at(-1), new: next })).statusCode).toBe(200);
      used.push(next);
    }
    for (const old of used.slice(1)) {
      const reply = await client.post(change, { current: used.at(-1), new: old });
      expect([old, reply.statusCode, reply.json().rule]).toEqual([old, 422, 'used-before']);
    }
  });

  test('ASVS 7.2.4 7.4.3 a change rotates this session and ends the others', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const other = await rig.logIn(officer);
    const client = await rig.logIn(officer);
    const before = client.cookies.get('__Host-kuzot')!;
    await client.post(change, { current: officer.password, new: 'Walnut-Orbit-2291' });
    expect(client.cookies.get('__Host-kuzot')).not.toBe(before);
    expect((await client.get('/api/session')).statusCode).toBe(200);
    expect((await other.get('/api/session')).statusCode).toBe(401);
    const replayed = rig.client();
    replayed.cookies.set('__Host-kuzot', before);
    expect((await replayed.get('/api/session')).statusCode).toBe(401);
  });

  test('two changes at once: one stands', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const a = await rig.logIn(officer);
    const b = await rig.logIn(officer);
    const replies = await Promise.all([
      a.post(change, { current: officer.password, new: 'Walnut-Orbit-2291' }),
      b.post(change, { current: officer.password, new: 'Copper-Saddle-8812' }),
    ]);
    expect(replies.filter((reply) => reply.statusCode === 200)).toHaveLength(1);
  });

  test('a password is judged while it is typed without being kept', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const weak = await client.post('/api/session/password/check', { new: 'Qwerty123!' });
    expect(weak.json()).toMatchObject({ rule: 'common', score: null });
    const good = await client.post('/api/session/password/check', { new: 'correct-Horse-9-battery' });
    expect(good.json()).toEqual({ rule: null, says: null, score: 4 });
    expect(JSON.stringify(await rig.entries())).not.toContain('correct-Horse');
  });
});
