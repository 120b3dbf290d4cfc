/** The front door of the npm scripts: whoever ends npm ends what npm started. */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// The real front door in a house of its own, whose demo writes down its process id and lives until it is told to stop.
const root = resolve(import.meta.dirname, '..');
const house = mkdtempSync(join(tmpdir(), 'kuzot-front-door-'));
const pidFile = join(house, 'pid');

beforeAll(() => {
  const { type, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object & {
    type: string;
    scripts: object;
  };
  writeFileSync(join(house, 'package.json'), JSON.stringify({ type, scripts }));
  // Everything stands installed: whatever state the real packages are in, this test must not install anew over them.
  writeFileSync(join(house, 'package-lock.json'), '{}');
  mkdirSync(join(house, 'node_modules'));
  writeFileSync(join(house, 'node_modules/.kuzot-lock'), '{}');
  symlinkSync(join(root, 'node_modules/.bin'), join(house, 'node_modules/.bin'));
  mkdirSync(join(house, 'scripts'));
  copyFileSync(join(root, 'scripts/bootstrap.cjs'), join(house, 'scripts/bootstrap.cjs'));
  writeFileSync(
    join(house, 'scripts/demo.ts'),
    `import { renameSync, writeFileSync } from 'node:fs';
     setInterval(() => {}, 1000);
     writeFileSync('pid.part', String(process.pid));
     renameSync('pid.part', 'pid');`,
  );
});
afterAll(() => rmSync(house, { recursive: true }));

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error('it did not come about within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('two commands in a fresh clone install once, one after the other', async () => {
  const clone = mkdtempSync(join(tmpdir(), 'kuzot-fresh-'));
  try {
    writeFileSync(join(clone, 'package-lock.json'), '{}');
    mkdirSync(join(clone, 'scripts'));
    copyFileSync(join(root, 'scripts/bootstrap.cjs'), join(clone, 'scripts/bootstrap.cjs'));
    writeFileSync(join(clone, 'scripts/kuzot.ts'), `console.log('ran');`);
    // An npm that notices another one at work, takes its time and then has everything in place.
    mkdirSync(join(clone, 'bin'));
    writeFileSync(
      join(clone, 'bin/npm'),
      `#!/bin/sh
       mkdir '${clone}/at-work' || exit 9
       echo install >> '${clone}/installs'
       sleep 1
       mkdir -p '${clone}/node_modules'
       ln -s '${join(root, 'node_modules/.bin')}' '${clone}/node_modules/.bin'
       rmdir '${clone}/at-work'
      `,
      { mode: 0o755 },
    );
    // Left by one that was killed: nobody waits for it.
    mkdirSync(join(clone, 'var'));
    writeFileSync(join(clone, 'var/installing'), '99999999');
    const env = {
      ...process.env,
      PATH: `${join(clone, 'bin')}:${process.env.PATH}`,
      npm_lifecycle_event: undefined,
    };
    const run = () =>
      new Promise<[number | null, string]>((resolve) => {
        const child = spawn(process.execPath, [join(clone, 'scripts/bootstrap.cjs'), 'kuzot'], { env });
        let out = '';
        child.stdout.on('data', (bytes) => (out += bytes));
        // Not at its exit: what it wrote may still be on its way then.
        child.on('close', (code) => resolve([code, out]));
      });
    expect(await Promise.all([run(), run(), run()])).toEqual(Array(3).fill([0, 'ran\n']));
    expect(readFileSync(join(clone, 'installs'), 'utf8')).toBe('install\n');
    expect(existsSync(join(clone, 'var/installing'))).toBe(false);
  } finally {
    rmSync(clone, { recursive: true });
  }
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('%s to npm leaves nothing running', async (signal) => {
  rmSync(pidFile, { force: true });
  const npm = spawn('npm', ['run', 'demo'], { cwd: house, stdio: 'ignore' });
  await until(() => existsSync(pidFile));
  const served = Number(readFileSync(pidFile, 'utf8'));
  try {
    expect(isAlive(served)).toBe(true);
    npm.kill(signal);
    await until(() => !isAlive(served));
  } finally {
    if (isAlive(served)) process.kill(served, 'SIGKILL');
  }
});
