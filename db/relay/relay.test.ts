// Two ends of the talk between servers of one database, over a store that stands for the appending server's.
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppenderAway, DatabaseUnusable } from '../errors.ts';
import type { Reader } from '../reader.ts';
import { type Change, type CommitUnit, LogUnavailable, type Store } from '../store.ts';
import { type Hub, openHub } from './hub.ts';
import { type JoinedStore, joinStore } from './join.ts';
import { type ToAppender, type ToJoined, talkOver } from './wire.ts';

const origin = 'kuzot.example/log';
const reader = {} as Reader;
const reading: CommitUnit = { changes: [], entries: [{ leaf: '{}', event: '{}' }] };
/** Of a table servers remember something of. */
const ended = { op: 'update', table: 'emergency', key: { id: 'e' }, set: { endedAt: 1 } } satisfies Change;
const ending: CommitUnit = { ...reading, changes: [ended] };

let dir: string;
let path: string;
let hub: Hub<Store>;
let written: CommitUnit[];
let heard: string[];
const open: { close(): Promise<void> }[] = [];

function storeOfOwn(): Store {
  const status = () => ({ size: written.length, accepting: true, why: null, failed: null, queued: 0 });
  return {
    engine: 'postgres',
    reader,
    async commit(unit) {
      if (unit.entries.length === 0) throw new Error('malformed unit of work: no entry');
      if (unit.entries[0]!.leaf === 'full') throw new LogUnavailable('The disk is full.');
      written.push(unit);
      return { kind: 'done', seqs: [written.length - 1], skipped: [] };
    },
    async checkpoint(size) {
      if (size !== undefined && size > written.length) throw new RangeError(`no ${size}`);
      return { size: size ?? written.length, note: 'signed' };
    },
    settled: async () => {},
    scrub: async (traces) => traces.length === 0,
    status,
    close: async () => {},
  };
}

async function openOwn(own = { origin, schema: 3 }): Promise<void> {
  hub = openHub(storeOfOwn(), own);
  open.push(hub);
  await hub.listen(path, {
    async changed(tables) {
      heard.push(`first: ${tables.join()}`);
    },
    count: async (asked) => ({ counted: asked }),
  });
}

async function joined(changed: (tables: readonly string[]) => Promise<void>): Promise<JoinedStore> {
  const store = await joinStore({ path, origin, schema: 3, clock: () => 7 }, reader, async () => {});
  open.push(store);
  await store.heed({ changed });
  return store;
}

const until = async (is: () => boolean) => {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 10));
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kuzot-relay-'));
  path = join(dir, 'servers.sock');
  written = [];
  heard = [];
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
  rmSync(dir, { recursive: true, force: true });
});

test('what a joined server has written, signed, swept and counted is done by the one that writes, faults by their names', async () => {
  await openOwn();
  const store = await joined(async () => {});
  const sealed = Buffer.from([0, 255, 7]);
  const unit: CommitUnit = {
    ...reading,
    changes: [
      {
        op: 'update',
        table: 'officer',
        key: { id: 'o' },
        set: { totpSeed: sealed, lockedUntil: undefined } as never,
      },
    ],
  };
  expect(await store.commit(unit)).toEqual({ kind: 'done', seqs: [0], skipped: [] });
  const [change] = written[0]!.changes;
  expect(change).toMatchObject({ set: { totpSeed: expect.any(Uint8Array) } });
  expect(Buffer.from((change as { set: { totpSeed: Uint8Array } }).set.totpSeed)).toEqual(sealed);
  expect(store.status()).toMatchObject({ size: 1, accepting: true });
  expect(await store.checkpoint(1)).toEqual({ size: 1, note: 'signed' });
  await expect(store.checkpoint(9)).rejects.toThrow(RangeError);
  await expect(store.commit({ changes: [], entries: [{ leaf: 'full', event: '' }] })).rejects.toThrow(
    LogUnavailable,
  );
  await expect(store.commit({ changes: [], entries: [] })).rejects.toThrow('malformed unit of work');
  expect([await store.scrub([]), await store.scrub(['x'])]).toEqual([true, false]);
  expect(await store.count({ n: 1 })).toEqual({ counted: { n: 1 } });
  // None of it changed what servers remember.
  expect(heard).toEqual([]);
});

