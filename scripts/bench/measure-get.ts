// What a durable entry costs a request: the same voter card from the console as it runs (`audited`), from the same without
// the log (`bare`: session, policy, masks and headers stay) and from plain Fastify without session or policy (`plain`). 64
// officers on loopback, each looking at the voters of their own precinct; the servers take turns, and each is at rest
// again before the next one's turn. See get-server.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, getRequest, load } from './clients.ts';
import { benchCountry } from './country.ts';
import { enrol } from './enrol.ts';
import type { Mode } from './get-server.ts';
import { median, type Ratio } from './ratio.ts';

const officers = 64;
const voters = 20_000;
const turns = 5;
const secondsATurn = 4;
/** Until the compiler has nothing left to do; a server runs for weeks. */
const warmUpSeconds = 8;

/** Requests a second, and CPU microseconds a request with all that came after it; null where nobody counts them. */
interface Turn {
  rate: number;
  cpuMicros: number | null;
}

type Turns = Record<Mode, Turn[]>;
let measured: Promise<Turns> | null = null;

/** One run serves all the measures below. */
async function measure(): Promise<Turns> {
  const country = await benchCountry(voters);
  const places: string[] = [];
  const servers: { mode: Mode; server: Server }[] = [];
  try {
    const clients: Client[] = (await enrol(country.installation, officers)).map(
      ({ cookie, voters: listed }) => ({
        requests: listed.map((id) => getRequest(`/api/voters/${id}`, cookie)),
      }),
    );
    await country.installation.close();
    for (const mode of ['plain', 'unlogged', 'cold', 'audited'] as const) {
      const place = `${country.dir}-${mode}`;
      places.push(place);
      cpSync(country.dir, place, { recursive: true });
      chmodSync(join(place, 'keys'), 0o700);
      servers.push({ mode, server: await start(mode, place) });
    }
    for (const { server } of servers) await turn(server, clients, warmUpSeconds);
    const taken: Turns = { plain: [], unlogged: [], cold: [], audited: [] };
    for (let i = 0; i < turns; i++)
      for (const { mode, server } of servers) taken[mode].push(await turn(server, clients, secondsATurn));
    return taken;
  } finally {
    for (const { server } of servers) await stop(server);
    for (const place of places) rmSync(place, { recursive: true, force: true });
    await country.remove().catch(() => {});
  }
}

async function compare(
  name: string,
  peer: Mode,
  of: (turn: Turn) => number | null,
  rest: { goal: number; atMost?: true; unit: string },
  own: Mode = 'audited',
): Promise<Ratio | { name: string; skipped: string }> {
  measured ??= measure();
  const turns = await measured;
  const [ours, theirs] = [turns[own].map(of), turns[peer].map(of)];
  if (ours.includes(null) || theirs.includes(null))
    return { name, skipped: 'this system does not tell the CPU time of another process' };
  const [a, b] = [ours as number[], theirs as number[]];
  return { name, ours: median(a), peer: median(b), ratio: median(a.map((one, i) => one / b[i]!)), ...rest };
}

export const measureGet = (): Promise<Ratio | { name: string; skipped: string }> =>
  compare('audited-get/bare-get', 'unlogged', (turn) => turn.rate, { goal: 0.9, unit: 'requests/s' });

/** Every decision asked of Cedar, none remembered: what the first request after a change of the policies costs. */
export const measureColdGet = (): Promise<Ratio | { name: string; skipped: string }> =>
  compare(
    'audited-get-cold/bare-get',
    'unlogged',
    (turn) => turn.rate,
    { goal: 0.25, unit: 'requests/s' },
    'cold',
  );

export const measureGetCpu = (): Promise<Ratio | { name: string; skipped: string }> =>
  compare('audited-get-cpu/bare-get-cpu', 'unlogged', (turn) => turn.cpuMicros, {
    goal: 1.15,
    atMost: true,
    unit: 'µs of CPU a request, projection and detection included',
  });

export const measurePlainGet = (): Promise<Ratio | { name: string; skipped: string }> =>
  compare('audited-get/plain-get', 'plain', (turn) => turn.rate, { goal: 0.9, unit: 'requests/s' });

interface Server {
  address: string;
  child: ChildProcess;
}

async function turn({ address, child }: Server, clients: Client[], seconds: number): Promise<Turn> {
  const before = cpuSeconds(child.pid!);
  const rate = await load(address, clients, seconds);
  // What a request leaves to be done behind it belongs to its cost, and must not meet the next server's turn.
  await atRest(child.pid!);
  const after = cpuSeconds(child.pid!);
  const spent = before === null || after === null ? null : after - before;
  return { rate, cpuMicros: spent === null ? null : (spent * 1e6) / (rate * seconds) };
}

async function atRest(pid: number): Promise<void> {
  const known = cpuSeconds(pid);
  if (known === null) return sleep(5_000);
  for (let last = known; ; ) {
    await sleep(500);
    const now = cpuSeconds(pid)!;
    if (now - last < 0.025) return;
    last = now;
  }
}

/** CPU seconds of all threads of a process; null where /proc does not say. Ticks are a hundredth of a second on Linux. */
function cpuSeconds(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}

async function start(mode: Mode, dir: string): Promise<Server> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'get-server.ts'), mode, dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout! }))
    if (line.startsWith('http')) return { address: line, child };
  throw new Error(`the ${mode} server did not start`);
}

function stop({ child }: Server): Promise<void> {
  return new Promise((done) => {
    child.on('exit', () => done());
    child.stdin!.end();
  });
}
