// What a server and its successor are asked: accounts with a code, a recovery code, a file and a request each, many windows
// for every one of them, and the means to ask all at once over real connections.
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type pg from 'pg';
import type { Change, Row } from '#db/store.ts';
import { hashOfCode, recoveryKeyOf } from '#server/access/recovery.ts';
import { recoveryText } from '#server/lib/recovery-code.ts';
import { codeAt, seedText } from '#server/lib/totp.ts';
import { resetApproval } from '#server/officers/reset.ts';
import type { ConsoleRig, Officer } from '../console-rig.ts';
import { morning, origin } from '../set-up.ts';
import { approvedList, done } from './scene.ts';

const hands = 50;

/** What fifty hands do at once, and what is to come of it: one of all these requests is answered with 200, or none. */
export interface Use {
  name: 'code' | 'recovery' | 'download' | 'vote';
  /** The officer, or the approval of the file, that it belongs to. */
  owner: string;
  requests: { cookie: string; url: string; body: object }[];
}
export interface Round {
  uses: Use[];
  /** The account whose reset is voted on, and the request. */
  target: string;
  approval: string;
}

export async function prepare(rig: ConsoleRig): Promise<Round> {
  /** This officer in so many windows, each with a session of its own. */
  async function windows(officer: Officer, over: Partial<Row<'session'>>, count = hands): Promise<string[]> {
    const endsAt = morning + 3_600_000;
    const rows = Array.from({ length: count }, () => ({
      ...{ id: randomBytes(32).toString('base64url'), rotation: randomBytes(32).toString('base64url') },
      ...{ officer: officer.id, stage: 'open', startedAt: morning, seenAt: morning, endsAt },
      ...{ lockedAt: null, endedAt: null, endReason: null, factorAt: morning, stepUpFor: null },
      ...{ stepUpAt: null, network: '127.0.0.1', workstation: '', factorBy: null, ...over },
    }));
    await rig.write(rows.map((row): Change => ({ op: 'insert', table: 'session', row })));
    const { tokens } = rig.rooms.access.room;
    return rows.map(({ id, rotation }) => `__Host-kuzot=${tokens.issue({ sid: id, rot: rotation }, endsAt)}`);
  }
  const atTotp = { stage: 'totp', factorAt: null };
  const uses: Use[] = [];
  const add = (name: Use['name'], owner: string, requests: Use['requests']) =>
    uses.push({ name, owner, requests });

  const seed = randomBytes(20);
  const coder = await rig.logIn('auditor', 'CEC');
  const { seal } = rig.keys;
  await rig.write([
    {
      op: 'update',
      table: 'officer',
      key: { id: coder.id },
      set: { totpSeed: seal.seal({ table: 'officer', column: 'totp_seed', id: coder.id }, seed) },
    },
  ]);
  const code = codeAt(seedText(seed), morning);
  const codeWindows = await windows(coder, atTotp);
  add(
    'code',
    coder.id,
    codeWindows.map((cookie) => ({ cookie, url: '/api/session/totp', body: { code } })),
  );

  const keeper = await rig.logIn('auditor', 'CEC');
  const secret = randomBytes(16);
  const hash = hashOfCode(recoveryKeyOf(rig.keys.pepper), keeper.id, secret);
  await rig.write([
    { op: 'insert', table: 'recoveryCode', row: { officer: keeper.id, hash, madeAt: morning, usedAt: null } },
  ]);
  const recovery = { url: '/api/session/recovery', body: { code: recoveryText(secret) } };
  const keeperWindows = await windows(keeper, atTotp);
  add(
    'recovery',
    keeper.id,
    keeperWindows.map((cookie) => ({ cookie, ...recovery })),
  );

  await rig.addVoter('1001');
  const admin = await rig.logIn('territorial-admin', 'T1');
  const lists = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'T1')] as const;
  const file = await approvedList('exports', admin, lists);
  const fileHash = (await rig.store.reader.approvals.byId(file))!.approval.payloadHash;
  const bound = { stepUpFor: `list.export:${fileHash}`, stepUpAt: morning };
  const adminWindows = await windows(admin, bound);
  add(
    'download',
    file,
    adminWindows.map((cookie) => ({ cookie, url: `/api/downloads/${file}`, body: {} })),
  );

  const target = await rig.logIn('auditor', 'CEC');
  const key = {
    ...{ id: `key-${target.id}`, officer: target.id, credential: `c-${target.id}`, publicKey: '' },
    ...{ counter: 0, transports: '', synced: 0, name: '', createdAt: morning, usedAt: null },
  };
  await rig.write([{ op: 'insert', table: 'passkey', row: key }]);
  const asker = await rig.logIn('central-admin', 'CEC');
  const [first, yes, no] = [
    await rig.logIn('security-officer', 'CEC'),
    await rig.logIn('security-officer', 'CEC'),
    await rig.logIn('central-admin', 'CEC'),
  ];
  const asked = await asker.withFactor(`/api/officers/${target.id}/actions/reset-request`, {
    expectedVersion: 1,
    reason: 'Телефону жоголду',
  });
  const { approval } = done<{ approval: string }>(asked);
  const { payloadHash } = resetApproval({ id: target.id, login: target.login, version: 1 });
  done(await first.withFactor(`/api/approvals/${approval}/actions/approve`));
  const votes = [];
  for (const [by, act] of [
    [yes, 'approve'],
    [no, 'deny'],
  ] as const) {
    const voting = { stepUpFor: `approval.${act}:${payloadHash}`, stepUpAt: morning };
    const url = `/api/approvals/${approval}/actions/${act}`;
    const body = act === 'deny' ? { reason: 'негизи жок' } : {};
    for (const cookie of await windows(by, voting, hands / 2)) votes.push({ cookie, url, body });
  }
  add('vote', approval, votes);
  return { uses, target: target.id, approval };
}

