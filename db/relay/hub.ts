// The appending server's side where several serve one database: it alone writes, for itself and for every server that joined it
// (join.ts). A change of something servers remember is acknowledged only when all of them have let go of what they remembered;
// a server that does not say so in time is cut off, and without the appending one it can release nothing.
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, CommitResult, CommitUnit, Store, TableName } from '../store.ts';
import { type Talk, type ToAppender, type ToJoined, talkOver, type Work } from './wire.ts';

/** What servers keep in memory, by the tables it is read from. */
const remembered: ReadonlySet<TableName> = new Set(['policyInForce', 'emergency', 'alert']);
export const everythingRemembered: readonly TableName[] = [...remembered];

export interface Heed {
  /** Another server changed rows of these tables. Resolves when nothing remembered of them is asked any more. */
  changed(tables: readonly TableName[]): Promise<void>;
}

export interface HubHeed extends Heed {
  /** Counts for another server what is counted once for all. */
  count(asked: unknown): Promise<unknown>;
}

export interface Hub<S extends Store> {
  /** The store for the appending server's own work. */
  store: S;
  /** Lets others join. The caller is the one appender: a socket that is there already was left by a killed server. */
  listen(path: string, heed: HubHeed): Promise<void>;
  close(): Promise<void>;
}

const heedMs = 2_000;
const statusMs = 1_000;

/** @param own the log's name and the number of the schema: a server of another log or release may not join */
export function openHub<S extends Store>(store: S, own: { origin: string; schema: number }): Hub<S> {
  const joined = new Set<Joined>();
  let heed: HubHeed | null = null;

  interface Joined {
    talk: Talk<ToJoined>;
    /** Resolves when it said so, or was cut off. */
    tell(tables: readonly TableName[]): Promise<void>;
    heeded(id: number): void;
    gone(): void;
  }

  async function commit(unit: CommitUnit, by: Joined | null): Promise<CommitResult> {
    const result = await store.commit(unit);
    const tables = result.kind === 'done' ? rememberedOf(unit.changes) : [];
    const others = [...joined].filter((one) => one !== by);
    if (tables.length > 0) await Promise.all(others.map((one) => one.tell(tables)));
    if (by !== null && tables.length > 0) await heed?.changed(tables);
    return result;
  }

  async function run(work: Work, by: Joined): Promise<unknown> {
    switch (work.do) {
      case 'commit':
        return commit(work.unit, by);
      case 'checkpoint':
        return store.checkpoint(work.size);
      case 'settle':
        return store.settled();
      case 'scrub':
        return store.scrub(work.traces);
      case 'count':
        return heed?.count(work.asked);
    }
  }

  function welcome(socket: Socket): void {
    let one: Joined | null = null;
    const talk = talkOver<ToJoined, ToAppender>(
      socket,
      (message) => {
        if (message.kind === 'hello') {
          const why = whyNot(message, own);
          if (why !== null) {
            talk.say({ kind: 'refused', why });
            return;
          }
          one = joinedBy(talk);
          joined.add(one);
          talk.say({ kind: 'welcome', status: store.status() });
        } else if (one === null) talk.end();
        else if (message.kind === 'heeded') one.heeded(message.id);
        else answer(one, message.id, message.work);
      },
      () => {
        if (one === null) return;
        joined.delete(one);
        one.gone();
      },
    );
  }

  function answer(one: Joined, id: number, work: Work): void {
    run(work, one).then(
      (value) => one.talk.say({ kind: 'done', id, value, status: store.status() }),
      ({ name, message }: Error) =>
        one.talk.say({ kind: 'failed', id, name, message, status: store.status() }),
    );
  }

  const server = createServer(welcome);
  const statuses = setInterval(() => {
    const status = store.status();
    for (const { talk } of joined) talk.say({ kind: 'status', status });
  }, statusMs);
  statuses.unref();

  return {
    store: { ...store, commit: (unit) => commit(unit, null) },
    async listen(path, work) {
      heed = work;
      rmSync(path, { force: true });
      await new Promise<void>((listening, fail) => {
        server.once('error', fail);
        server.listen(path, listening);
      });
      chmodSync(path, 0o600);
    },
    async close() {
      clearInterval(statuses);
      for (const { talk } of joined) talk.end();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
  };

  function joinedBy(talk: Talk<ToJoined>): Joined {
    const asked = new Map<number, () => void>();
    let nextId = 0;
    return {
      talk,
      async tell(tables) {
        const id = nextId++;
        const said = new Promise<'heeded'>((resolve) => asked.set(id, () => resolve('heeded')));
        talk.say({ kind: 'changed', id, tables });
        const stop = new AbortController();
        const late = sleep(heedMs, 'late', { signal: stop.signal }).catch(() => 'heeded');
        if ((await Promise.race([said, late])) === 'late') talk.end();
        stop.abort();
        asked.delete(id);
      },
      heeded: (id) => asked.get(id)?.(),
      gone() {
        for (const done of asked.values()) done();
      },
    };
  }
}

function rememberedOf(changes: readonly Change[]): TableName[] {
  return [...new Set(changes.map(({ table }) => table).filter((table) => remembered.has(table)))];
}

function whyNot(
  { origin, schema }: { origin: string; schema: number },
  own: { origin: string; schema: number },
): string | null {
  if (origin !== own.origin) return `the appending server's log is ${own.origin}, this one's ${origin}`;
  if (schema !== own.schema)
    return `the appending server's schema is ${own.schema}, this one's ${schema}: run the same release`;
  return null;
}
