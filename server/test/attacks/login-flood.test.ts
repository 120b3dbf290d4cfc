// A flood of log-ins: hashing is the one costly thing a stranger can ask for. Never more than two at once, a bounded queue,
// one network no more than its part of it, and 429 with Retry-After beyond; whoever has a session is answered meanwhile, and
// an officer at their own desk is not kept out. Hashing is held back by hand here, so nothing depends on how fast it is.
import { hash as argonHash, verify as argonVerify } from 'argon2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, minutes, openRig, type Rig, type TestOfficer } from '../access-rig.ts';

let rig: Rig;
let officer: TestOfficer;
let desk: Client;
let gateOpen = true;
let held: (() => void)[] = [];
const running = { now: 0, most: 0 };

async function heldBack<T>(work: () => Promise<T>): Promise<T> {
  running.now += 1;
  running.most = Math.max(running.most, running.now);
  if (!gateOpen) await new Promise<void>((go) => held.push(go));
  try {
    return await work();
  } finally {
    running.now -= 1;
  }
}

function letGo() {
  gateOpen = true;
  for (const go of held) go();
  held = [];
}

beforeAll(async () => {
  const argon2 = {
    hash: ((...given: Parameters<typeof argonHash>) =>
      heldBack(() => argonHash(...given))) as typeof argonHash,
    verify: (...given: Parameters<typeof argonVerify>) => heldBack(() => argonVerify(...given)),
  };
  rig = await openRig({ hashing: { atOnce: 2, queue: 20, perNetwork: 5, argon2 } });
  officer = await rig.addOfficer('auditor', 'CEC');
  desk = await rig.logIn(officer);
  rig.time.now += minutes(1);
});
afterAll(() => rig.close());

const guess = (n: number, network: string) =>
  rig.client(network).post('/api/session', { login: `nobody${n}`, password: `Wrong-Guess-${n}` });

/** So many from each network, all at once; resolves to the status of those answered while hashing is held back. */
async function flood(networks: readonly string[], each: number) {
  const answered: { status: number; retryAfter: string | undefined }[] = [];
  const all = networks.flatMap((network, i) =>
    Array.from({ length: each }, async (_, n) => {
      const reply = await guess(i * each + n, network);
      answered.push({
        status: reply.statusCode,
        retryAfter: reply.headers['retry-after'] as string | undefined,
      });
      return reply.statusCode;
    }),
  );
  return { all, answered };
}

const settle = async (until: () => boolean) => {
  while (!until()) await new Promise((turn) => setImmediate(turn));
};

test('one network’s flood of log-ins takes its own part of the queue; the rest is 429 with Retry-After', async () => {
  gateOpen = false;
  running.most = 0;
  const { all, answered } = await flood(['10.66.0.1'], 40);
  // Two hash, five wait, thirty-three are turned away without a hash.
  await settle(() => answered.length === 33);
  for (const one of answered) expect(one).toEqual({ status: 429, retryAfter: '2' });
  const other = guess(900, '10.66.0.2');
  letGo();
  expect((await Promise.all(all)).filter((status) => status === 401)).toHaveLength(7);
  expect((await other).statusCode).toBe(401);
  expect(running.most).toBe(2);
  await rig.access.flush();
  const counted = (await rig.entries()).filter(({ detail }) => detail.reason === 'login-crowded');
  expect(counted.map(({ detail }) => [detail.address, detail.count])).toEqual([['10.66.0.1', 33]]);
});

test('a flood of log-ins from everywhere leaves others’ requests answered, and the officer’s own device logs in before it', async () => {
  gateOpen = false;
  running.most = 0;
  const networks = Array.from({ length: 30 }, (_, n) => `10.67.0.${n + 1}`);
  const { all, answered } = await flood(networks, 3);
  await settle(() => answered.length === 90 - 22);
  expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([429]));
  // Hashing stands still and its queue is full: everything that hashes nothing goes on.
  expect((await desk.get('/api/session')).statusCode).toBe(200);
  expect((await desk.get('/api/officers')).statusCode).toBe(200);
  const stranger = await rig.client('10.68.0.1').post('/api/session', {
    login: officer.login,
    password: officer.password,
  });
  expect([stranger.statusCode, stranger.headers['retry-after']]).toEqual([429, '2']);
  let floodLeft = 22;
  for (const one of all) void one.then((status) => (floodLeft -= status === 401 ? 1 : 0));
  // The device that logged in before: its place is before every stranger's.
  const own = desk.post('/api/session', { login: officer.login, password: officer.password });
  const leftWhenIn = own.then(() => floodLeft);
  letGo();
  expect((await own).statusCode).toBe(200);
  expect(await leftWhenIn).toBeGreaterThan(10);
  await Promise.all(all);
  expect(running.most).toBe(2);
});
