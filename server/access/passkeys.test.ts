// Passkeys: made only by whoever has shown password and factor, right only for this console, this session and this purpose,
// gone at once when removed (ASVS 6.5.6, 6.7, 7.5.1; WebAuthn Level 3, 7).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { minutes, openRig, type Rig, type TestOfficer } from '#server/test/access-rig.ts';
import type { Whims } from '#server/test/authenticator.ts';
import {
  challenge,
  enterPassword,
  newAuthenticator,
  registerPasskey,
  showPasskey,
} from '#server/test/factors-scene.ts';
import { removalHash } from './passkeys.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

const begin = '/api/session/passkeys/registration';
const problem = (name: string) => `https://kuzot.invalid/problems/${name}`;
const said = (reply: { statusCode: number; json(): { type: string } }) => [
  reply.statusCode,
  reply.json().type.replace(problem(''), ''),
];

async function withPasskey(name = 'Ачкыч') {
  const officer = await rig.addOfficer('auditor', 'CEC');
  const client = await rig.logIn(officer);
  return {
    officer,
    client,
    authenticator: await registerPasskey(rig, client, officer, newAuthenticator(), name),
  };
}

async function lastEntry() {
  return (await rig.entries()).at(-1)!;
}

describe('registering a passkey', () => {
  test('ASVS 7.5.1 asks a fresh factor bound to it and the password, each of them', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const first = await client.post(begin, { password: officer.password });
    expect(said(first)).toEqual([403, 'step-up-required']);
    expect(first.json()).toMatchObject({ action: 'session.passkey-begin' });
    await rig.stepUp(client, officer, 'session.passkey-begin');
    expect(said(await client.post(begin, { password: 'Wrong-Guess-1' }))).toEqual([401, 'bad-credentials']);
    expect(said(await client.post(begin))).toEqual([400, 'bad-request']);
    const begun = await client.post(begin, { password: officer.password });
    expect(begun.json()).toMatchObject({
      rp: { id: 'localhost', name: 'Күзөт' },
      user: { name: officer.login },
      attestation: 'none',
      authenticatorSelection: { userVerification: 'required' },
    });
    expect(Buffer.from(begun.json().challenge, 'base64url')).toHaveLength(32);
    expect(said(await client.post(begin, { password: officer.password }))).toEqual([403, 'step-up-required']);
  });

  test('is listed, named anew, and told at the next log-in; the session goes on under a new cookie', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    const before = client.cookies.get('__Host-kuzot');
    await registerPasskey(rig, client, officer, newAuthenticator(), 'Иш столундагы ачкыч');
    expect(client.cookies.get('__Host-kuzot')).not.toBe(before);
    const listed = async () => (await client.get('/api/session/factors')).json();
    const { passkeys, passkeyRequired, recoveryCodes } = await listed();
    expect([passkeyRequired, recoveryCodes]).toEqual([false, null]);
    expect(passkeys).toMatchObject([{ name: 'Иш столундагы ачкыч', usedAt: null, synced: false }]);
    const { id } = passkeys[0];
    const rename = (name: string) => client.post(`/api/session/passkeys/${id}/actions/rename`, { name });
    expect((await rename('Үй')).statusCode).toBe(200);
    expect((await listed()).passkeys[0].name).toBe('Үй');
    for (const name of ['', ' ', ' Үй', 'ү'.repeat(41)]) expect((await rename(name)).statusCode).toBe(400);
    const again = await rig.logIn(officer);
    expect((await again.get('/api/session')).json()).toMatchObject({
      factors: ['passkey', 'totp'],
      credentialChanges: [{ what: 'passkey-added' }],
    });
  });

  test('a credential belongs to one officer', async () => {
    const { authenticator } = await withPasskey();
    const other = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(other);
    await expect(registerPasskey(rig, client, other, authenticator)).rejects.toThrow('already-done');
  });

  test.each<[string, Partial<Whims>]>([
    ['for another origin', { origin: 'https://evil.invalid' }],
    ['for another host', { rpId: 'evil.invalid' }],
    ['made inside a frame of another site', { crossOrigin: true }],
    ['without asking its owner', { userVerified: false }],
    ['that is a signature', { type: 'webauthn.get' }],
    ['with an attestation nobody asked for', { format: 'android-key' }],
  ])('refuses one %s, and the challenge is gone', async (_, whims) => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await rig.logIn(officer);
    await rig.stepUp(client, officer, 'session.passkey-begin');
    const begun = (await client.post(begin, { password: officer.password })).json();
    const authenticator = newAuthenticator();
    const add = (made: object) => client.post('/api/session/passkeys', { name: 'x', made });
    expect(said(await add(authenticator.make(begun, whims)))).toEqual([401, 'bad-credentials']);
    expect(said(await add(authenticator.make(begun)))).toEqual([401, 'bad-credentials']);
    expect((await lastEntry()).detail).toMatchObject({ cause: 'no-challenge' });
    expect((await client.get('/api/session/factors')).json().passkeys).toEqual([]);
  });

  test('its name lies sealed; one from before is sealed when the passkey is next used', async () => {
    const { officer, client, authenticator } = await withPasskey('Айгүлдүн телефону');
    const kept = () =>
      rig.rowsOf<{ name: string; sealed_name: Buffer | null }>(
        `select name, sealed_name from passkey where officer = '${officer.id}'`,
      );
    const named = async () =>
      (await client.get('/api/session/factors')).json().passkeys.map(({ name }: { name: string }) => name);
    expect(await named()).toEqual(['Айгүлдүн телефону']);
    expect(await kept()).toEqual([{ name: '', sealed_name: expect.any(Buffer) }]);
    expect((await kept())[0]!.sealed_name!.includes('Айгүл')).toBe(false);
    const { id } = (await rig.gate.reader.factors.passkeys(officer.id))[0]!;
    const before = { name: 'Эски ачкыч', sealedName: null };
    await rig.write([{ op: 'update', table: 'passkey', key: { id }, set: before }]);
    expect(await named()).toEqual(['Эски ачкыч']);
    const again = await enterPassword(rig, officer);
    expect((await showPasskey(again, authenticator)).statusCode).toBe(200);
    expect(await named()).toEqual(['Эски ачкыч']);
    expect(await kept()).toEqual([{ name: '', sealed_name: expect.any(Buffer) }]);
  });

  test('one that can be copied is refused where the policy says so', async () => {
    const strict = await openRig({ factors: { syncedPasskeys: false } });
    try {
      const officer = await strict.addOfficer('auditor', 'CEC');
      const client = await strict.logIn(officer);
      await strict.stepUp(client, officer, 'session.passkey-begin');
      const begun = (await client.post(begin, { password: officer.password })).json();
      const made = newAuthenticator().make(begun, { synced: true });
      const reply = await client.post('/api/session/passkeys', { name: 'x', made });
      expect([reply.statusCode, reply.json().rule]).toEqual([422, 'synced']);
    } finally {
      await strict.close();
    }
  });
});

