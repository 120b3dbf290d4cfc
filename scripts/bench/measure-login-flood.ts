// What a flood of log-ins costs everybody else: p99 of an audited reading while strangers send log-ins as fast as they are
// answered, against p99 of the same without them, on one server in one run. Hashing is what a log-in costs; those turned
// away beyond the queue (429) cost next to nothing and are counted apart.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Client, getRequest, latencies, postRequest } from './clients.ts';
import { benchCountry } from './country.ts';
import { enrol } from './enrol.ts';
import { median, type Ratio } from './ratio.ts';

const voters = 2_000;
const readers = 8;
/** From one network: more than hash and may wait at once, so that some are always turned away and come again at once. */
const strangers = 24;
const turns = 3;
const secondsATurn = 5;

export async function measureLoginFlood(): Promise<Ratio> {
  const country = await benchCountry(voters);
  let child: ChildProcess | null = null;
  try {
    const reading: Client[] = (await enrol(country.installation, readers)).map(
      ({ cookie, voters: listed }) => ({
        requests: listed.map((id) => getRequest(`/api/voters/${id}`, cookie)),
      }),
    );
    await country.installation.close();
    const flooding: Client[] = Array.from({ length: strangers }, (_, i) => ({
      requests: [postRequest('/api/session', { login: `nobody${i}`, password: 'Walnut-Orbit-2291' })],
    }));
    child = spawn(process.execPath, [join(import.meta.dirname, 'get-server.ts'), 'audited', country.dir], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const address = await addressOf(child);
    await latencies(address, reading, 5, [200]);
    const alone: number[] = [];
    const flooded: number[] = [];
    const judged: number[] = [];
    const turnedAway: number[] = [];
    for (let turn = 0; turn < turns; turn++) {
      alone.push(p99((await latencies(address, reading, secondsATurn, [200])).millis));
      const [others, flood] = await Promise.all([
        latencies(address, reading, secondsATurn, [200]),
        latencies(address, flooding, secondsATurn, [401, 429]),
      ]);
      flooded.push(p99(others.millis));
      judged.push((flood.byStatus.get(401) ?? 0) / secondsATurn);
      turnedAway.push((flood.byStatus.get(429) ?? 0) / secondsATurn);
    }
    return {
      name: 'login-flood',
      ours: median(flooded),
      peer: median(alone),
      ratio: median(flooded.map((one, i) => one / alone[i]!)),
      goal: 10,
      atMost: true,
      unit: 'ms, p99 of a reading with and without the flood',
      detail: { 'log-ins judged a second': median(judged), 'turned away a second': median(turnedAway) },
    };
  } finally {
    child?.stdin?.end();
    if (child) await new Promise((gone) => child!.once('exit', gone));
    await country.remove().catch(() => {});
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! }))
    if (line.startsWith('http')) return line;
  throw new Error('the server did not start');
}

function p99(millis: readonly number[]): number {
  return millis.toSorted((a, b) => a - b)[Math.floor(millis.length * 0.99)] ?? Number.NaN;
}
