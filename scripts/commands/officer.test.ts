/** Officers from the command line: the console's rules, second persons and entries, for named officers who sign in for it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '#db/conformance/postgres.ts';
import { openReadOnly } from '#db/open.ts';
import { deskOf, openDesk } from '#server/backups/desk.ts';
import { recordForCommand } from '#server/export-at-desk.ts';
import { createKeys } from '#server/keys.ts';
import { listOfficers } from '#server/officers-at-desk.ts';
import { engines } from '#server/test/both-engines.ts';
import { addAccount, type DemoAccount } from '../demo/accounts.ts';
import type { OfficerRole } from '../demo/country/officers.ts';
import { addCentre } from './init.ts';
import { type Installation, openInstallation } from './installation.ts';
import { terminal } from './terminal.ts';

const dir = mkdtempSync(join(tmpdir(), 'kuzot-officer-'));
const place = { database: `sqlite:${join(dir, 'kuzot.sqlite')}`, keysDir: join(dir, 'keys') };
const people = new Map<string, DemoAccount & { seed: Buffer }>();

const posts: [key: string, role: OfficerRole][] = [
  ['admin', 'central-admin'],
  ['other-admin', 'central-admin'],
  ['guard', 'security-officer'],
  ['other-guard', 'security-officer'],
  ['approver', 'approver'],
  ['other-approver', 'approver'],
  ['auditor', 'auditor'],
  ['leaver', 'auditor'],
  ['reader', 'auditor'],
  ['returner', 'security-officer'],
  ['granter', 'approver'],
];

beforeAll(async () => {
  createKeys(place.keysDir, 'officers.kuzot.invalid/log');
  const installation = await openInstallation(place, { create: true });
  await addCentre(installation);
  for (const [key, role] of posts) {
    const name = { surname: 'Осмонова', givenName: 'Асел', patronymic: '', sex: 'F' as const };
    const officer = { key, role, commission: 'CEC', name, login: `the.${key}`, account: 'ready' as const };
    people.set(key, await addAccount(installation, officer, Date.now()));
  }
  await installation.close();
});
afterAll(() => rmSync(dir, { recursive: true }));

const { typed: typedBy, run } = terminal();
const typed = (key: string, codes: number) => typedBy(people.get(key)!, codes);
const officer = (input: string, ...args: string[]) =>
  run(['officer', ...args, '--db', place.database, '--keys', place.keysDir], input);

async function acts(database = place.database): Promise<string[]> {
  const { log, close } = await openReadOnly(database);
  const found: string[] = [];
  for await (const leaf of log.readLeaves(0, (await log.counts()).entries))
    found.push((JSON.parse(leaf.toString()) as { act: string; outcome: string }).act);
  await close();
  return found;
}

const newcomer = [
  ...['--login', 'new.comer', '--name', 'Бакыт уулу Эмил', '--role', 'auditor'],
  ...['--commission', 'CEC', '--order', '17-К'],
];

test('one officer registers, another grants the role, a third activates, and the password is shown once', async () => {
  const lines = [typed('admin', 1), typed('approver', 2)].join('');
  const added = await officer(lines, 'add', '--as', 'the.admin', '--as', 'the.approver', ...newcomer);
  expect([added.code, added.err]).toEqual([0, '']);
  expect(added.out).toContain('Confirmed and done');
  const listed = await officer(
    typed('other-admin', 1),
    'list',
    '--as',
    'the.other-admin',
    '--state',
    'issued',
  );
  expect([listed.code, listed.out]).toEqual([0, 'new.comer\tauditor\tCEC\tissued\tБакыт уулу Эмил\n']);
  const issued = await officer(typed('guard', 2), 'activate', 'new.comer', '--as', 'the.guard');
  expect([issued.code, issued.err]).toEqual([0, '']);
  expect(issued.out).toMatch(/^new\.comer {2}password until .+: [A-Za-z2-9]{4}(-[A-Za-z2-9]{4}){3}\n$/);
  expect(await acts()).toEqual(expect.arrayContaining(['officer.add', 'officer.list', 'officer.activate']));
});

test('a lost phone: one asks, two others confirm, each with a code of their own', async () => {
  const input = [typed('other-admin', 2), typed('approver', 2), typed('other-approver', 2)].join('');
  const by = ['the.other-admin', 'the.approver', 'the.other-approver'].flatMap((login) => ['--as', login]);
  const reset = await officer(input, 'reset', 'the.auditor', ...by);
  expect([reset.code, reset.err]).toEqual([0, '']);
  expect(reset.out).toContain('Confirmed and done');
  const after = await officer(`${people.get('auditor')!.password}\n000000\n`, 'list', '--as', 'the.auditor');
  expect(after.code).toBe(1);
});

test('a disabled account can do nothing more until two officers enable it', async () => {
  const reason = ['--reason', 'Left the commission'];
  const closed = await officer(
    typed('other-guard', 1),
    ...['disable', 'the.leaver', '--as', 'the.other-guard', ...reason],
  );
  expect([closed.code, closed.err]).toEqual([0, '']);
  expect((await officer(typed('leaver', 1), 'list', '--as', 'the.leaver')).code).toBe(1);
  const asked = await officer(
    typed('returner', 2),
    'enable',
    'the.leaver',
    '--as',
    'the.returner',
    ...reason,
  );
  const [, approval = ''] = /officer confirm (\S+)/.exec(asked.out) ?? [];
  const confirmed = await officer(typed('granter', 2), 'confirm', approval, '--as', 'the.granter');
  expect([asked.err, confirmed.err, confirmed.code]).toEqual(['', '', 0]);
  expect((await officer(typed('leaver', 1), 'list', '--as', 'the.leaver')).code).toBe(1);
}, 180_000);

test('what the console would not take as a name or a reason is no name and no reason here: 2, in words', async () => {
  const as = ['--as', 'the.other-guard'];
  const hidden = newcomer.map((one) => (one === 'Бакыт уулу Эмил' ? 'Бакыт\u202e Эмил' : one));
  for (const ran of [
    await officer('', 'disable', 'the.leaver', ...as, '--reason', '    '),
    await officer('', 'disable', 'the.leaver', ...as, '--reason', 'x'.repeat(501)),
    await officer('', 'enable', 'the.leaver', ...as, '--reason', 'a\u202eb c'),
    await officer('', 'reset', 'the.leaver', ...as, '--reason', ''),
    await officer('', 'add', ...as, ...hidden),
    await officer('', 'add', ...as, ...newcomer, '--until', '2020-01-01'),
  ]) {
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(/--reason|surname|givenName|clearance\.until/);
    expect(ran.err).not.toContain('pattern');
  }
});

test('a wrong password, no answer, a role that may not and a missing option end with 1, 2, 1 and 2, in words', async () => {
  const wrong = await officer('Nonsense-1a\n000000\n', 'list', '--as', 'the.admin');
  const silent = await officer('', 'list', '--as', 'the.admin');
  const denied = await officer(typed('reader', 1), 'add', '--as', 'the.reader', ...newcomer);
  const short = await officer('', 'add', '--as', 'the.admin', '--login', 'x.y');
  for (const [ran, code] of [
    [wrong, 1],
    [silent, 2],
    [denied, 1],
    [short, 2],
  ] as const) {
    expect([ran.code, ran.out]).toEqual([code, '']);
    expect(ran.err).not.toBe('');
    expect(ran.err).not.toContain('    at ');
  }
});

describe.each(engines)('beside a running server on %s', (engine) => {
  const beside = join(dir, engine);
  const asker = { key: 'asker', role: 'auditor' as const };
  let url: string;
  let drop = async () => {};
  let server: Installation;
  let desk: { close(): Promise<void> };
  let account: DemoAccount & { seed: Buffer };
  const keysDir = join(beside, 'keys');
  const list = (input: string, ...more: string[]) =>
    run(['officer', 'list', '--as', 'the.asker', ...more, '--db', url, '--keys', keysDir], input);

  beforeAll(async () => {
    mkdirSync(beside);
    createKeys(keysDir, 'beside.kuzot.invalid/log');
    url = `sqlite:${join(beside, 'kuzot.sqlite')}`;
    if (engine === 'postgres') ({ url, drop } = await testDatabase());
    server = await openInstallation({ database: url, keysDir }, { create: engine === 'sqlite' });
    await addCentre(server);
    const name = { surname: 'Осмонова', givenName: 'Асел', patronymic: '', sex: 'F' as const };
    const officer = { ...asker, commission: 'CEC', name, login: 'the.asker', account: 'ready' as const };
    account = await addAccount(server, officer, Date.now());
    desk = await openDesk(deskOf(keysDir)!, {
      enter: async () => ({ kind: 'refused', says: 'not asked here' }),
      list: (asked) => listOfficers(server.rooms, server.store.reader, Date.now, asked),
      recordExport: (asked) => recordForCommand(server.rooms, server.store.reader, Date.now, false, asked),
    });
  });
  afterAll(async () => {
    await desk.close();
    await server.close();
    await drop();
  });

  test('accounts are listed by whoever may, with the entries of a log-in and of the list', async () => {
    const before = await acts(url);
    const listed = await list(typedBy(account, 1), '--role', 'auditor');
    expect(listed, listed.err).toMatchObject({
      code: 0,
      out: 'the.asker\tauditor\tCEC\tactive\tОсмонова Асел\n',
    });
    expect((await acts(url)).slice(before.length)).toEqual([
      'session.login',
      'session.totp',
      'officer.list',
      'session.logout',
    ]);
  });

  test('an export is entered by the server for the officer who signs in, under the checkpoint that leaves', async () => {
    const before = await acts(url);
    const out = join(beside, 'export');
    const where = ['--db', url, '--keys', keysDir];
    const nobody = await run(['audit', 'export', out, ...where], '');
    expect(nobody).toMatchObject({ code: 1, err: expect.stringMatching(/name the officer/) });
    const made = await run(['audit', 'export', out, '--as', 'the.asker', ...where], typedBy(account, 1));
    expect(made, made.err).toMatchObject({ code: 0 });
    const after = await acts(url);
    expect(after.slice(before.length)).toEqual([
      'session.login',
      'session.totp',
      'audit.export',
      'session.logout',
    ]);
    const size = Number(readFileSync(join(out, 'checkpoint'), 'utf8').split('\n')[1]);
    expect(size).toBeGreaterThanOrEqual(before.length + 3);
    const checked = await run(['audit', 'verify', out], '');
    expect(checked, checked.err).toMatchObject({ code: 0 });
  });

  test('a wrong password lists nothing, and says why', async () => {
    const refused = await list('wrong-password\n000000\n');
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/not right/) });
  });
});
