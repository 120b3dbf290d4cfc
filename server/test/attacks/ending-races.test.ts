// Somebody inside an account adds to it in the very moment in which it is taken from them: after what ends it was read, before it
// is written. On both engines whatever they added is gone with the rest, and what comes a moment later meets its session ended.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rig as Databases, startRig } from '#db/conformance/rig.ts';
import { systemContext } from '#server/gate/context.ts';
import { enableExecutor } from '#server/officers/enable.ts';
import { resetExecutor } from '#server/officers/reset.ts';
import { type Client, openRig, type Rig, type TestOfficer } from '#server/test/access-rig.ts';
import { placeOn, settings } from '#server/test/both-engines.ts';
import {
  enterPassword,
  makeRecoveryCodes,
  newAuthenticator,
  registerPasskey,
} from '#server/test/factors-scene.ts';
import { interposer } from '#server/test/interposed.ts';

const noRequests = () => [];

describe.each(settings)('in the moment an account ends, on %s', (on) => {
  let databases: Databases;
  let rig: Rig;
  const moment = interposer();

  beforeAll(async () => {
    databases = await startRig(on === 'sqlite' ? on : 'postgres');
    const place = await databases.fresh();
    rig = await openRig({ limits: false, place: placeOn(on, place, moment.wrap) });
  }, 120_000);
  afterAll(async () => {
    await rig?.close();
    await databases?.stop();
  });

  /** A passkey made and ready to be handed in. */
  async function atTheDoor(client: Client, officer: TestOfficer) {
    await rig.stepUp(client, officer, 'session.passkey-begin');
    const begun = await client.post('/api/session/passkeys/registration', { password: officer.password });
    const made = newAuthenticator().make(begun.json());
    return () => client.post('/api/session/passkeys', { name: 'Ачкыч', made });
  }

  const left = async (officer: string) => ({
    passkeys: (await rig.gate.reader.factors.passkeys(officer)).length,
    codes: (await rig.gate.reader.factors.recoveryCodes(officer)).made,
    devices: (await rig.gate.reader.access.devices(officer)).length,
    sessions: (await rig.gate.reader.access.unendedSessions(officer)).length,
  });
  const nothing = { passkeys: 0, codes: 0, devices: 0, sessions: 0 };

  /** Carries out what two approved, as the vote's commit does. */
  async function carryOut(what: 'reset' | 'enable', officer: string) {
    const execute = what === 'reset' ? resetExecutor(noRequests) : enableExecutor(rig.macs);
    const outcome = await rig.gate.change(systemContext('test', rig.time.now, what), 'officer.reset', {
      locate: async () => ({ record: null, unit: null }),
      async decide(_none, reader) {
        const { version } = (await reader.officers.byId(officer))!.officer;
        const execution = await execute(reader, JSON.stringify({ officer, version }), {
          at: rig.time.now,
        });
        if ('kind' in execution) return execution;
        return { kind: 'change', changes: execution.changes, value: null, about: {} };
      },
    });
    expect(outcome.kind).toBe('done');
  }

  test('“this was not me”: a passkey registered meanwhile opens nothing, nor do codes or a log-in', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const owner = await rig.logIn(officer);
    const intruder = await rig.logIn(officer, rig.client('10.6.6.6'));
    const handIn = await atTheDoor(intruder, officer);
    moment.before('session.not-me', async () => {
      expect((await handIn()).statusCode).toBe(200);
      await makeRecoveryCodes(rig, intruder, officer);
      await rig.logIn(officer, rig.client('10.6.6.7'));
      expect(await left(officer.id)).toMatchObject({ passkeys: 1, codes: 10, sessions: 3 });
    });
    expect((await owner.post('/api/session/not-me')).statusCode).toBe(200);
    expect(await left(officer.id)).toEqual(nothing);
    expect((await intruder.get('/api/session/factors')).statusCode).toBe(401);
  });

  test('“this was not me” first: the passkey handed in a moment later is not kept', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const owner = await rig.logIn(officer);
    const handIn = await atTheDoor(await rig.logIn(officer, rig.client('10.6.6.6')), officer);
    moment.before('session.passkey-add', async () => {
      expect((await owner.post('/api/session/not-me')).statusCode).toBe(200);
    });
    expect((await handIn()).statusCode).toBe(409);
    expect(await left(officer.id)).toEqual(nothing);
  });

  test.each(['reset', 'enable'] as const)('%s: nothing added meanwhile comes back with it', async (what) => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const intruder = await rig.logIn(officer, rig.client('10.6.6.6'));
    const handIn = await atTheDoor(intruder, officer);
    if (what === 'enable')
      await rig.write([
        { op: 'update', table: 'officer', key: { id: officer.id }, set: { state: 'disabled' } },
      ]);
    moment.before('officer.reset', async () => {
      // What a disabled account's hands had under way is written as it would be: the session is still there.
      const made =
        what === 'reset'
          ? (await handIn()).statusCode
          : await rig
              .write([
                {
                  op: 'insert',
                  table: 'passkey',
                  row: {
                    ...{ id: 'late-key', officer: officer.id, credential: 'late', publicKey: '' },
                    ...{ counter: 0, transports: '', synced: 0, name: '', createdAt: 1, usedAt: null },
                  },
                },
              ])
              .then(() => 200);
      expect(made).toBe(200);
      expect((await left(officer.id)).passkeys).toBe(1);
    });
    await carryOut(what, officer.id);
    expect(await left(officer.id)).toEqual(nothing);
  });

  test('suspicion and disabling: a log-in begun meanwhile is ended with the others', async () => {
    for (const [act, body] of [
      ['end-sessions', { reason: 'Башка тармактан кирүү байкалды' }],
      ['disable', { reason: 'Кызматтан бошотулду', expectedVersion: 1 }],
    ] as const) {
      const officer = await rig.addOfficer('auditor', 'CEC');
      const admin = await rig.logIn(await rig.addOfficer('central-admin', 'CEC'));
      moment.before(`officer.${act}`, async () => {
        await enterPassword(rig, officer);
        expect((await left(officer.id)).sessions).toBe(1);
      });
      const done = await admin.post(`/api/officers/${officer.id}/actions/${act}`, body);
      expect([act, done.statusCode, done.body]).toMatchObject([act, 200, expect.any(String)]);
      expect(moment.isSpent).toBe(true);
      expect((await left(officer.id)).sessions).toBe(0);
    }
  });

  test('an account disabled while its screen is unlocked stays shut', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const owner = await rig.logIn(officer);
    const admin = await rig.logIn(await rig.addOfficer('central-admin', 'CEC'));
    expect((await owner.post('/api/session/lock')).statusCode).toBe(200);
    moment.before('session.unlock', async () => {
      const body = { reason: 'Кызматтан бошотулду', expectedVersion: 1 };
      const done = await admin.post(`/api/officers/${officer.id}/actions/disable`, body);
      expect(done.statusCode).toBe(200);
    });
    expect((await owner.post('/api/session/unlock', { password: officer.password })).statusCode).toBe(409);
    expect((await owner.post('/api/session/unlock', { password: officer.password })).statusCode).toBe(401);
    expect(await left(officer.id)).toMatchObject({ sessions: 0 });
  });

  test('ASVS 7.4.3 a changed password ends a log-in begun meanwhile, and not the session that changed it', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const owner = await rig.logIn(officer);
    moment.before('session.password', async () => {
      await enterPassword(rig, officer, rig.client('10.6.6.6'));
    });
    const changed = await owner.post('/api/session/password', {
      current: officer.password,
      new: 'Cobalt-Harbor-62!x',
    });
    expect([changed.statusCode, changed.body]).toEqual([200, '{"stage":"open"}']);
    expect((await left(officer.id)).sessions).toBe(1);
    expect((await owner.get('/api/session')).statusCode).toBe(200);
  });

  test('ASVS 7.4.3 of two sessions that each end the others in one moment, one is left', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const keys = await rig.logIn(officer);
    await registerPasskey(rig, keys, officer);
    await registerPasskey(rig, keys, officer);
    const ids = (await rig.gate.reader.factors.passkeys(officer.id)).map(({ id }) => id);
    const others = await rig.logIn(officer, rig.client('10.6.6.6'));
    for (const [i, client] of [keys, others].entries()) {
      const url = `/api/session/passkeys/${ids[i]}/actions/remove`;
      const { action, hash } = (await client.post(url, { password: officer.password })).json() as {
        action: string;
        hash: string;
      };
      await rig.stepUp(client, officer, action, hash);
    }
    const remove = (client: Client, i: number) =>
      client.post(`/api/session/passkeys/${ids[i]}/actions/remove`, { password: officer.password });
    moment.before('session.passkey-remove', async () => {
      expect((await remove(others, 1)).statusCode).toBe(200);
    });
    expect((await remove(keys, 0)).statusCode).toBe(409);
    expect(moment.isSpent).toBe(true);
    expect(await left(officer.id)).toMatchObject({ passkeys: 1, sessions: 1 });
  });
});