describe('logging in with a passkey', () => {
  test('is offered after the password, and opens the session', async () => {
    const { officer, authenticator } = await withPasskey();
    const client = rig.client();
    const entered = await client.post('/api/session', { login: officer.login, password: officer.password });
    expect(entered.json()).toEqual({ stage: 'totp', factors: ['passkey', 'totp'] });
    expect((await client.get('/api/session')).json().factors).toEqual(['passkey', 'totp']);
    const asked = await challenge(client, 'login');
    expect(asked.allowCredentials.map(({ id }) => id)).toEqual([authenticator.id]);
    const shown = await client.post('/api/session/passkey', { passkey: authenticator.show(asked) });
    expect([shown.statusCode, shown.json()]).toEqual([200, { stage: 'open' }]);
    expect((await client.get('/api/purposes')).statusCode).toBe(200);
  });

  test('without a passkey there is none to ask for', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const client = await enterPassword(rig, officer);
    const asked = await client.post('/api/session/passkeys/challenge', { purpose: 'login' });
    expect(said(asked)).toEqual([409, 'wrong-state']);
  });

  test.each<[string, Partial<Whims>, string]>([
    ['for another origin', { origin: 'https://evil.invalid' }, 'bad-signature'],
    ['for another host', { rpId: 'evil.invalid' }, 'bad-signature'],
    ['made inside a frame of another site', { crossOrigin: true }, 'bad-signature'],
    ['without asking its owner', { userVerified: false }, 'bad-signature'],
    ['that registers', { type: 'webauthn.create' }, 'bad-signature'],
    ['for another officer', { userHandle: Buffer.from('officer-0').toString('base64url') }, 'bad-signature'],
  ])('a signature %s opens nothing', async (_, whims, cause) => {
    const { officer, authenticator } = await withPasskey();
    const client = await enterPassword(rig, officer);
    expect(said(await showPasskey(client, authenticator, whims))).toEqual([401, 'bad-credentials']);
    expect((await lastEntry()).detail).toMatchObject({ factor: 'passkey', cause });
    expect((await client.get('/api/session')).json().stage).toBe('totp');
  });

  test('somebody else’s passkey opens nothing, though it is rightly signed', async () => {
    const { officer } = await withPasskey();
    const { authenticator } = await withPasskey();
    const client = await enterPassword(rig, officer);
    expect(said(await showPasskey(client, authenticator))).toEqual([401, 'bad-credentials']);
    expect((await lastEntry()).detail).toMatchObject({ cause: 'unknown-passkey' });
  });

  test('ASVS 6.7.2 a challenge is worth one answer, in its own session, in time', async () => {
    const { officer, authenticator } = await withPasskey();
    const [a, b] = [await enterPassword(rig, officer), await enterPassword(rig, officer)];
    const send = (client: typeof a, passkey: object) => client.post('/api/session/passkey', { passkey });
    const forA = await challenge(a, 'login');
    expect((await send(b, authenticator.show(forA))).statusCode).toBe(401);
    await challenge(b, 'login');
    expect((await send(b, authenticator.show(forA))).statusCode).toBe(401);
    rig.time.now += minutes(2);
    expect((await send(a, authenticator.show(forA))).statusCode).toBe(401);
    const later = await challenge(a, 'login');
    const answer = authenticator.show(later);
    expect((await send(a, answer)).statusCode).toBe(200);
    const replay = await enterPassword(rig, officer);
    expect((await send(replay, answer)).statusCode).toBe(401);
  });

  test('a count of uses that does not grow is refused and recorded as a copy; only a right signature says so', async () => {
    const { officer, authenticator } = await withPasskey();
    const client = await enterPassword(rig, officer);
    expect((await showPasskey(client, authenticator, { counter: 7 })).statusCode).toBe(200);
    const copy = await enterPassword(rig, officer);
    expect(said(await showPasskey(copy, authenticator, { counter: 7 }))).toEqual([401, 'bad-credentials']);
    expect((await lastEntry()).detail).toMatchObject({ cause: 'copied', reason: 'passkey-copied' });
    // The entry raises an alert; the owner is told as well, whichever of the two it was.
    expect((await client.get('/api/session')).json().credentialChanges).toContainEqual({
      at: rig.time.now,
      what: 'passkey-copied',
    });
    const forged = authenticator.show(await challenge(copy, 'login'), { counter: 7 });
    forged.signature = forged.signature.slice(0, -4).concat('AAAA');
    await copy.post('/api/session/passkey', { passkey: forged });
    expect((await lastEntry()).detail).toMatchObject({ cause: 'bad-signature' });
    expect((await showPasskey(copy, authenticator, { counter: 8 })).statusCode).toBe(200);
  });

  test('five wrong ones close the passkey for five minutes, and the code stays open', async () => {
    const { officer, authenticator } = await withPasskey();
    const client = await enterPassword(rig, officer);
    const wrong = () => showPasskey(client, authenticator, { origin: 'https://evil.invalid' });
    for (let i = 0; i < 5; i++) expect((await wrong()).statusCode).toBe(401);
    expect((await showPasskey(client, authenticator)).statusCode).toBe(429);
    rig.time.now += minutes(5);
    expect((await showPasskey(client, authenticator)).statusCode).toBe(200);
  });
});

