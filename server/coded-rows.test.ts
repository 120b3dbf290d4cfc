// A database from before rows bore codes is taken over once, as it stands; one whose codes were taken away is not, on both engines.
import { existsSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Rig as Databases, startRig } from '#db/conformance/rig.ts';
import { codeRows, rowsFault } from '#server/coded-rows.ts';
import { systemContext } from '#server/gate/context.ts';
import { openRig, type Rig, type TestOfficer } from '#server/test/access-rig.ts';
import { engines } from '#server/test/both-engines.ts';

describe.each(engines)('codes of rows from an earlier release on %s', (engine) => {
  let databases: Databases;
  let rig: Rig;
  let officer: TestOfficer;
  let sql: (text: string) => Promise<unknown>;
  let codedFile: string;

  beforeEach(async () => {
    databases = await startRig(engine);
    const place = await databases.fresh();
    sql = place.sql;
    codedFile = `${place.headFile}-coded`;
    rig = await openRig({ limits: false, place });
    officer = await rig.addOfficer('auditor', 'CEC');
  });
  afterEach(async () => {
    await rig?.close();
    await databases?.stop();
  });

  const start = (detail: Record<string, string | boolean>) =>
    rig.gate.change(systemContext('start', rig.time.now, crypto.randomUUID()), 'system.start', {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({ kind: 'change', changes: [], value: null, about: { detail } }),
    });
  async function takeCodes(where = '1 = 1') {
    await sql(`update officer set duty_mac = null, credentials_mac = null where ${where}`);
    for (const table of ['commission', 'officer_version']) await sql(`update ${table} set mac = null`);
    // The server notices what was written past it when it writes something itself.
    await rig.write([{ op: 'ensure', table: 'device', row: { officer: 'nobody', hash: 'x', seenAt: 1 } }]);
  }
  const take = () => codeRows({ ...rig, codedFile }, rig.time.now);
  const enter = () => rig.client().post('/api/session', { login: officer.login, password: officer.password });

  test('they are given theirs once, with an entry; then everybody logs in as before', async () => {
    await start({ rules: 'of an earlier release' });
    await takeCodes();
    expect((await enter()).statusCode).toBe(401);
    const units = (await rig.store.reader.commissions.all()).length;
    expect(await take()).toBe(units + 1);
    expect((await rig.entries()).at(-1)).toMatchObject({
      leaf: { act: 'system.start', outcome: 'done' },
      detail: { rows: units + 1, rowCodes: true },
    });
    expect((await rig.logIn(officer).then((client) => client.get('/api/session'))).statusCode).toBe(200);
    expect(await take()).toBe(0);
  });

  test('a log that says they bear codes: none is given again', async () => {
    await start({ rules: 'x', rowCodes: true });
    await start({ rules: 'of an earlier release, put back for a day' });
    await takeCodes();
    expect(await take()).toBe('lost');
    expect((await enter()).statusCode).toBe(401);
  });

  test('a file beside the keys says so too, whatever becomes of the log', async () => {
    expect(await take()).toBe(0);
    await takeCodes();
    expect(await take()).toBe('lost');
    rmSync(codedFile);
    expect(await take()).toBeGreaterThan(0);
    expect(existsSync(codedFile)).toBe(true);
  });

  test('rows that do not bear their code are named, once the log says that all do', async () => {
    const fault = () => rowsFault(rig.store.reader, rig.macs);
    await sql(`update officer set role = 'central-admin' where id = '${officer.id}'`);
    await sql("update commission set path = '/CEC/D1/1001/' where code = '1001'");
    await start({ rules: 'of an earlier release' });
    expect(await fault()).toBeNull();
    await start({ rules: 'x', rowCodes: true });
    expect(await fault()).toMatch(new RegExp(`^the account ${officer.login}, the commission 1001: not as`));
    await sql(`update officer set role = 'auditor' where id = '${officer.id}'`);
    await sql("update commission set path = '/CEC/D1/T1/1001/' where code = '1001'");
    await takeCodes('1 = 2');
    expect(await fault()).toMatch(/^the commission CEC, .*, and 2 more: not as/);
  });

  test('where one bears a code, the others without are forged', async () => {
    await rig.addOfficer('auditor', 'CEC');
    await takeCodes(`id = '${officer.id}'`);
    expect(await take()).toBe(0);
    expect((await enter()).statusCode).toBe(401);
  });
});
