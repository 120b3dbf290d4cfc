// Somebody with the database in their hands, but not the keys, on both engines: whatever they write of an account, a session, a
// passkey or a commission opens nothing, and is told in the log. What officials do to such an account does not make it good.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Rig as Databases, startRig } from '#db/conformance/rig.ts';
import type { Change } from '#db/store.ts';
import { systemContext } from '#server/gate/context.ts';
import { enableExecutor } from '#server/officers/enable.ts';
import { changeOfficer } from '#server/officers/records.ts';
import { type Client, openRig, type Rig, type TestOfficer } from '#server/test/access-rig.ts';
import { engines } from '#server/test/both-engines.ts';
import { enterPassword, newAuthenticator, registerPasskey, showPasskey } from '#server/test/factors-scene.ts';
import { addCommissions } from '#server/voters/commissions-sink.ts';
import { whileSignedIn } from './terminal.ts';

const settings = engines.map((engine) => ({ engine, isAlone: engine === 'sqlite' }));

describe.each(settings)('written past the server on $engine', ({ engine, isAlone }) => {
  let databases: Databases;
  let rig: Rig;
  let sql: (text: string) => Promise<unknown>;
  let insider: TestOfficer;
  let client: Client;
  let chief: TestOfficer;

  beforeAll(async () => {
    databases = await startRig(engine);
    const place = await databases.fresh();
    sql = place.sql;
    rig = await openRig({ limits: false, place });
  });
  afterAll(async () => {
    await rig?.close();
    await databases?.stop();
  });
  beforeEach(async () => {
    insider = await rig.addOfficer('precinct-member', '1001');
    chief = await rig.addOfficer('central-admin', 'CEC');
    client = await rig.logIn(insider);
    expect((await client.get('/api/session')).statusCode).toBe(200);
  });

  let writes = 0;
  /** Written past the server, which notices nothing until it writes something itself. */
  async function put(table: string, key: string, set: string) {
    await sql(`update ${table} set ${set} where ${key}`);
    writes += 1;
    await rig.write([
      { op: 'ensure', table: 'device', row: { officer: 'nobody', hash: `${writes}`, seenAt: writes } },
    ]);
  }
  const status = async () => (await client.get('/api/session')).statusCode;
  const logInAgain = (officer = insider) =>
    rig.client().post('/api/session', { login: officer.login, password: officer.password });

  test.each([
    ['a role', "role = 'central-admin'"],
    ['another unit', "commission = 'CEC'"],
    ['a name', "surname = 'Башкабаев'"],
    ['a clearance', "clearance_until = '2099-12-31'"],
    ['who registered it', "created_by = 'nobody'"],
    ['a version', 'version = version + 1'],
    ['no code', 'duty_mac = null'],
    ['the code of another', "duty_mac = (select o.duty_mac from officer o where o.id = 'CHIEF')"],
  ])('%s: the session ends at the next request, and no log-in brings it back', async (_, set) => {
    await put('officer', `id = '${insider.id}'`, set.replace('CHIEF', chief.id));
    expect(await status()).toBe(401);
    await rig.access.flush();
    expect((await rig.entries()).at(-1)).toMatchObject({
      leaf: { act: 'session.refused', outcome: 'denied' },
      detail: { reason: 'account-forged', count: 1, officer: insider.id },
    });
    expect((await logInAgain()).statusCode).toBe(401);
    expect((await rig.entries()).at(-1)).toMatchObject({
      leaf: { act: 'session.login', outcome: 'denied', actor: insider.id },
      detail: { reason: 'account-forged' },
    });
  });

  test.each([
    ['is another officer’s', "officer = 'CHIEF'"],
    ['showed a factor just now', 'factor_at = factor_at + 1'],
    ['was raised for an act', "step_up_for = 'list.export:', step_up_at = started_at"],
    ['lasts longer', 'ends_at = ends_at + 1'],
    ['has no code', 'mac = null'],
  ])('a session that %s is none', async (_, set) => {
    await put('session', `officer = '${insider.id}'`, set.replace('CHIEF', chief.id));
    expect(await status()).toBe(401);
  });

  test('a session at its second factor is not opened by writing so', async () => {
    const halfway = await enterPassword(rig, insider);
    await put('session', `officer = '${insider.id}' and stage = 'totp'`, "stage = 'open'");
    expect((await halfway.get('/api/session')).statusCode).toBe(401);
  });

  test('the hash of a known password, put in another’s place, is no password', async () => {
    const known = `(select o.password_hash from officer o where o.id = '${insider.id}')`;
    await put('officer', `id = '${chief.id}'`, `password_hash = ${known}`);
    const as = { ...chief, password: insider.password };
    expect((await logInAgain(as)).statusCode).toBe(401);
    // Nor with the code that belongs to it there.
    const code = `(select o.credentials_mac from officer o where o.id = '${insider.id}')`;
    await put('officer', `id = '${chief.id}'`, `credentials_mac = ${code}`);
    expect((await logInAgain(as)).statusCode).toBe(401);
  });

  test('a second factor taken away is not enrolled anew', async () => {
    await put('officer', `id = '${insider.id}'`, 'totp_seed = null, totp_confirmed_at = null');
    expect((await logInAgain()).statusCode).toBe(401);
  });

  test('a passkey moved to another account is not accepted there', async () => {
    const authenticator = await registerPasskey(rig, client, insider, newAuthenticator());
    await put('passkey', `officer = '${insider.id}'`, `officer = '${chief.id}'`);
    const halfway = await enterPassword(rig, chief);
    expect((await showPasskey(halfway, authenticator)).statusCode).toBe(401);
    const refused = (await rig.entries()).at(-1)!;
    expect(refused.detail).toMatchObject({ reason: 'account-forged', cause: 'account-forged' });
  });

  test.each([
    ['one’s own commission higher in the tree', '1001', '/CEC/'],
    ['one’s own commission as another root', '1001', '/1001/'],
    ['another commission below one’s own', '2001', '/CEC/D1/T1/1001/2001/'],
  ])('%s: whoever sits there reaches nothing', async (_, code, path) => {
    const before = await rig.rowsOf<{ path: string }>(`select path from commission where code = '${code}'`);
    if (path === '/CEC/') await put('commission', "code = 'CEC'", "path = '/X/'");
    await put('commission', `code = '${code}'`, `path = '${path}'`);
    try {
      expect(await status()).toBe(401);
    } finally {
      await put('commission', `code = '${code}'`, `path = '${before[0]!.path}'`);
      await put('commission', "code = 'CEC'", "path = '/CEC/'");
    }
    expect(await status()).toBe(200);
  });

  test('put back as the server wrote it, an account opens again', async () => {
    await put('officer', `id = '${insider.id}'`, "role = 'auditor'");
    expect(await status()).toBe(401);
    await put('officer', `id = '${insider.id}'`, "role = 'precinct-member'");
    expect(await status()).toBe(200);
  });

  test('put back as it was before the server changed it, it does not', async () => {
    const admin = await rig.logIn(chief);
    const [before] = await rig.rowsOf<{ code: string }>(
      `select duty_mac as code from officer where id = '${insider.id}'`,
    );
    const absence = { from: '2025-12-01', until: '2025-12-02' };
    const url = `/api/officers/${insider.id}/actions/absence`;
    expect((await admin.post(url, { expectedVersion: 1, ...absence })).statusCode).toBe(200);
    expect(await status()).toBe(200);
    const then = 'absent_from = null, absent_until = null, version = 1';
    await put('officer', `id = '${insider.id}'`, `${then}, duty_mac = '${before!.code}'`);
    expect(await status()).toBe(401);
  });

  test('what officials change of a forged account leaves it forged', async () => {
    const admin = await rig.logIn(chief);
    await put('officer', `id = '${insider.id}'`, "role = 'auditor'");
    const clearance = { order: '18-к', level: 'personal', until: '2027-12-30' };
    const changed = await admin.post(`/api/officers/${insider.id}/actions/clearance`, {
      expectedVersion: 1,
      clearance,
    });
    expect(changed.statusCode).toBe(200);
    expect([await status(), (await logInAgain()).statusCode]).toEqual([401, 401]);
  });

  test('what the server writes opens as before: clearance, password, factor', async () => {
    const admin = await rig.logIn(chief);
    const clearance = { order: '18-к', level: 'personal', until: '2027-12-30' };
    const changed = await admin.post(`/api/officers/${insider.id}/actions/clearance`, {
      expectedVersion: 1,
      clearance,
    });
    expect([changed.statusCode, await status()]).toEqual([200, 200]);
    const password = 'Saffron/Bridge/62';
    const set = await client.post('/api/session/password', { current: insider.password, new: password });
    expect([set.statusCode, await status()]).toEqual([200, 200]);
    expect((await rig.stepUp(client, insider)).statusCode).toBe(200);
    await rig.logIn({ ...insider, password });
  });

  const row = async ({ id }: TestOfficer) =>
    (
      await rig.rowsOf<Record<string, string | number | null>>(`select * from officer where id = '${id}'`)
    )[0]!;

  test('an ended session put back is none, though the old cookie is right', async () => {
    const other = await rig.logIn(insider);
    expect((await other.post('/api/session/not-me')).statusCode).toBe(200);
    await put('session', `officer = '${insider.id}'`, 'ended_at = null');
    expect([await status(), (await other.get('/api/session')).statusCode]).toEqual([401, 401]);
  });

  test('a disabled account put back as it was opens nothing, with no request in between', async () => {
    const before = await row(insider);
    const admin = await rig.logIn(chief);
    const disable = { expectedVersion: 1, reason: 'күнөөлүү деп шектелет' };
    const url = `/api/officers/${insider.id}/actions/disable`;
    expect((await admin.post(url, disable)).statusCode).toBe(200);
    const then = `state = 'active', version = 1, duty_mac = '${before.duty_mac}'`;
    await put('officer', `id = '${insider.id}'`, then);
    await put('session', `officer = '${insider.id}'`, 'ended_at = null');
    expect([await status(), (await logInAgain()).statusCode]).toEqual([401, 401]);
  });

  test('nobody is led to another seed by what is written between the steps of a log-in', async () => {
    const halfway = await enterPassword(rig, insider);
    await put('officer', `id = '${insider.id}'`, 'totp_confirmed_at = null');
    expect((await halfway.post('/api/session/totp/enrol')).statusCode).toBe(401);
    await put('officer', `id = '${insider.id}'`, 'password_temporary = 1');
    expect((await halfway.post('/api/session/totp', { code: rig.code(insider) })).statusCode).toBe(401);
  });

  test.each([
    [
      'an issued password that is over',
      'password_temporary = 0, password_expires_at = null',
      { passwordExpiresAt: 1 },
    ],
    ['a password that must be changed', 'password_temporary = 0', {}],
  ])('%s is not made good', async (_, set, over) => {
    const officer = await rig.addOfficer('auditor', 'CEC', { passwordTemporary: 1, ...over });
    await put('officer', `id = '${officer.id}'`, set);
    expect((await logInAgain(officer)).statusCode).toBe(401);
  });

  test('a hash of a known password does not let one set another', async () => {
    const known = `(select o.password_hash from officer o where o.id = '${chief.id}')`;
    await put('officer', `id = '${insider.id}'`, `password_hash = ${known}`);
    const changed = await client.post('/api/session/password', {
      current: chief.password,
      new: 'Saffron/Bridge/62',
    });
    expect(changed.statusCode).toBe(401);
  });

  test('a commission made to look higher gives nobody a duty that others must grant', async () => {
    const officer = await rig.addOfficer('auditor', 'T1');
    const admin = await rig.logIn(chief);
    const url = `/api/officers/${officer.id}/actions/role`;
    const move = () => admin.post(url, { expectedVersion: 1, role: 'auditor', commission: 'CEC' });
    expect((await move()).json().type).toContain('second-person-required');
    await put('commission', "code = 'T1'", "level = 'CEC'");
    const moved = await move();
    await put('commission', "code = 'T1'", "level = 'TEC'");
    expect(moved.json().type).toContain('second-person-required');
  });

  test.each([
    ['changed', "update officer_version set state = 'issued'"],
    ['taken away', 'delete from officer_version'],
  ])('a history that was %s grants nothing to a disabled account that comes back', async (_, attack) => {
    const admin = await rig.logIn(chief);
    const made = await admin.post('/api/officers', {
      ...{ login: `late${engine}${attack.length}`, surname: 'Кечиккен', givenName: 'Адам', role: 'auditor' },
      ...{ commission: 'CEC', clearance: { order: '17-к', level: 'personal', until: '2027-12-31' } },
    });
    const { id, state } = made.json() as { id: string; state: string };
    expect(state).toBe('requested');
    const disable = { expectedVersion: 1, reason: 'күнөөлүү деп шектелет' };
    expect((await admin.post(`/api/officers/${id}/actions/disable`, disable)).statusCode).toBe(200);
    await sql(`${attack} where officer = '${id}' and version = 1`);
    const payload = JSON.stringify({ officer: id, version: 2 });
    const { changes } = (await enableExecutor(rig.macs)(rig.store.reader, payload, { at: rig.time.now })) as {
      changes: Change[];
    };
    expect(changes[0]).toMatchObject({ table: 'officer', set: { state: 'requested' } });
  });

  test('what was forged while it was read, and is right again when it is written, is met as another row', async () => {
    const officer = await rig.addOfficer('central-admin', 'CEC', {
      state: 'requested',
      createdBy: 'another',
    });
    const { officer: read } = (await rig.store.reader.officers.byId(officer.id))!;
    const changes = changeOfficer({ ...read, state: 'issued' }, { state: 'active' }, rig.time.now);
    await expect(rig.write(changes)).rejects.toThrow('stale');
    expect(await row(officer)).toMatchObject({ state: 'requested', version: 1 });
  });

  test('a path that was read before the tree was put right again is proved by nothing', async () => {
    const [session] = await rig.rowsOf<{ id: string }>(
      `select id from session where officer = '${insider.id}' and ended_at is null`,
    );
    const standing = (await rig.store.reader.access.standing(session!.id))!;
    const { isGenuine } = rig.access.room;
    expect(await isGenuine(standing)).toBe(true);
    for (const path of ['/CEC/', '/CEC/D1/']) expect(await isGenuine({ ...standing, path })).toBe(false);
  });

  test('a role forged between password and code is none at a terminal', async () => {
    const { room } = rig.access;
    const forging: typeof room = {
      ...room,
      async showCode(ctx, code) {
        await put('officer', `id = '${insider.id}'`, "role = 'central-admin', commission = 'CEC'");
        return room.showCode(ctx, code);
      },
    };
    rig.time.now += 30_000;
    const shown = { login: insider.login, password: insider.password, code: rig.code(insider) };
    let acted = 0;
    const signedIn = whileSignedIn(
      { room: forging, reader: rig.store.reader, clock: () => rig.time.now },
      shown,
      async (context) => {
        await context();
        acted += 1;
        return { kind: 'done', value: 1, entry: 1 };
      },
    );
    expect((await signedIn).kind).not.toBe('done');
    expect(acted).toBe(0);
  });

  test('a session put back as it was before its last step is none, where no other server writes', async () => {
    const cookies = [...client.cookies];
    const kept = ['rotation', 'factor_at', 'factor_by', 'step_up_for', 'step_up_at', 'mac'];
    const [before] = await rig.rowsOf<Record<string, string | number | null>>(
      `select id, ${kept.join()} from session where officer = '${insider.id}'`,
    );
    expect((await rig.stepUp(client, insider)).statusCode).toBe(200);
    const thief = rig.client();
    for (const [name, value] of cookies) thief.cookies.set(name, value);
    const set = kept.map((name) => `${name} = ${before![name] === null ? 'null' : `'${before![name]}'`}`);
    await put('session', `id = '${before!.id}'`, set.join());
    expect((await thief.get('/api/session')).statusCode).toBe(isAlone ? 401 : 200);
  });

  test('earlier credentials put back, from before a factor was confirmed, open nothing where no other server writes', async () => {
    const fresh = await rig.addOfficer('auditor', 'CEC', { totpSeed: null, totpConfirmedAt: null });
    const first = rig.client();
    await first.post('/api/session', { login: fresh.login, password: fresh.password });
    const { credentials_mac: code } = await row(fresh);
    const enrolled = await first.post('/api/session/totp/enrol');
    rig.time.now += 30_000;
    expect(
      (await first.post('/api/session/totp', { code: rig.code(enrolled.json().secret) })).statusCode,
    ).toBe(200);
    const then = `totp_seed = null, totp_confirmed_at = null, credentials_mac = '${code}'`;
    await put('officer', `id = '${fresh.id}'`, then);
    expect((await logInAgain(fresh)).statusCode).toBe(isAlone ? 401 : 200);
  });

  test('nothing is hung below a commission that is not where the server placed it', async () => {
    const names = { nameKy: 'Ж', nameRu: 'Н', nameEn: 'N', address: '' };
    const child = { code: '9001', level: 'PEC' as const, parent: 'T2', ...names };
    const ctx = systemContext('import', rig.time.now, crypto.randomUUID());
    await put('commission', "code = 'T2'", "path = '/CEC/D1/T1/T2/'");
    const outcome = await addCommissions(rig, ctx, [child], 'sha');
    await put('commission', "code = 'T2'", "path = '/CEC/D1/T2/'");
    expect(outcome).toMatchObject({ kind: 'wrong-state', detail: expect.stringContaining('T2') });
    expect(await rig.store.reader.commissions.byCode('9001')).toBeNull();
    expect((await addCommissions(rig, ctx, [child], 'sha')).kind).toBe('done');
  });

  test('what was ended in order is no forgery: log-out, another password, an official, another log-in', async () => {
    const admin = await rig.logIn(chief);
    await rig.access.flush();
    const before = (await rig.entries()).length;
    const tab = (of: Client) => {
      const other = rig.client();
      for (const [name, value] of of.cookies) other.cookies.set(name, value);
      return other;
    };
    const password = 'Saffron/Bridge/62';
    const ended: Client[] = [tab(client)];
    const second = await rig.logIn(insider);
    ended.push(tab(second));
    await client.del('/api/session');
    const third = await rig.logIn(insider);
    await third.post('/api/session/password', { current: insider.password, new: password });
    ended.push(tab(third));
    const url = `/api/officers/${insider.id}/actions/end-sessions`;
    expect((await admin.post(url, { reason: 'күнөөлүү деп шектелет' })).statusCode).toBe(200);
    for (const one of ended) expect((await one.get('/api/session')).statusCode).toBe(401);
    await rig.access.flush();
    const reasons = (await rig.entries()).slice(before).map(({ detail }) => detail.reason);
    expect(reasons).toContain('ended');
    expect(reasons).not.toContain('account-forged');
  });

  test('two who hold one account suspect at once are both heard, each with one entry', async () => {
    const admins = [await rig.logIn(chief), await rig.logIn(await rig.addOfficer('central-admin', 'CEC'))];
    const before = (await rig.entries()).length;
    const url = `/api/officers/${insider.id}/actions/end-sessions`;
    const replies = await Promise.all(admins.map((by) => by.post(url, { reason: 'күнөөлүү деп шектелет' })));
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    const made = (await rig.entries()).slice(before).map(({ leaf }) => [leaf.act, leaf.outcome]);
    expect(made).toEqual([
      ['officer.end-sessions', 'done'],
      ['officer.end-sessions', 'done'],
    ]);
    expect(await row(insider)).toMatchObject({ password_temporary: 1 });
    expect((await logInAgain()).json().stage).not.toBe('open');
  });
});
