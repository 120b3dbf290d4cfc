/** `npm start` from outside: what it refuses, with every fault and its mend, and that a refusal leaves nothing running. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const dir = mkdtempSync(join(tmpdir(), 'kuzot-start-'));
const path = (name: string) => join(dir, name);
const pages = { KUZOT_WEB: path('pages') };
const good = { KUZOT_DB: `sqlite:${path('kuzot.sqlite')}`, KUZOT_PORT: '0', ...pages };

const environment = (more: Record<string, string>) => ({
  PATH: process.env.PATH ?? '',
  KUZOT_ROOT: root,
  ...more,
});
function start(env: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/start.ts')], {
    encoding: 'utf8',
    env: environment(env),
    cwd: dir,
    timeout: 30_000,
  });
  return { code: status, out: stdout, lines: stderr.trim().split('\n') };
}

beforeAll(() => {
  mkdirSync(path('pages'));
  writeFileSync(path('pages/index.html'), '<!doctype html>');
  const officers = ['--admin-login', 'asel.osmonova', '--admin-name', 'Осмонова Асел'];
  const others = ['--security-login', 'nurlan.bakyt', '--security-name', 'Бакыт уулу Нурлан', '--order', '1'];
  const made = spawnSync(
    process.execPath,
    [join(root, 'scripts/kuzot.ts'), 'init', '--db', good.KUZOT_DB, ...officers, ...others],
    { encoding: 'utf8', env: environment({}) },
  );
  expect(made.status).toBe(0);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('npm start refuses with 2 and names', () => {
  test('the missing database address', () => {
    const { code, lines } = start(pages);
    expect(code).toBe(2);
    expect(lines).toEqual(['Kuzot cannot start:', expect.stringMatching(/KUZOT_DB is missing.*sqlite:/)]);
  });

  test('every missing key file and the missing database file at once', () => {
    const { code, lines } = start({ ...pages, KUZOT_DB: `sqlite:${path('none/kuzot.sqlite')}` });
    expect(code).toBe(2);
    for (const name of ['origin', 'log-signing.pem', 'jwt.key', 'pepper.key', 'seal-1.key', 'no database'])
      expect(lines.filter((line) => line.includes(name))).toHaveLength(1);
  });

  test('plain http off loopback, a certificate that is not there, and one without its key', () => {
    expect(start({ ...good, KUZOT_HOST: '0.0.0.0' }).lines.join('\n')).toMatch(
      /KUZOT_HOST is 0.0.0.0 without TLS/,
    );
    const tls = { KUZOT_TLS_CERT: path('no.crt') };
    const { code, lines } = start({ ...good, ...tls });
    expect(code).toBe(2);
    expect(lines.join('\n')).toMatch(/together/);
    expect(lines.join('\n')).toMatch(/there is no file .*no\.crt/);
  });

  test('a port that is taken, and ends', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as { port: number };
    try {
      const { code, lines } = start({ ...good, KUZOT_PORT: String(port) });
      expect({ code, lines }).toEqual({
        code: 2,
        lines: ['Kuzot cannot start:', `  - Port ${port} is taken by another program.`, expect.any(String)],
      });
    } finally {
      other.close();
    }
  });
});

test('npm start serves on loopback and ends with 0 when it is told to', async () => {
  const child = spawn(process.execPath, [join(root, 'scripts/start.ts')], {
    env: environment(good),
    cwd: dir,
  });
  const ended = new Promise<number | null>((code) => child.once('exit', code));
  try {
    const address = await new Promise<string>((found, fail) => {
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += String(chunk);
        const [, listens] = /listens on (\S+)/.exec(said) ?? [];
        if (listens !== undefined) found(listens);
      });
      child.once('exit', (code) => fail(new Error(`it ended with ${code}`)));
    });
    expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ ok: true });
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended).toBe(0);
});
