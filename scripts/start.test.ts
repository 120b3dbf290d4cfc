/** `npm start` from outside: what it refuses, with every fault and its mend, and that a refusal leaves nothing running. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as age from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import { readPolicyFiles, schemaName } from '#server/policy/source.ts';
import { openConsole } from '#server/test/console-rig.ts';
import { bareEnv } from './commands/bare-env.ts';
import { asProcess, kuzot as runHere } from './commands/terminal.ts';
import { serve } from './serve.ts';

const root = resolve(import.meta.dirname, '..');
const dir = mkdtempSync(join(tmpdir(), 'kuzot-start-'));
const path = (name: string) => join(dir, name);
const pages = { KUZOT_WEB: path('pages') };
const good = { KUZOT_DB: `sqlite:${path('kuzot.sqlite')}`, KUZOT_PORT: '0', ...pages };

const environment = (more: Record<string, string>) => ({ KUZOT_ROOT: root, ...more });
const kuzot = (...args: string[]) => runHere([...args, '--db', good.KUZOT_DB], { env: environment({}) });

async function start(env: Record<string, string>) {
  const { code, out, err } = await asProcess(() => serve(async () => {}), { env: environment(env) });
  return { code, out, lines: err.trim().split('\n') };
}

/** As a process of its own: it ends by itself, or is ended for not doing so. */
function startProcess(env: Record<string, string>) {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/start.ts')], {
    encoding: 'utf8',
    env: { ...bareEnv, ...environment(env) },
    cwd: dir,
    timeout: 120_000,
  });
  return { code: status, lines: stderr.trim().split('\n') };
}

beforeAll(async () => {
  mkdirSync(path('pages'));
  writeFileSync(path('pages/index.html'), '<!doctype html>');
  const officers = ['--admin-login', 'asel.osmonova', '--admin-name', 'Осмонова Асел'];
  const others = ['--security-login', 'nurlan.bakyt', '--security-name', 'Бакыт уулу Нурлан', '--order', '1'];
  expect((await kuzot('init', ...officers, ...others)).code).toBe(0);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('npm start refuses with 2 and names', () => {
  test('the missing database address', async () => {
    const { code, lines } = await start(pages);
    expect(code).toBe(2);
    expect(lines).toEqual(['Kuzot cannot start:', expect.stringMatching(/KUZOT_DB is missing.*sqlite:/)]);
  });

  test('every missing key file and the missing database file at once', () => {
    const { code, lines } = startProcess({ ...pages, KUZOT_DB: `sqlite:${path('none/kuzot.sqlite')}` });
    expect(code).toBe(2);
    for (const name of ['origin', 'log-signing.pem', 'jwt.key', 'pepper.key', 'seal-1.key', 'no database'])
      expect(lines.filter((line) => line.includes(name))).toHaveLength(1);
  });

  test('plain http off loopback, a certificate that is not there, and one without its key', async () => {
    expect((await start({ ...good, KUZOT_HOST: '0.0.0.0' })).lines.join('\n')).toMatch(
      /KUZOT_HOST is 0.0.0.0 without TLS/,
    );
    const tls = { KUZOT_TLS_CERT: path('no.crt') };
    const { code, lines } = await start({ ...good, ...tls });
    expect(code).toBe(2);
    expect(lines.join('\n')).toMatch(/together/);
    expect(lines.join('\n')).toMatch(/there is no file .*no\.crt/);
  });

  test('a port that is taken, and ends', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as { port: number };
    try {
      const { code, lines } = startProcess({ ...good, KUZOT_PORT: String(port) });
      expect({ code, lines }).toEqual({
        code: 2,
        lines: ['Kuzot cannot start:', `  - Port ${port} is taken by another program.`, expect.any(String)],
      });
    } finally {
      other.close();
    }
  });
});

/** A backup beside the server: the server makes its entry, and the backup is good. */
async function backsUpBeside(): Promise<void> {
  const identities = [await age.generateIdentity(), await age.generateIdentity()];
  const to = await Promise.all(identities.map((identity) => age.identityToRecipient(identity)));
  writeFileSync(path('offline.id'), `${identities[1]}\n`);
  const out = path('beside.age');
  const made = await kuzot('backup', out, '--to', to[0]!, '--to', to[1]!);
  expect([made.code, made.err]).toEqual([0, '']);
  const verified = await kuzot('backup', 'verify', out, '--identity', path('offline.id'));
  expect([verified.code, verified.err]).toEqual([0, '']);
  expect(verified.out).toMatch(/is good/);
  const { log, close } = await openReadOnly(good.KUZOT_DB);
  const acts: string[] = [];
  for await (const leaf of log.readLeaves(0, (await log.counts()).entries))
    acts.push((JSON.parse(leaf.toString()) as { act: string }).act);
  await close();
  expect(acts.filter((act) => act === 'system.backup' || act === 'audit.verify')).toEqual([
    'system.backup',
    'audit.verify',
  ]);
}

/** Starts it as a process, and waits for its address. */
async function listening(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
    env: { ...bareEnv, ...environment(env) },
    cwd: dir,
  });
  const ended = new Promise<number | null>((code) => child.once('exit', code));
  const address = new Promise<string>((found, fail) => {
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += String(chunk);
      const [, listens] = /listens on (\S+)/.exec(said) ?? [];
      if (listens !== undefined) found(listens);
    });
    child.once('exit', (code) => fail(new Error(`it ended with ${code}`)));
  });
  return { child, ended, address };
}