test('a change of what is remembered is acknowledged when every other server has let go of it', async () => {
  await openOwn();
  const order: string[] = [];
  const slow = await joined(async (tables) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (tables.length === 1) order.push('second let go');
  });
  const other = await joined(async (tables) => {
    if (tables.length === 1) order.push('third let go');
  });
  await hub.store.commit(ending);
  order.push('acknowledged to the first');
  expect(order).toEqual(['third let go', 'second let go', 'acknowledged to the first']);
  order.length = 0;
  await other.commit(ending);
  order.push('acknowledged to the third');
  expect(order).toEqual(['second let go', 'acknowledged to the third']);
  expect(heard).toEqual(['first: emergency']);
  // Whatever else is written tells nobody anything.
  order.length = 0;
  await slow.commit(reading);
  expect(order).toEqual([]);
});

test('a server that does not let go is cut off, and takes nothing until it has', async () => {
  await openOwn();
  let stuck = true;
  const store = await joined(async (tables) => {
    if (stuck && tables.length === 1) throw new Error('cannot read it');
    if (stuck && written.length > 0) throw new Error('still cannot');
  });
  expect((await hub.store.commit(ending)).kind).toBe('done');
  await until(() => !store.status().accepting);
  await expect(store.commit(reading)).rejects.toThrow(LogUnavailable);
  stuck = false;
  await until(() => store.status().accepting);
  expect((await store.commit(reading)).kind).toBe('done');
});

test('a server that says nothing at all is cut off in time', { timeout: 10_000 }, async () => {
  await openOwn();
  const silent = createConnection(path);
  let closed = false;
  await new Promise<void>((welcomed) => {
    const talk = talkOver<ToAppender, ToJoined>(
      silent,
      ({ kind }) => kind === 'welcome' && welcomed(),
      () => {
        closed = true;
      },
    );
    silent.once('connect', () => talk.say({ kind: 'hello', origin, schema: 3 }));
  });
  expect((await hub.store.commit(ending)).kind).toBe('done');
  await until(() => closed);
});

test('while the server that writes is away nothing is taken, and what is under way is refused; once back, all is let go of first', async () => {
  // Takes the work and never answers it.
  const taken: Socket[] = [];
  const mute = createServer((socket) => {
    const talk = talkOver<ToJoined, ToAppender>(
      socket,
      ({ kind }) => {
        if (kind === 'hello')
          talk.say({
            kind: 'welcome',
            status: { size: 0, accepting: true, why: null, failed: null, queued: 0 },
          });
        else taken.push(socket);
      },
      () => {},
    );
  });
  await new Promise<void>((listening) => mute.listen(path, listening));
  const letGo: string[][] = [];
  const store = await joined(async (tables) => void letGo.push([...tables]));
  const underWay = store.commit(reading);
  await until(() => taken.length > 0);
  const over = new Promise((closed) => mute.close(closed));
  taken[0]!.destroy();
  await expect(underWay).rejects.toThrow(LogUnavailable);
  await over;
  expect(store.status()).toMatchObject({
    accepting: false,
    why: expect.stringContaining('away'),
    failed: { at: 7 },
  });
  await expect(store.commit(reading)).rejects.toThrow(LogUnavailable);
  await expect(store.count({})).rejects.toThrow(LogUnavailable);
  letGo.length = 0;
  // Another release, say, while both are renewed: not joined, and why is said.
  const other = openHub(storeOfOwn(), { origin, schema: 4 });
  await other.listen(path, { changed: async () => {}, count: async () => null });
  await until(() => /same release/.test(store.status().why ?? ''));
  await other.close();
  await openOwn();
  await until(() => store.status().accepting);
  expect(letGo).toEqual([['policyInForce', 'emergency', 'alert']]);
  expect((await store.commit(reading)).kind).toBe('done');
});

test('another log, another release and nobody at all are no server to join', async () => {
  const join = (asked: { origin: string; schema: number }) =>
    joinStore({ path, clock: () => 0, ...asked }, reader, async () => {});
  await expect(join({ origin, schema: 3 })).rejects.toThrow(AppenderAway);
  await openOwn();
  await expect(join({ origin: 'other.example/log', schema: 3 })).rejects.toThrow(DatabaseUnusable);
  await expect(join({ origin, schema: 4 })).rejects.toThrow(/same release/);
});
