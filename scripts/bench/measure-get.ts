// `audited-get/bare-get`: requests a second of the same voter card, with session, policy and a durable entry each, against
// the bare route. 64 clients on loopback, the two servers taking turns; the median of the turns' ratios counts.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { readBriefing } from '#server/access/policy-files.ts';
import { systemContext } from '#server/gate/context.ts';
import { benchCountry } from './country.ts';
import { median, type Ratio } from './ratio.ts';

const clients = 64;
const turns = 5;
const secondsATurn = 4;

export async function measureGet(): Promise<Ratio> {
  const country = await benchCountry(20_000);
  const { store, rooms } = country.installation;
  const precinct = '1001';
  const ids = (await store.reader.voters.ofPrecinct(precinct)).slice(0, 1_000).map((v) => v.id);
  const token = { sid: randomBytes(32).toString('base64url'), rot: randomBytes(32).toString('base64url') };
  const now = Date.now();
  const briefing = readBriefing(join(import.meta.dirname, '..', '..', 'policies'));
  await rooms.gate.change(systemContext('bench', now, 'set-up'), 'system.init', {
    locate: async () => ({ record: null, unit: null }),
    decide: () => ({
      kind: 'change',
      value: null,
      about: {},
      changes: [
        { op: 'insert', table: 'officer', row: officerRow(precinct, briefing, now) },
        { op: 'insert', table: 'session', row: sessionRow(token, now) },
      ],
    }),
  });
  const { default: fastify } = await import('fastify');
  const signer = fastify();
  await rooms.access.install(signer);
  const cookie = `__Host-kuzot=${rooms.access.room.tokens.issue(token, now + 3_600_000)}`;
  await country.installation.close();

  const audited = await start('audited', country.dir);
  const bare = await start('bare', country.dir);
  try {
    const ours: number[] = [];
    const peers: number[] = [];
    await load(audited.address, ids, cookie, 2);
    await load(bare.address, ids, cookie, 2);
    for (let turn = 0; turn < turns; turn++) {
      peers.push(await load(bare.address, ids, cookie, secondsATurn));
      ours.push(await load(audited.address, ids, cookie, secondsATurn));
    }
    return {
      name: 'audited-get/bare-get',
      ours: median(ours),
      peer: median(peers),
      ratio: median(ours.map((rate, i) => rate / peers[i]!)),
      goal: 0.9,
      unit: 'requests/s',
    };
  } finally {
    await stop(audited.child);
    await stop(bare.child);
    await country.remove().catch(() => {});
  }
}

async function load(url: string, ids: string[], cookie: string, duration: number): Promise<number> {
  let next = 0;
  const result = await autocannon({
    url,
    connections: clients,
    duration,
    headers: { cookie },
    requests: [
      {
        method: 'GET',
        setupRequest: (request) => ({ ...request, path: `/api/voters/${ids[next++ % ids.length]}` }),
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} refusals, ${result.errors} errors at ${url}`);
  return result.requests.average;
}

async function start(
  mode: 'audited' | 'bare',
  dir: string,
): Promise<{ address: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'get-server.ts'), mode, dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout! }))
    if (line.startsWith('http')) return { address: line, child };
  throw new Error(`the ${mode} server did not start`);
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.on('exit', () => done());
    child.stdin!.end();
  });
}

function officerRow(commission: string, briefing: { version: string; hash: string }, now: number) {
  return {
    id: 'bench-officer',
    login: 'bench',
    surname: 'Өлчөмбаев',
    givenName: 'Өмүр',
    patronymic: '',
    role: 'precinct-member',
    commission,
    state: 'active',
    createdBy: 'system:bench',
    activatedBy: 'system:bench',
    passwordHash: null,
    passwordSetAt: now,
    passwordTemporary: 0,
    passwordExpiresAt: null,
    totpSeed: null,
    totpConfirmedAt: now,
    totpStep: 0,
    briefingVersion: briefing.version,
    briefingHash: briefing.hash,
    clearanceOrder: 'bench',
    clearanceLevel: 'personal',
    clearanceUntil: '2099-12-31',
    version: 1,
  };
}

function sessionRow({ sid, rot }: { sid: string; rot: string }, now: number) {
  return {
    id: sid,
    officer: 'bench-officer',
    rotation: rot,
    stage: 'open',
    startedAt: now,
    seenAt: now,
    endsAt: now + 3_600_000,
    lockedAt: null,
    endedAt: null,
    endReason: null,
    factorAt: now,
    stepUpFor: null,
    stepUpAt: null,
    network: '127.0.0.1',
    workstation: '',
  };
}
