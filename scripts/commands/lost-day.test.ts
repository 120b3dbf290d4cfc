/**
 * A day of work lost, from an operator's chair and on both engines: a backup put back, a server that does not start on it,
 * two officers at the command line, and a log that goes on under a name which tells what came before.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as age from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#db/conformance/postgres.ts';
import type { Engine } from '#db/dialect.ts';
import { openReadOnly } from '#db/open.ts';
import { verifyDirectory } from '#server/lib/log/verify-directory.ts';
import { codeAt } from '#server/lib/totp.ts';
import { untilTomorrow } from '#server/test/no-midnight.ts';
import { addAccount, type DemoAccount } from '../demo/accounts.ts';
import { serve } from '../serve.ts';
import { bareEnv } from './bare-env.ts';
import { withInstallation } from './installation.ts';
import { asProcess, kuzot as runHere } from './terminal.ts';

const root = resolve(import.meta.dirname, '../..');
const origin = 'lost.kuzot.invalid/log';

describe.each<Engine>(['sqlite', 'postgres'])('a day of work lost on %s', { timeout: 240_000 }, (engine) => {
  const dir = mkdtempSync(join(tmpdir(), `kuzot-lost-${engine}-`));
  const path = (name: string) => join(dir, name);
  const keysDir = path('keys');
  const backup = path('yesterday.age');
  const reason = ['--reason', 'the disk failed in the night'];
  const officers: DemoAccount[] = [];
  const databases = new Map<string, TestDatabase>();

  const aheadMs = untilTomorrow(Date.now());
  const environment = { KUZOT_ROOT: root, KUZOT_KEYS: keysDir };
  /** On PostgreSQL nothing is in it yet. */
  async function database(name: string): Promise<string> {
    if (engine === 'sqlite') return `sqlite:${path(`${name}.sqlite`)}`;
    const known = databases.get(name) ?? (await testDatabase('empty'));
    databases.set(name, known);
    return known.url;
  }

  const kuzot = (args: string[], input = '') => runHere(args, { input, env: environment, aheadMs });

  const served = (db: string) => ({
    ...environment,
    KUZOT_DB: db,
    KUZOT_PORT: '0',
    KUZOT_WEB: path('pages'),
  });
  /** The server; ended once it listens. */
  async function start(db: string) {
    const { code, out, err } = await asProcess(() => serve(async () => {}), { env: served(db), aheadMs });
    return { code, said: err + out };
  }
  /** `npm start`; ended as an operator ends it once it listens. */
  async function startProcess(db: string) {
    const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
      env: { ...bareEnv, ...served(db) },
      cwd: dir,
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      said += String(chunk);
      if (/listens on/.test(String(chunk))) child.kill('SIGTERM');
    });
    const code = await new Promise<number | null>((ended) => child.once('close', ended));
    return { code, said };
  }

  /** A database copied past the program: a file, or a template of the server. */
  async function copied(from: string, to: string): Promise<string> {
    const source = databases.get(from);
    if (source) databases.set(to, await testDatabase(source));
    else cpSync(path(`${from}.sqlite`), path(`${to}.sqlite`));
    return database(to);
  }

  async function acts(db: string): Promise<string[]> {
    const { log, close } = await openReadOnly(db);
    const found: string[] = [];
    for await (const leaf of log.readLeaves(0, (await log.counts()).entries))
      found.push((JSON.parse(leaf.toString()) as { act: string }).act);
    return close().then(() => found);
  }

  const signed = () => Number(readFileSync(join(keysDir, 'log-head'), 'utf8').split(' ')[0]);
  const both = () => officers.slice(0, 2).flatMap(({ login }) => ['--as', login]);
  /** What they type: password and code each. A code is good once, and that of the next half minute is taken already. */
  const shown = new Map<string, number>();
  const typed = (people = officers.slice(0, 2)) =>
    people
      .map(({ login, password, totpSecret }) => {
        const at = Math.max(Date.now() + aheadMs, (shown.get(login) ?? 0) + 30_000);
        shown.set(login, at);
        return `${password}\n${codeAt(totpSecret, at)}\n`;
      })
      .join('');

  beforeAll(async () => {
    mkdirSync(path('pages'));
    writeFileSync(path('pages/index.html'), '<!doctype html>');
    const db = await database('kuzot');
    const names = ['--admin-name', 'Осмонова Асел', '--security-name', 'Бакыт уулу Нурлан', '--order', '1'];
    const logins = ['--admin-login', 'asel', '--security-login', 'nurlan', '--origin', origin];
    expect(await kuzot(['init', '--db', db, ...names, ...logins])).toMatchObject({ code: 0, err: '' });
    await withInstallation({ database: db, keysDir }, async (installation) => {
      for (const role of ['central-admin', 'security-officer', 'auditor'] as const) {
        const name = { surname: 'Осмонова', givenName: 'Асел', patronymic: '' };
        const person = { key: role, login: `on.${role}`, role, commission: 'CEC', name, account: 'ready' };
        officers.push(await addAccount(installation, person as never, Date.now()));
      }
    });
    const identities = [await age.generateIdentity(), await age.generateIdentity()];
    const to = await Promise.all(identities.map((identity) => age.identityToRecipient(identity)));
    writeFileSync(path('offline.id'), `${identities[1]}\n`);
    expect(await kuzot(['backup', backup, '--db', db, ...to.flatMap((one) => ['--to', one])])).toMatchObject({
      code: 0,
      err: '',
    });
  });
  afterAll(async () => {
    for (const { drop } of databases.values()) await drop();
    rmSync(dir, { recursive: true });
  });

  let before = 0;
  let expected = 0;
  let size = '';
  const auditor = () => officers[2]!;
  const exporting = (name: string, db: string) =>
    kuzot(['audit', 'export', path(name), '--db', db, '--as', auditor().login], typed([auditor()]));

  test('work goes on after the backup: it is served, verified and exported', async () => {
    const db = await database('kuzot');
    before = (await acts(db)).length - 1;
    expect(await startProcess(db)).toMatchObject({ code: 0 });
    expect(await exporting('before', db)).toMatchObject({ code: 0, err: '' });
    expected = signed();
    expect(expected).toBeGreaterThan(before + 4);
  });

  test('the backup is not put back as if nothing were lost, and without two officers no server starts on it', async () => {
    const db = await database('back');
    const restore = ['restore', backup, '--db', db, '--identity', path('offline.id')];
    expect(await kuzot(restore)).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        new RegExp(`remembers ${expected} entries, the backup has ${before}.*--as LOGIN --as`, 's'),
      ),
    });
    // Nobody answers: it is in place, with what was found in its log.
    expect(await kuzot([...restore, ...both(), ...reason])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no server starts on it until `kuzot audit recover`/),
    });
    expect((await acts(db)).slice(before)).toEqual([
      'log.rollback',
      ...Array<string>(expected - before - 1).fill('log.lost'),
    ]);
    const refused = await startProcess(db);
    expect(refused).toMatchObject({
      code: 2,
      said: expect.stringMatching(
        /cannot start.*head file.*was signed.*kuzot audit recover.*Nothing is served/s,
      ),
    });
    expect(await kuzot(['audit', 'verify', '--db', db])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^wrong: /),
    });
  });

  test('two officers record the loss at the command line; then the server starts and everything verifies', async () => {
    const db = await database('back');
    const shown = await kuzot(['audit', 'recover', '--db', db]);
    expect(shown).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        new RegExp(
          `found +${before} .*expected +${expected} .*lost +entries ${before} to ${expected - 1}`,
          's',
        ),
      ),
    });
    const recovered = await kuzot(['audit', 'recover', '--db', db, ...both(), ...reason], typed());
    expect(recovered).toMatchObject({ code: 0, err: '' });
    expect(recovered.out).toContain(`${origin}/r2-`);
    expect(await start(db)).toMatchObject({ code: 0 });
  });

  test('from then on everything verifies, and names the last checkpoint of before', async () => {
    const db = await database('back');
    const name = `${origin}/r2-`;
    const follows = `goes on from ${origin}, which signed ${expected} entries`;
    const verified = await kuzot(['audit', 'verify', '--db', db]);
    expect(verified).toMatchObject({ code: 0, err: '' });
    expect(verified.out).toMatch(
      new RegExp(`entries of ${name}.*${follows}.*of which ${before} are kept`, 's'),
    );
    expect(await exporting('after', db)).toMatchObject({ code: 0, err: '' });
    const exported = await kuzot(['audit', 'verify', path('after')]);
    expect(exported).toMatchObject({ code: 0, err: '', out: expect.stringContaining(follows) });
    // The last checkpoint that was signed before is named, letter by letter, under the signature of every new one.
    const [, lostSize, lostRoot] = readFileSync(path('before/checkpoint'), 'utf8').split('\n');
    expect(Number(lostSize)).toBeLessThanOrEqual(expected);
    const lines = readFileSync(path('after/checkpoint'), 'utf8').split('\n');
    expect(lines.find((line) => line.startsWith('kuzot-follows'))).toMatch(
      new RegExp(`^kuzot-follows ${origin} ${expected} \\S{44} ${before}$`),
    );
    expect(lostRoot).toHaveLength(44);
    size = String(lostSize);
  });

  test('what was printed before still holds the log to what it kept, and is told when it is of what was lost', async () => {
    const db = await database('back');
    const { log, close } = await openReadOnly(db);
    const [kept] = await log.readCheckpoints(before, 1);
    await close();
    writeFileSync(path('printed'), kept!.note);
    const lost = new RegExp(`is of ${origin} and covers ${size} entries, of which this log kept ${before}`);
    // With the key as it was known then, too.
    const vkey = path('before/vkey');
    const stored = (checkpoint: string, ...more: string[]) =>
      kuzot(['audit', 'verify', '--db', db, '--checkpoint', path(checkpoint), ...more]);
    expect(await stored('printed', '--key', vkey)).toMatchObject({ code: 0, err: '' });
    expect(await stored('before/checkpoint')).toMatchObject({ code: 1, err: expect.stringMatching(lost) });
    const exported = (checkpoint: string) =>
      verifyDirectory(path('after'), { vkey, checkpoint: path(checkpoint) });
    expect(await exported('printed')).toMatchObject({ kind: 'ok' });
    expect(await exported('before/checkpoint')).toMatchObject({
      kind: 'broken',
      why: expect.stringMatching(lost),
    });
  });

  test('the database of before the recovery is not taken for the log, nor is a copy put back by the engine itself', async () => {
    expect(await start(await database('kuzot'))).toMatchObject({
      code: 2,
      said: expect.stringMatching(/under its earlier name.*older than the recovery.*kuzot audit recover/s),
    });
    const db = await copied('back', 'copy');
    await withInstallation({ database: await database('back'), keysDir }, async ({ rooms, asSystem }) => {
      await rooms.gate.refused(asSystem('test'), 'log.heartbeat', 'test');
    });
    expect(await start(db)).toMatchObject({
      code: 2,
      said: expect.stringMatching(/holds \d+ entries.*\d+ were already signed.*kuzot audit recover/s),
    });
  });

  test('with both officers at the terminal the restore does all of it, from before an earlier recovery too', async () => {
    const db = await database('again');
    const verified = await kuzot(['backup', 'verify', backup, '--db', db, '--identity', path('offline.id')]);
    expect(verified).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/is good: \d+ entries/) });
    const restored = await kuzot(
      ['restore', backup, '--db', db, '--identity', path('offline.id'), ...both(), ...reason],
      typed(),
    );
    expect(restored).toMatchObject({ code: 0, err: '' });
    expect(restored.out).toMatch(
      new RegExp(`as ${origin}/r3-[0-9a-f]{8}.*Restored ${before} entries to`, 's'),
    );
    expect((await acts(db)).slice(-3)).toEqual(['log.recover', 'session.logout', 'system.restore']);
    expect(await start(db)).toMatchObject({ code: 0 });
    const checked = await kuzot(['audit', 'verify', '--db', db]);
    expect(checked).toMatchObject({ code: 0, err: '' });
    expect(checked.out.match(/goes on from/g)).toHaveLength(2);
  });
});