describe('a passkey in an open session', () => {
  const action = 'officer.activate';
  const hash = 'ab'.repeat(32);

  test('ASVS 7.5.3 raises it for the one act and hash it was asked for', async () => {
    const { client, authenticator } = await withPasskey();
    const passkey = async () => authenticator.show(await challenge(client, 'step-up', { action, hash }));
    const stepUp = async (more: object) =>
      client.post('/api/session/step-up', { passkey: await passkey(), ...more });
    expect((await stepUp({ action, hash: 'cd'.repeat(32) })).statusCode).toBe(401);
    expect((await lastEntry()).detail).toMatchObject({ cause: 'other-act' });
    expect((await stepUp({ action: 'approval.approve', hash })).statusCode).toBe(401);
    expect((await stepUp({})).statusCode).toBe(401);
    expect((await stepUp({ action, hash })).statusCode).toBe(200);
    const { sid } = JSON.parse(
      Buffer.from(client.cookies.get('__Host-kuzot')!.split('.')[1]!, 'base64url').toString(),
    );
    expect((await rig.gate.reader.access.standing(sid))?.stepUpFor).toBe(`${action}:${hash}`);
  });

  test('what was asked for one purpose does not serve another', async () => {
    const { officer, client, authenticator } = await withPasskey();
    const entering = await enterPassword(rig, officer);
    for (const [who, purpose] of [
      [client, 'login'],
      [client, 'unlock'],
      [entering, 'step-up'],
      [entering, 'unlock'],
    ] as const) {
      const asked = await who.post('/api/session/passkeys/challenge', { purpose });
      expect([purpose, ...said(asked)]).toEqual([purpose, 409, 'wrong-state']);
    }
    await rig.stepUp(client, officer, 'session.passkey-begin');
    const begun = (await client.post(begin, { password: officer.password })).json();
    const shown = await client.post('/api/session/step-up', { passkey: authenticator.show(begun) });
    expect([shown.statusCode, (await lastEntry()).detail.cause]).toEqual([401, 'no-challenge']);
  });

  test('a step-up takes a code or a passkey, never both or neither, and never a recovery code', async () => {
    const { officer, client, authenticator } = await withPasskey();
    const passkey = authenticator.show(await challenge(client, 'step-up'));
    for (const body of [{}, { code: rig.code(officer), passkey }, { recovery: 'x' }])
      expect((await client.post('/api/session/step-up', body)).statusCode).toBe(400);
  });

  test('R48 unlocks the screen', async () => {
    const { client, authenticator } = await withPasskey();
    rig.time.now += minutes(11);
    expect((await client.get('/api/purposes')).statusCode).toBe(423);
    const unlock = (passkey?: object) => client.post('/api/session/unlock', passkey ? { passkey } : {});
    expect(said(await unlock())).toEqual([400, 'bad-request']);
    const wrong = authenticator.show(await challenge(client, 'unlock'), { userVerified: false });
    expect((await unlock(wrong)).statusCode).toBe(401);
    expect((await client.get('/api/purposes')).statusCode).toBe(423);
    expect((await unlock(authenticator.show(await challenge(client, 'unlock')))).statusCode).toBe(200);
    expect((await client.get('/api/purposes')).statusCode).toBe(200);
  });
});