/** A server with nobody in it, left as a running one leaves it, and a security officer's cookie for now. */
async function officerOf(env: Record<string, string>) {
  const rig = await openConsole();
  rig.time.now = Date.now();
  const { cookie } = await rig.logIn('security-officer', 'CEC', { clearanceUntil: '9999-12-31' });
  await rig.app.close();
  await rig.rooms.detection.close();
  await rig.rooms.access.close();
  await rig.store.close();
  return { cookie, dir: rig.dir, env: { ...env, KUZOT_DB: `sqlite:${join(rig.dir, 'kuzot.sqlite')}` } };
}

test('told to end while other policies are being tried, it answers meanwhile and ends at once', async () => {
  const origin = 'http://localhost:8080';
  const { cookie, dir: place, env } = await officerOf({ ...pages, KUZOT_PORT: '0', KUZOT_ORIGIN: origin });
  const { child, ended, address } = await listening(env);
  try {
    const at = await address;
    // A chain of groups Cedar works on for minutes.
    const groups = Array.from({ length: 1_700 }, (_, i) => `action "g${i + 1}" in ["g${i}"];`);
    const files = readPolicyFiles(join(root, 'policies/access')).map(({ name, text }) => ({
      name,
      text: name === schemaName ? `${text}\naction "g0";\n${groups.join('\n')}` : text,
    }));
    const asked = fetch(`${at}/api/policies/check`, {
      method: 'POST',
      headers: { cookie, origin, 'content-type': 'application/json' },
      body: JSON.stringify({ files }),
    }).then(
      (reply) => reply.status,
      () => null,
    );
    await sleep(3_000);
    const started = performance.now();
    expect((await fetch(`${at}/healthz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(performance.now() - started).toBeLessThan(60_000);
    // Refused with an entry, or cut off by the end.
    expect([503, null]).toContain(await asked);
  } finally {
    child.kill('SIGKILL');
    rmSync(place, { recursive: true, force: true });
  }
}, 180_000);

test('npm start serves on loopback, is backed up beside its work, and ends with 0 when it is told to', async () => {
  const { child, ended, address } = await listening(good);
  try {
    expect(await (await fetch(`${await address}/healthz`)).json()).toEqual({ ok: true });
    await backsUpBeside();
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended).toBe(0);
});

test('a key put in another’s place is told at the next start, before anything is sealed with it or anybody refused', async () => {
  const files = ['pepper.key', 'seal-1.key', 'index-1.key'].map((name) => path(`keys/${name}`));
  const right = files.map((file) => readFileSync(file));
  try {
    for (const file of files) writeFileSync(file, randomBytes(32));
    const { code, lines } = await start(good);
    expect(code).toBe(2);
    for (const name of ['pepper.key', 'seal-1.key', 'index-1.key'])
      expect(lines.filter((line) => line.includes(`${name} in`))).toEqual([
        expect.stringMatching(/another key than this database was used with: put the right one back/),
      ]);
    const command = await kuzot('keys', 'rotate');
    expect(command.code).toBe(2);
    expect(command.err).toMatch(/another key than this database was used with/);
  } finally {
    for (const [at, file] of files.entries()) writeFileSync(file, right[at]!);
  }
  expect((await start(good)).code).toBe(0);
});