export function said(child: ChildProcessWithoutNullStreams, words: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk: Buffer) => {
      text += chunk.toString();
      const found = words.exec(text);
      if (!found) return;
      for (const stream of [child.stdout, child.stderr]) stream.off('data', hear);
      child.off('exit', ended);
      resolve(found[1] ?? '');
    };
    const ended = () => reject(new Error(`the server ended: ${text}`));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', hear);
    child.once('exit', ended);
  });
}

export async function start(child: ChildProcessWithoutNullStreams): Promise<number> {
  child.stdin.write('\n');
  return Number(await said(child, /listening http:\/\/127.0.0.1:(\d+)/));
}

/** Status of the reply, 0 where none came. */
export function use(
  port: number,
  agent: Agent,
  { cookie, url, body }: Use['requests'][number],
): Promise<number> {
  return new Promise((resolve) => {
    const text = JSON.stringify(body);
    const headers = {
      cookie,
      origin,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    };
    const asked = request({ host: '127.0.0.1', port, agent, method: 'POST', path: url, headers }, (reply) => {
      reply.resume();
      reply.on('end', () => resolve(reply.statusCode ?? 0)).on('error', () => resolve(0));
      reply.on('aborted', () => resolve(0));
    });
    asked.on('error', () => resolve(0)).end(text);
  });
}

/** All at once. @param again asks anew where nobody answers, until this is settled */
export async function useAll(port: number, uses: Use[], again?: Promise<unknown>): Promise<number[][]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  let settled = again === undefined;
  void again?.then(() => {
    settled = true;
  });
  const one = async (asked: Use['requests'][number]) => {
    for (;;) {
      // Once more when it is settled who answers: the last try may have come just before.
      const last = settled;
      const status = await use(port, agent, asked);
      if (status !== 0 || last) return status;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  // Interleaved: no kind has to wait for another to be through.
  const replies = await Promise.all(uses.map(({ requests }) => Promise.all(requests.map(one))));
  agent.destroy();
  return replies;
}

export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** Runs once the file has grown: somewhere in or right after the next commit. */
export function whenWritten(file: string, run: () => void): () => void {
  const size = () => (existsSync(file) ? statSync(file).size : 0);
  const before = size();
  let stopped = false;
  const look = () => {
    if (stopped) return;
    if (size() === before) return void setImmediate(look);
    run();
  };
  setImmediate(look);
  return () => {
    stopped = true;
  };
}

/** Backends that wait for a lock in this database. */
export async function waiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: string }>(
    `select count(*) as n from pg_locks where not granted
     and database = (select oid from pg_database where datname = current_database())`,
  );
  return Number(rows[0]!.n);
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 25));
}