describe('removing a passkey', () => {
  const remove = async (
    client: Awaited<ReturnType<typeof withPasskey>>['client'],
    officer: TestOfficer,
    id: string,
  ) => {
    await rig.stepUp(client, officer, 'session.passkey-remove', removalHash(id));
    return client.post(`/api/session/passkeys/${id}/actions/remove`, { password: officer.password });
  };
  const first = async (client: Awaited<ReturnType<typeof withPasskey>>['client']): Promise<string> =>
    (await client.get('/api/session/factors')).json().passkeys[0].id;

  test('ASVS 6.5.6 it opens nothing any more, not even a log-in that has begun, and other sessions end', async () => {
    const { officer, client, authenticator } = await withPasskey();
    const elsewhere = await enterPassword(rig, officer);
    expect((await showPasskey(elsewhere, authenticator)).statusCode).toBe(200);
    const begun = await enterPassword(rig, officer, rig.client());
    const passkey = authenticator.show(await challenge(begun, 'login'));
    const id = await first(client);
    const asked = await client.post(`/api/session/passkeys/${id}/actions/remove`, {
      password: officer.password,
    });
    expect(asked.json()).toMatchObject({ action: 'session.passkey-remove', hash: removalHash(id) });
    expect((await remove(client, officer, id)).statusCode).toBe(200);
    expect((await elsewhere.get('/api/purposes')).statusCode).toBe(401);
    expect((await begun.post('/api/session/passkey', { passkey })).statusCode).toBe(401);
    expect((await client.get('/api/session/factors')).json().passkeys).toEqual([]);
    const fresh = await enterPassword(rig, officer);
    expect((await fresh.post('/api/session/passkeys/challenge', { purpose: 'login' })).statusCode).toBe(409);
  });

  test('somebody else’s does not exist', async () => {
    const { client: owner } = await withPasskey();
    const { officer, client } = await withPasskey();
    const id = await first(owner);
    expect((await remove(client, officer, id)).statusCode).toBe(404);
    const named = await client.post(`/api/session/passkeys/${id}/actions/rename`, { name: 'x' });
    expect(named.statusCode).toBe(404);
  });

  test('“this was not me” takes passkeys and recovery codes too', async () => {
    const { officer, client } = await withPasskey();
    expect((await client.post('/api/session/not-me')).statusCode).toBe(200);
    expect(await rig.gate.reader.factors.passkeys(officer.id)).toEqual([]);
  });
});

test('neither a signature nor a key nor a challenge stands in any entry', async () => {
  const { officer, client, authenticator } = await withPasskey();
  const asked = await challenge(client, 'step-up');
  const passkey = authenticator.show(asked);
  await client.post('/api/session/step-up', { passkey });
  const [stored] = await rig.gate.reader.factors.passkeys(officer.id);
  const everything = JSON.stringify(await rig.entries());
  for (const secret of [asked.challenge, passkey.signature, passkey.id, stored!.publicKey])
    expect(everything).not.toContain(secret);
});
