// The appending server's side where several serve one database: it alone writes, for itself and for every server that joined it
// (join.ts). A change of something servers remember is acknowledged only when all of them have let go of what they remembered.
// Whoever has not in time serves nothing until it has: a server that joined is cut off, the appending one writes for others alone.
import { randomUUID } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CommitResult,
  type CommitUnit,
  type LogStatus,
  LogUnavailable,
  requireTerm,
  type Store,
  type TableName,
} from '../store.ts';
import { type Alike, type Mark, whyNot, writeMark } from './alike.ts';
import { type HubHeed, inTime, rememberedOf } from './heed.ts';
import { keepStep, type Step } from './step.ts';
import { type Talk, type ToAppender, type ToJoined, talkOver, type Work } from './wire.ts';

export interface Hub<S extends Store> {
  /** The store for the appending server's own work. */
  store: S;
  /** Lets others join. The caller is the one appender: a socket that is there already was left by a killed server. */
  listen(path: string, heed: HubHeed): Promise<void>;
  close(): Promise<void>;
}

const statusMs = 1_000;
const againMs = 500;

/** @param own a server that has anything else than this may not join */
export function openHub<S extends Store>(store: S, own: Alike & { clock: () => number }): Hub<S> {
  const joined = new Set<Joined>();
  const sockets = new Set<Socket>();
  const run = randomUUID();
  let heed: HubHeed | null = null;
  let step: Step | null = null;
  const doubted = new Set<TableName>();
  let greeted = 0;
  let closed = false;
  /** Why the last one was, that could not join. */
  let refused = '';

  interface Joined {
    talk: Talk<ToJoined>;
    /** Resolves when it said so, or was cut off. */
    tell(tables: readonly TableName[]): Promise<void>;
    heeded(id: number): void;
    gone(): void;
  }

  async function commit(unit: CommitUnit, by: Joined | null): Promise<CommitResult> {
    const tables = rememberedOf(unit.changes);
    const result = await store.commit(unit).catch((error: unknown) => {
      doubt(tables);
      throw error;
    });
    if (result.kind === 'done' && tables.length > 0) await tellAll(tables, by ?? 'appender');
    return result;
  }

  /** @param but whose change it was: that one takes it up by itself */
  async function tellAll(tables: readonly TableName[], but: Joined | 'appender' | null): Promise<void> {
    const others = [...joined].filter((one) => one !== but);
    await Promise.all([
      ...others.map((one) => one.tell(tables)),
      but === 'appender' ? null : step?.letGo(tables),
    ]);
  }

  /** What was refused may be durable all the same: that is known when the log takes entries again. */
  function doubt(tables: readonly TableName[]): void {
    const isAwaited = doubted.size > 0;
    for (const table of tables) doubted.add(table);
    if (!isAwaited && doubted.size > 0) void tellDoubted();
  }

  async function tellDoubted(): Promise<void> {
    do await sleep(againMs, null, { ref: false });
    while (!closed && !store.status().accepting);
    const tables = [...doubted];
    doubted.clear();
    if (!closed) await tellAll(tables, null);
  }

  async function work(asked: Work, by: Joined): Promise<unknown> {
    switch (asked.do) {
      case 'commit':
        return commit(asked.unit, by);
      case 'checkpoint':
        return store.checkpoint(asked.size);
      case 'settle':
        return store.settled();
      case 'scrub':
        return store.scrub(asked.traces);
      case 'count':
        return heed?.count(asked.asked);
    }
  }

  function meet(socket: Socket): void {
    let one: Joined | null = null;
    let met = false;
    sockets.add(socket);
    const talk = talkOver<ToJoined, ToAppender>(
      socket,
      (message) => {
        if (message.kind === 'hello' && !met) {
          met = true;
          greet(message).then(
            (mark) => {
              if (socket.destroyed) return;
              one = joinedBy(talk);
              joined.add(one);
              refused = '';
              heed?.onState?.('joined');
              talk.say({ kind: 'welcome', status: store.status(), now: own.clock(), mark });
            },
            ({ message: why }: Error) => {
              // It tries twice a second.
              if (why !== refused) heed?.onState?.('refused', why);
              refused = why;
              talk.say({ kind: 'refused', why });
            },
          );
        } else if (one === null || message.kind === 'hello') talk.end();
        else if (message.kind === 'heeded') one.heeded(message.id);
        else answer(one, message.id, message.work);
      },
      () => {
        sockets.delete(socket);
        if (one === null) return;
        joined.delete(one);
        one.gone();
        if (!closed) heed?.onState?.('left');
      },
    );
  }

  /** @throws Error saying why this server may not join */
  async function greet(hello: Alike): Promise<Mark> {
    const why = whyNot(hello, own);
    if (why !== null) throw new Error(why);
    const mark = { run, n: greeted++ };
    await store.commit({ changes: writeMark(mark), entries: [] });
    return mark;
  }

  function answer(one: Joined, id: number, asked: Work): void {
    work(asked, one)
      .then((value) => one.talk.say({ kind: 'done', id, value, status: store.status() }))
      .catch(({ name, message }: Error) =>
        one.talk.say({ kind: 'failed', id, name, message, status: store.status() }),
      );
  }

  const term = () => step?.term() ?? 0;
  const server = createServer(meet);
  const statuses = setInterval(() => {
    const message = { kind: 'status', status: store.status(), now: own.clock() } as const;
    // One that is stopped must not have them pile up here.
    for (const { talk } of joined) if (!talk.isBehind()) talk.say(message);
  }, statusMs);
  statuses.unref();

  return {
    store: {
      ...store,
      async commit(unit) {
        const why = step?.outOf() ?? null;
        if (why !== null) throw new LogUnavailable(why);
        requireTerm(unit, term());
        return commit(unit, null);
      },
      term,
      status(): LogStatus {
        const status = store.status();
        const why = step?.outOf() ?? null;
        return why === null ? status : { ...status, accepting: false, why: status.why ?? why };
      },
    },
    async listen(path, asked) {
      heed = asked;
      step = keepStep(asked);
      rmSync(path, { force: true });
      await new Promise<void>((listening, fail) => {
        server.once('error', fail);
        server.listen(path, listening);
      });
      // One that could not be taken, for want of file handles say, is tried again by whoever wants to join.
      server.on('error', () => undefined);
      chmodSync(path, 0o600);
    },
    async close() {
      closed = true;
      step?.close();
      clearInterval(statuses);
      // Whoever never said a word would be waited for.
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((over) => server.close(over));
    },
  };

  function joinedBy(talk: Talk<ToJoined>): Joined {
    const asked = new Map<number, () => void>();
    let nextId = 0;
    return {
      talk,
      async tell(tables) {
        const id = nextId++;
        const said = new Promise<void>((resolve) => asked.set(id, resolve));
        talk.say({ kind: 'changed', id, tables });
        if (!(await inTime(said))) {
          heed?.onState?.('cut-off');
          talk.end();
        }
        asked.delete(id);
      },
      heeded: (id) => asked.get(id)?.(),
      gone() {
        for (const done of asked.values()) done();
      },
    };
  }
}
