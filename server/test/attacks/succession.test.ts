// One server after another on one database, in processes of their own: the first is killed at a random moment while fifty hands
// use each of a code, a recovery code, a file and an approval; its successor refuses every second use, and whatever was decided
// was decided once and whole (ASVS 2.3.3, 2.3.4, 6.5.1, 15.4.2). And on PostgreSQL two servers started together: one serves; and two
// of which one joined the other: both serve, and each use has one outcome.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import { engines, openOn } from '../both-engines.ts';
import { freePort } from '../free-port.ts';
import { morning } from '../set-up.ts';
import {
  after,
  prepare,
  type Round,
  said,
  start,
  type Use,
  until,
  use,
  useAll,
  waiting,
  whenWritten,
} from './succession-scene.ts';

const children = new Set<ChildProcessWithoutNullStreams>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

describe.each(engines)('a successor on %s', (engine) => {
  let url = '';
  let dir = '';
  let keysDir = '';
  let close = async () => {};
  const rounds: Round[] = [];

  beforeAll(async () => {
    const opened = await openOn(engine);
    const { rig } = opened;
    ({ url, close } = opened);
    ({ dir } = rig);
    keysDir = join(dir, 'keys');
    for (let n = 0; n < (engine === 'sqlite' ? 1 : 4); n++) rounds.push(await prepare(rig));
    await rig.leave();
  }, 120_000);
  afterAll(() => close());

  /** A server with its code loaded, waiting to be told to start. */
  async function load(options: { keysDir?: string; port?: number; joins?: boolean } = {}) {
    const settings = {
      ...{ database: url, keysDir, port: 0, joins: false, now: morning, cache: join(dir, 'compiled') },
      ...options,
    };
    const script = join(import.meta.dirname, 'succession-child.ts');
    const child = spawn(process.execPath, [script, JSON.stringify(settings)]);
    children.add(child);
    child.once('exit', () => children.delete(child));
    await said(child, /loaded/);
    return child;
  }

  /** The one that serves now: each killed one's successor is the next to be killed. */
  let serving: { child: ChildProcessWithoutNullStreams; port: number } | null = null;
  async function serve(child: Promise<ChildProcessWithoutNullStreams>) {
    serving = { child: await child, port: await start(await child) };
    return serving;
  }
  async function end({ child }: { child: ChildProcessWithoutNullStreams }) {
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null;
    child.kill('SIGKILL');
    await gone;
  }

  /** PostgreSQL goes on with what the killed one had sent; then it is decided. */
  async function sessionsEnded() {
    if (engine === 'sqlite') return;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const others =
      'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    await until(async () => (await client.query(others)).rowCount === 0);
    await client.end();
  }

  test('killed at a random moment, and nothing is used or decided twice', async () => {
    const { child, port: firstPort } = await serve(load());
    const round = rounds[0]!;
    const next = load();
    // As soon as something is being written, or from before the first is decided to after the last.
    const kill = () => void child.kill('SIGKILL');
    const stop =
      engine === 'sqlite'
        ? whenWritten(join(dir, 'kuzot.sqlite-wal'), kill)
        : after(Math.random() * 600, kill);
    const early = await useAll(firstPort, round.uses);
    stop();
    await end({ child });
    await sessionsEnded();
    await whole(round);
    const { port } = await serve(next);
    const late = await useAll(port, round.uses);
    await whole(round);
    for (const [i, { name }] of round.uses.entries()) {
      const opened = [...early[i]!, ...late[i]!].filter((status) => status === 200).length;
      // None where the first was killed between the commit and the answer: then it was used all the same.
      expect([name, opened <= 1, await usedUp(round, name, opened)]).toEqual([name, true, true]);
      expect(late[i]!.filter((status) => ![200, 401, 403, 404, 409].includes(status))).toEqual([]);
    }
  }, 240_000);

  if (engine === 'postgres') {
    test('2.3.3 killed in the middle of an approval’s commit: nothing of it is there, and the successor decides it', async () => {
      const round = rounds[1]!;
      const vote = round.uses.find(({ name }) => name === 'vote')!.requests[0]!;
      const first = serving ?? (await serve(load()));
      const next = load();
      const holder = new pg.Client({ connectionString: url });
      await holder.connect();
      await holder.query('begin; lock table officer_version in exclusive mode');
      const reply = use(first.port, new Agent(), vote);
      await until(async () => (await waiting(holder)) > 0);
      await end(first);
      await holder.query('rollback');
      await holder.end();
      expect(await reply).toBe(0);
      const { port } = await serve(next);
      expect(await standing(round)).toMatchObject({ ...untouched, state: 'pending', votes: 1, done: 0 });
      expect(await use(port, new Agent(), vote)).toBe(200);
      expect(await standing(round)).toMatchObject({
        state: 'executed',
        votes: 2,
        officer: 'issued',
        done: 1,
      });
    }, 120_000);

    test('two started at the same moment, asked both: one serves, the other ends and says why', async () => {
      const round = rounds[2]!;
      if (serving) await end(serving);
      // As on another machine: the keys are a copy, so that only the database can tell the two apart.
      const elsewhere = join(dir, 'keys-elsewhere');
      cpSync(keysDir, elsewhere, { recursive: true });
      chmodSync(elsewhere, 0o700);
      const ports = [await freePort(), await freePort()];
      const servers = await Promise.all([
        load({ port: ports[0]! }),
        load({ port: ports[1]!, keysDir: elsewhere }),
      ]);
      const outcomes = servers.map((child) =>
        Promise.race([
          said(child, /^listening/m).then(
            () => 'serves',
            () => new Promise<never>(() => {}),
          ),
          // With all that it said.
          once(child, 'close').then(([code]) => `ended ${code}`),
        ]),
      );
      let words = '';
      for (const child of servers) child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
      for (const child of servers) child.stdin.write('\n');
      // Both are asked from the first moment on, again and again until somebody answers.
      const decided = Promise.all(outcomes);
      const replies = await Promise.all(ports.map((port) => useAll(port, round.uses, decided)));
      expect((await decided).toSorted()).toEqual(['ended 1', 'serves']);
      expect(words).toMatch(/another|already|AppenderBusy|HeadBusy/i);
      for (const [i, { name }] of round.uses.entries()) {
        const statuses = replies.flatMap((all) => all[i]!);
        const opened = statuses.filter((status) => status === 200);
        expect([name, opened.length], statuses.join(' ')).toEqual([name, 1]);
      }
      await whole(round);
      for (const child of servers) await end({ child });
    }, 120_000);

    test('two of which one joined the other, asked both at once: one outcome each; alone, the joined one serves nothing', async () => {
      const round = rounds[3]!;
      const [writer, joined] = await Promise.all([load(), load({ joins: true })]);
      const ports = [await start(writer), await start(joined)];
      const halves = await Promise.all(
        ports.map((port, half) =>
          useAll(
            port,
            round.uses.map((all) => ({ ...all, requests: all.requests.filter((_, n) => n % 2 === half) })),
          ),
        ),
      );
      for (const [i, { name }] of round.uses.entries()) {
        const statuses = halves.flatMap((all) => all[i]!);
        const opened = statuses.filter((status) => status === 200);
        expect([name, opened.length], statuses.join(' ')).toEqual([name, 1]);
        expect(statuses.filter((status) => ![200, 401, 403, 404, 409].includes(status))).toEqual([]);
      }
      await whole(round);
      expect(await entriesBy(['succession', 'succession-joined'])).toEqual([true, true]);

      const [asked] = round.uses.find(({ name }) => name === 'vote')!.requests;
      const next = load();
      await end({ child: writer });
      expect(await use(ports[1]!, new Agent(), asked!)).toBe(503);
      const successor = await next;
      await start(successor);
      await until(async () => (await use(ports[1]!, new Agent(), asked!)) === 409);
      for (const child of [joined, successor]) await end({ child });
    }, 120_000);
  }

  /** Which of these servers made entries. */
  async function entriesBy(nodes: string[]): Promise<boolean[]> {
    const store = await openReadOnly(url);
    try {
      const entries = await store.reader.audit.following(0, 1_000_000);
      const made = new Set(
        entries.map(({ leaf }) => JSON.parse(Buffer.from(leaf).toString()).node as string),
      );
      return nodes.map((node) => made.has(node));
    } finally {
      await store.close();
    }
  }

  /** What the database says of the account and the request about it. */
  async function standing({ target, approval }: Round) {
    const store = await openReadOnly(url);
    try {
      const { officer } = (await store.reader.officers.byId(target))!;
      const { state } = (await store.reader.approvals.byId(approval))!.approval;
      const votes = await store.reader.approvals.votes(approval);
      const entries = await store.reader.audit.following(0, 1_000_000);
      const about = entries.filter(({ json }) => json?.includes(approval));
      const decided = about.filter(({ leaf, json }) => {
        const { act, outcome } = JSON.parse(Buffer.from(leaf).toString()) as { act: string; outcome: string };
        return /^approval\.(approve|deny)$/.test(act) && outcome === 'done' && !json!.includes('"pending"');
      });
      return {
        state,
        votes: votes.length,
        denied: votes.some(({ vote }) => vote === 'deny'),
        officer: officer.state,
        version: officer.version,
        passkeys: (await store.reader.factors.passkeys(target)).length,
        sessions: (await store.reader.access.unendedSessions(target)).length,
        history: (await store.reader.officers.history(target)).length,
        done: decided.length,
      };
    } finally {
      await store.close();
    }
  }

  const untouched = { officer: 'active', version: 1, passkeys: 1, sessions: 1, history: 1 };

  /** All of a decision or nothing of it. */
  async function whole(round: Round) {
    const at = await standing(round);
    if (at.state === 'pending') expect(at).toMatchObject({ ...untouched, votes: 1, denied: false, done: 0 });
    else if (at.state === 'denied')
      expect(at).toMatchObject({ ...untouched, votes: 2, denied: true, done: 1 });
    else
      expect(at).toMatchObject({
        ...{ state: 'executed', votes: 2, denied: false, done: 1 },
        ...{ officer: 'issued', version: 2, passkeys: 0, sessions: 0, history: 2 },
      });
  }

  /** @param opened how many hands were let in */
  async function usedUp(round: Round, name: Use['name'], opened: number): Promise<boolean> {
    if (name === 'vote') return (await standing(round)).state !== 'pending';
    const store = await openReadOnly(url);
    try {
      const use = round.uses.find((one) => one.name === name)!;
      const { owner } = use;
      if (name === 'code') return (await store.reader.officers.byId(owner))!.officer.totpStep > 0;
      if (name === 'recovery') return (await store.reader.factors.recoveryCodes(owner)).left === 0;
      // Killed while the file was being made, nobody has it: the claim holds off others for a minute, then lapses.
      const { state, executedAt } = (await store.reader.approvals.byId(owner))!.approval;
      return state === 'executed' || (opened === 0 && executedAt !== null);
    } finally {
      await store.close();
    }
  }
});
