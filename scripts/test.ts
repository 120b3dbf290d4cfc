// `npm test`: the built pages, then every test, and beside them lint, detection rules and types. Ends with one line: N passed,
// N failed. With arguments only the named test files run. Nothing it starts outlives it.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
process.chdir(root);

interface Step {
  name: string;
  run: [command: string, ...args: string[]];
}

const build: Step = {
  name: 'pages build',
  run: ['vite', 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn'],
};
const checks: Step[] = [
  { name: 'lint', run: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'detection rules', run: ['node', 'scripts/kuzot.ts', 'rules', 'lint'] },
  { name: 'types', run: ['tsc', '--noEmit'] },
  {
    name: 'types of the pages',
    run: ['svelte-check', '--tsconfig', 'web/tsconfig.json', '--fail-on-warnings', '--output', 'human'],
  },
];

const running = new Set<ChildProcess>();
function watched<C extends ChildProcess>(child: C): C {
  running.add(child);
  child.on('close', () => running.delete(child));
  return child;
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    for (const child of running) child.kill('SIGTERM');
    process.exit(1);
  });

/** Nobody waits for what goes on beside the tests. */
const politeness = 10;

/** Runs one command; its output is shown only when it fails. */
function run({ name, run: [command, ...args] }: Step, isBeside = false): Promise<boolean> {
  const started = performance.now();
  return new Promise((done) => {
    const child = watched(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    if (isBeside && child.pid !== undefined) setPriority(child.pid, politeness);
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    child.on('error', (error) => said.push(Buffer.from(String(error))));
    child.on('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${code === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
      if (code !== 0) console.log(Buffer.concat(said).toString('utf8').slice(-8000));
      done(code === 0);
    });
  });
}

function tests(filters: string[], report: string): Promise<number> {
  const args = [
    'run',
    '--config',
    'scripts/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  return new Promise((done) => {
    const child = watched(spawn('vitest', [...args, ...filters], { stdio: 'inherit' }));
    child.on('close', (code) => done(code ?? 1));
  });
}

const memory = '/dev/shm';
const enough = 4 * 2 ** 30;

/**
 * Memory, where the system has much of it to write to and programs may be loaded from there: what is tried is processes that are
 * killed, not machines that lose power, and the disk is what most tests would wait for. Else, or where TMPDIR says so, there.
 */
function placeForFiles(): string {
  if (process.env.TMPDIR !== undefined) return tmpdir();
  try {
    const mounted = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    const options = mounted.find((line) => line.split(' ')[1] === memory)?.split(' ')[3] ?? 'noexec';
    const { bavail, bsize } = statfsSync(memory);
    if (!options.split(',').includes('noexec') && bavail * bsize >= enough) return memory;
  } catch {
    // No such place here.
  }
  return tmpdir();
}

const filters = process.argv.slice(2);
let passed = 0;
let failed = 0;
const count = (ok: boolean) => {
  if (ok) passed += 1;
  else failed += 1;
};

// The browser journeys need the pages; everything else that is no test is done in what the tests leave of two cores, which
// often wait for a disk, a process or a browser.
let beside = Promise.resolve();
if (!filters.length) {
  count(await run(build));
  beside = checks.reduce((last, check) => last.then(async () => count(await run(check, true))), beside);
}

const folder = mkdtempSync(join(placeForFiles(), 'kuzot-test-'));
// A PostgreSQL that may not be root's goes through it to a folder of its own.
chmodSync(folder, 0o711);
const report = join(folder, 'report.json');
// Whatever a test leaves goes with the folder, however this ends.
process.env.TMPDIR = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
// The tests start this program some hundred times: each reads what the first one compiled.
process.env.NODE_COMPILE_CACHE = join(folder, 'compiled');
const code = await tests(filters, report);
await beside;
try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    testResults: { status: string; assertionResults: unknown[] }[];
  };
  passed += numPassedTests;
  failed += numFailedTests;
  // A file that does not even load has no test to count.
  failed += testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
} catch {
  failed += 1;
}
if (code !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
