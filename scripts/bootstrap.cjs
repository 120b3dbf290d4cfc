// Front door of every npm script: installs what is missing, then hands over to the TypeScript entry point under
// the Node 24 that the lock file brings. Plain CommonJS without dependencies, because on a fresh clone nothing is
// installed yet and the Node at hand may be older.
const { spawnSync, spawn } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const [task = '', ...rest] = process.argv.slice(2);
const entries = { demo: 'demo.ts', test: 'test.ts', start: 'start.ts', kuzot: 'kuzot.ts', bench: 'bench.ts' };
const entry = entries[task];
if (!entry) {
  console.error(`bootstrap: no task named "${task}"; one of ${Object.keys(entries).join(', ')}`);
  process.exit(2);
}

// The stamp holds the lock file the last complete install was made from; a cut install leaves none.
const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
const stamp = join(root, 'node_modules', '.kuzot-lock');
const node24 = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
const isInstalled = () => existsSync(node24) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lock;
const failed = isInstalled() ? 0 : installAlone();
if (failed) process.exit(failed);

const PATH = `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`;
const child = spawn(
  node24,
  ['--disable-warning=ExperimentalWarning', join(root, 'scripts', entry), ...rest],
  {
    stdio: 'inherit',
    env: { ...process.env, PATH, KUZOT_ROOT: root },
  },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));

// `exec` in package.json takes the shell out from between npm and here: it would keep npm's signals to itself. A killed npm
// hands on none at all; then, and where a shell does stand between, the child is ended once the chain up to npm is broken.
if (process.env.npm_lifecycle_event !== undefined) {
  const started = ancestorsUpToNpm();
  setInterval(() => {
    if (ancestorsUpToNpm() !== started) child.kill('SIGTERM');
  }, 500).unref();
}

/** Process ids from our parent up to npm's, in one text; only the parent's where there is no /proc to ask. */
function ancestorsUpToNpm() {
  const found = [process.ppid];
  try {
    while (found.length <= 3) {
      const pid = found[found.length - 1];
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('npm')) return found.join();
      // "pid (name) state parent …"; a name may hold anything, so what follows its last parenthesis is read.
      found.push(
        Number(
          readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ')[1],
        ),
      );
    }
  } catch {}
  return String(process.ppid);
}

/**
 * Two installs at once would take each other's files away: whoever comes second (another terminal) waits for the first.
 * Returns the exit code of npm.
 */
function installAlone() {
  const turn = join(root, 'var', 'installing');
  mkdirSync(join(root, 'var'), { recursive: true });
  for (let told = false; ; ) {
    try {
      writeFileSync(turn, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!told) console.error('Another command is installing the dependencies; waiting for it …');
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    if (isAbandoned(turn)) rmSync(turn, { force: true });
  }
  try {
    return isInstalled() ? 0 : install();
  } finally {
    rmSync(turn, { force: true });
  }
}

/** Whether who wrote the file is no longer there. */
function isAbandoned(turn) {
  try {
    process.kill(Number(readFileSync(turn, 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function install() {
  console.error('Installing dependencies (once) …');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (done.status === 0) writeFileSync(stamp, lock);
  else console.error('npm ci failed: is the npm registry reachable? Nothing else was changed.');
  return done.status ?? 1;
}

child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
