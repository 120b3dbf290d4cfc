// Kill -9 under load, again and again, on one database: whatever a client was told has its entry afterwards, the log is in
// order each time, and the next start takes it up. And a disk that is really full: nothing is served, nothing is lost.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import { readHead } from '#db/writer/head-file.ts';
import { verifyAudit } from '#server/audit/verify.ts';
import type { Keys } from '#server/keys.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import { openConsole } from '../console-rig.ts';
import { morning } from '../set-up.ts';
import { said } from './succession-scene.ts';

const kills = 8;
let dir: string;
let keys: Keys;
let cookie: string;
let voter: string;
const children = new Set<ChildProcessWithoutNullStreams>();

beforeAll(async () => {
  const rig = await openConsole();
  const member = await rig.logIn('precinct-member', '1001');
  voter = (await rig.addVoter('1001')).id;
  ({ cookie } = member);
  ({ dir, keys } = rig);
  await rig.app.close();
  await rig.rooms.detection.close();
  await rig.rooms.access.close();
  await rig.store.close();
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A server with its code loaded, waiting to be told to start. `blocks`: no file it writes may pass this size (512 bytes each). */
async function load(blocks?: number): Promise<ChildProcessWithoutNullStreams> {
  const args = [join(import.meta.dirname, '../../../scripts/endurance/door.ts'), dir, String(morning)];
  const child =
    blocks === undefined
      ? spawn(process.execPath, args)
      : // Without the trap the signal of the limit would end the process instead of failing the write.
        spawn('sh', ['-c', `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, ...args]);
  children.add(child);
  child.once('exit', () => children.delete(child));
  await said(child, /loaded/);
  return child;
}

async function start(child: ChildProcessWithoutNullStreams): Promise<number> {
  child.stdin.write('{}\n');
  return Number(await said(child, /listening http:\/\/127.0.0.1:(\d+)/));
}

interface Reply {
  status: number;
  body: string;
}

function get(port: number, agent: Agent, path: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, agent, path, headers: { cookie } }, (reply) => {
      let body = '';
      reply
        .setEncoding('utf8')
        .on('data', (chunk) => {
          body += chunk;
        })
        .on('end', () => resolve({ status: reply.statusCode ?? 0, body }))
        .on('error', reject);
    });
    asked.on('error', reject).end();
  });
}

/** Asks with 16 hands until `enough` were answered, then calls `stop` and takes what still arrives. Entries by seq. */
async function load16(port: number, enough: number, stop: () => void): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const acknowledged: number[] = [];
  let down = false;
  const hand = async () => {
    while (!down) {
      try {
        const reply = await get(port, agent, `/api/voters/${voter}`);
        if (reply.status !== 200) throw new Error(`${reply.status} ${reply.body}`);
        acknowledged.push((JSON.parse(reply.body) as { entry: number }).entry);
      } catch (error) {
        if (!down) throw error;
      }
      if (!down && acknowledged.length >= enough) {
        down = true;
        stop();
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, hand));
  agent.destroy();
  return acknowledged;
}

/** The log is whole and holds, for each of these, the entry of exactly that view. */
async function check(acknowledged: readonly number[]): Promise<number> {
  const store = await openReadOnly(`sqlite:${join(dir, 'kuzot.sqlite')}`);
  try {
    const { verifier } = signerFromPem(keys.origin, keys.signingKeyPem);
    const head = await readHead(keys.headFile, [verifier]);
    const result = await verifyAudit(store.log, { origin: keys.origin, verifiers: [verifier], head });
    if (result.kind !== 'ok') throw new Error(`${result.where}: ${result.why}`);
    const entries = await store.reader.audit.entriesAt(acknowledged);
    expect(entries).toHaveLength(acknowledged.length);
    for (const { leaf, json } of entries) {
      expect(JSON.parse(Buffer.from(leaf).toString())).toMatchObject({ act: 'voter.view', outcome: 'done' });
      expect(json).toContain(voter);
    }
    return result.size;
  } finally {
    await store.close();
  }
}

describe('kill -9 under load', () => {
  test(`${kills} times: no acknowledged reply lacks its entry, and the log verifies each time`, async () => {
    const all: number[] = [];
    let size = 0;
    let next = load();
    for (let kill = 0; kill < kills; kill++) {
      const child = await next;
      const port = await start(child);
      const gone = once(child, 'exit');
      if (kill + 1 < kills) next = load();
      const acknowledged = await load16(port, 3 + ((kill * 37) % 90), () => child.kill('SIGKILL'));
      await gone;
      all.push(...acknowledged);
      const grown = await check(acknowledged);
      expect(grown).toBeGreaterThanOrEqual(size + acknowledged.length);
      size = grown;
    }
    expect(new Set(all).size).toBe(all.length);
    await check(all);
  }, 240_000);
});

describe('a full disk', () => {
  test('serves what it can keep and answers 503 to the rest, loses nothing, and serves again with room', async () => {
    const blocks = Math.ceil(statSync(join(dir, 'kuzot.sqlite')).size / 512) + 2_000;
    const child = await load(blocks);
    const port = await start(child);
    const agent = new Agent({ keepAlive: true });
    const acknowledged: number[] = [];
    let refused = 0;
    // It may come back for a while where the database makes room by itself: each reply is served and kept, or 503.
    while (refused < 20 && acknowledged.length < 20_000) {
      const reply = await get(port, agent, `/api/voters/${voter}`);
      expect([200, 503]).toContain(reply.status);
      if (reply.status === 200) acknowledged.push((JSON.parse(reply.body) as { entry: number }).entry);
      else {
        refused += 1;
        expect(reply.body).not.toContain('surname');
      }
    }
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(refused).toBe(20);
    const health = await get(port, agent, '/healthz');
    expect([health.status, JSON.parse(health.body)]).toEqual([503, { ok: false, why: expect.any(String) }]);
    agent.destroy();
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    await check(acknowledged);
    // With room again the next start serves.
    const after = await load();
    const again = await start(after);
    const fresh = new Agent();
    expect((await get(again, fresh, `/api/voters/${voter}`)).status).toBe(200);
    fresh.destroy();
    after.kill('SIGKILL');
  });
});
