// Fifty hands at once on one second factor, on both engines: one opens, the others are refused, and each leaves its entry
// (ASVS 6.5.1, 6.7.2, 15.4.2).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Rig as Databases, startRig } from '#db/conformance/rig.ts';
import type { CommitUnit, Store } from '#db/store.ts';
import { type Client, openRig, type Rig } from '#server/test/access-rig.ts';
import { placeOn, settings } from '#server/test/both-engines.ts';
import { challenge, enterPassword, makeRecoveryCodes, registerPasskey } from '#server/test/factors-scene.ts';
import { takeChallenge } from './proof.ts';

const hands = 50;

/** Everybody waits for the last of so many hands. */
function allTogether(): () => Promise<void> {
  let came = 0;
  let go = () => {};
  const all = new Promise<void>((resolve) => {
    go = resolve;
  });
  return () => {
    came += 1;
    if (came === hands) go();
    return all;
  };
}

describe.each(settings)('fifty at once on %s', (on) => {
  let databases: Databases;
  let rig: Rig;
  /** Comes before each commit: in a race none is written before all have read what they decide by. */
  let before: () => Promise<void> = async () => {};
  beforeAll(async () => {
    databases = await startRig(on === 'sqlite' ? on : 'postgres');
    const place = await databases.fresh();
    const inStep = <S extends Store>(store: S): S => ({
      ...store,
      async commit(unit: CommitUnit) {
        await before();
        return store.commit(unit);
      },
    });
    rig = await openRig({ limits: false, place: placeOn(on, place, inStep) });
  }, 120_000);
  afterAll(async () => {
    await rig?.close();
    await databases?.stop();
  });

  /** Statuses and how many entries of the act were made, by outcome. */
  async function race(act: string, clients: Client[], url: string, body: object) {
    const { size } = rig.store.status();
    before = allTogether();
    const replies = await Promise.all(clients.map((client) => client.post(url, body)));
    before = async () => {};
    const made = (await rig.entries()).slice(size).filter(({ leaf }) => leaf.act === act);
    return {
      opened: replies.filter((reply) => reply.statusCode === 200).length,
      refused: replies.filter((reply) => reply.statusCode === 401).length,
      entries: made.length,
      done: made.filter(({ leaf }) => leaf.outcome === 'done').length,
    };
  }
  const one = { opened: 1, refused: hands - 1, entries: hands, done: 1 };
  const desks = (work: (i: number) => Promise<Client>) =>
    Promise.all(Array.from({ length: hands }, (_, i) => work(i)));

  test('ASVS 6.5.1 a one-time code opens one of fifty sessions', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const clients = await desks((i) => enterPassword(rig, officer, rig.client(`10.50.0.${i}`)));
    expect(await race('session.totp', clients, '/api/session/totp', { code: rig.code(officer) })).toEqual(
      one,
    );
  }, 120_000);

  test('ASVS 6.5.1 a recovery code opens one of fifty sessions and is gone', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const [code] = await makeRecoveryCodes(rig, await rig.logIn(officer), officer);
    const clients = await desks((i) => enterPassword(rig, officer, rig.client(`10.51.0.${i}`)));
    expect(await race('session.recovery', clients, '/api/session/recovery', { code })).toEqual(one);
    expect((await rig.gate.reader.factors.recoveryCodes(officer.id)).left).toBe(9);
  }, 120_000);

  test('recovery codes made in two sessions at once: one set counts, and it is the last', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const sessions = [await rig.logIn(officer), await rig.logIn(officer, rig.client('10.52.0.1'))];
    // Each earlier set is there to be counted, once none is.
    for (let round = 0; round < 3; round++) {
      for (const client of sessions) await rig.stepUp(client, officer, 'session.recovery-codes');
      const replies = await Promise.all(
        sessions.map((client) => client.post('/api/session/recovery-codes', { password: officer.password })),
      );
      expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
      const sets = replies.map((reply) => reply.json<{ codes: string[] }>().codes);
      expect((await rig.gate.reader.factors.recoveryCodes(officer.id)).left).toBe(10);
      const open = await Promise.all(
        sets.map(async ([code]) => {
          const client = await enterPassword(rig, officer, rig.client(`10.53.0.${round}`));
          return (await client.post('/api/session/recovery', { code })).statusCode;
        }),
      );
      expect(open.toSorted()).toEqual([200, 401]);
    }
  }, 120_000);

  test('ASVS 6.7.2 a challenge is answered once, be the answer sent fifty times', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    const authenticator = await registerPasskey(rig, await rig.logIn(officer), officer);
    const client = await enterPassword(rig, officer);
    const passkey = authenticator.show(await challenge(client, 'login'));
    const cookie = client.cookies.get('__Host-kuzot')!;
    const windows = Array.from({ length: hands }, () => {
      const window = rig.client();
      window.cookies.set('__Host-kuzot', cookie);
      return window;
    });
    expect(await race('session.passkey', windows, '/api/session/passkey', { passkey })).toEqual(one);
  }, 120_000);

  test('6.7.2 a challenge is taken once, whatever comes of it', async () => {
    const officer = await rig.addOfficer('auditor', 'CEC');
    await registerPasskey(rig, await rig.logIn(officer), officer);
    const client = await enterPassword(rig, officer);
    const { challenge: asked } = await challenge(client, 'login');
    const { sid } = JSON.parse(
      Buffer.from(client.cookies.get('__Host-kuzot')!.split('.')[1]!, 'base64url').toString(),
    ) as { sid: string };
    const taken = await Promise.all(
      Array.from({ length: hands }, () => takeChallenge(rig, sid, 'login', rig.time.now)),
    );
    expect(taken.filter(Boolean).map((row) => row?.challenge)).toEqual([asked]);
  }, 120_000);
});
