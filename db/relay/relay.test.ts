// Two ends of the talk between servers of one database, over a store that stands for the appending server's.
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppenderAway, DatabaseUnusable } from '../errors.ts';
import type { Reader } from '../reader.ts';
import { type Change, type CommitUnit, LogUnavailable, type Store } from '../store.ts';
import { type Hub, openHub } from './hub.ts';
import { type JoinedStore, joinStore } from './join.ts';
import { type ToAppender, type ToJoined, talkOver } from './wire.ts';

const alike = { origin: 'kuzot.example/log', schema: 3, keys: 'the same' };
/** What both servers read; another's database where a test says so. */
let marks: string[];
const reader = { system: { meta: async () => marks.at(-1) ?? null } } as unknown as Reader;
const reading: CommitUnit = { changes: [], entries: [{ leaf: '{}', event: '{}' }] };
/** Of a table servers remember something of. */
const ended = { op: 'update', table: 'emergency', key: { id: 'e' }, set: { endedAt: 1 } } satisfies Change;
const ending: CommitUnit = { ...reading, changes: [ended] };

let dir: string;
let path: string;
let hub: Hub<Store>;
let written: CommitUnit[];
let heard: string[];
let states: string[];
let isAccepting: boolean;
const open: { close(): Promise<void> }[] = [];

function storeOfOwn(): Store {
  const status = () => ({ size: written.length, accepting: isAccepting, why: null, failed: null, queued: 0 });
  return {
    engine: 'postgres',
    reader,
    async commit(unit) {
      const [change] = unit.changes;
      if (change?.table === 'meta' && change.op === 'ensure') marks.push(change.row.value as string);
      else if (unit.entries.length === 0) throw new Error('malformed unit of work: no entry');
      if (unit.entries[0]?.leaf === 'full') throw new LogUnavailable('The disk is full.');
      if (unit.entries.length > 0) written.push(unit);
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

async function openOwn(
  changed = async (tables: readonly string[]) => void heard.push(`first: ${tables.join()}`),
): Promise<void> {
  hub = openHub(storeOfOwn(), { ...alike, clock: () => 1_000 });
  open.push(hub);
  await hub.listen(path, {
    changed,
    onState: (state) => states.push(state),
    count: async (asked) => ({ counted: asked }),
  });
}

/** A connection that says what a test has it say. */
async function stranger(): Promise<Socket> {
  const socket = createConnection(path);
  await new Promise((connected) => socket.once('connect', connected));
  return socket;
}

async function joined(changed: (tables: readonly string[]) => Promise<void>): Promise<JoinedStore> {
  const store = await joinStore({ ...alike, path, clock: () => 7 }, reader, async () => {});
  open.push(store);
  await store.heed({ changed, onState: (state) => states.push(state) });
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
  states = [];
  isAccepting = true;
  marks = [];
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

test('a change that was refused, and may be durable all the same, is let go of by every server once the log takes entries again', async () => {
  await openOwn();
  const store = await joined(async (tables) => void (tables.length === 1 && heard.push(`second: ${tables}`)));
  const failing = { ...ending, entries: [{ leaf: 'full', event: '' }] };
  isAccepting = false;
  await expect(store.commit(failing)).rejects.toThrow(LogUnavailable);
  await expect(hub.store.commit(failing)).rejects.toThrow(LogUnavailable);
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(heard).toEqual([]);
  isAccepting = true;
  await until(() => heard.length > 1);
  expect(heard.toSorted()).toEqual(['first: emergency', 'second: emergency']);
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
    silent.once('connect', () => talk.say({ kind: 'hello', ...alike }));
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
            now: 0,
            mark: { run: 'mute', n: 0 },
            status: { size: 0, accepting: true, why: null, failed: null, queued: 0 },
          });
        else taken.push(socket);
      },
      () => {},
    );
  });
  await new Promise<void>((listening) => mute.listen(path, listening));
  marks = ['mute 0'];
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
  // It looks again in vain; /healthz says so to anybody, and where the keys are to nobody.
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(store.status().why).toContain('away');
  expect(store.status().why).not.toContain(dir);
  letGo.length = 0;
  // Another release, say, while both are renewed: not joined, and why is said.
  const other = openHub(storeOfOwn(), { ...alike, schema: 4, clock: () => 0 });
  await other.listen(path, { changed: async () => {}, count: async () => null });
  await until(() => /same release/.test(store.status().why ?? ''));
  // Tried twice a second, and told once.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(states).toEqual(['away', 'refused']);
  await other.close();
  await openOwn();
  await until(() => store.status().accepting);
  expect(letGo).toEqual([['policyInForce', 'emergency', 'alert']]);
  expect((await store.commit(reading)).kind).toBe('done');
});

test('another log, another release, other keys, another database and nobody at all are no server to join', async () => {
  const join = (other: Partial<typeof alike>, from = reader) =>
    joinStore({ path, clock: () => 0, ...alike, ...other }, from, async () => {});
  await expect(join({})).rejects.toThrow(AppenderAway);
  await openOwn();
  await expect(join({ origin: 'other.example/log' })).rejects.toThrow(DatabaseUnusable);
  await expect(join({ schema: 4 })).rejects.toThrow(/same release/);
  for (const keys of ['rotated', 'rotated']) await expect(join({ keys })).rejects.toThrow(/other keys/);
  expect(states).toEqual(['refused', 'refused', 'refused']);
  // Threat: a copy, which shows what was, and is not written to.
  for (const found of [null, 'another-run 0', `${marks.at(-1)}`.replace(/\d+$/, '0')]) {
    const copy = { system: { meta: async () => found } } as unknown as Reader;
    await expect(join({}, copy)).rejects.toThrow(/another database/);
  }
});

test('what was decided before a server was in step again is not written afterwards', async () => {
  await openOwn();
  let stuck = true;
  const store = await joined(async (tables) => {
    if (stuck && tables.length === 1) throw new Error('cannot read it');
  });
  const term = store.term!();
  expect((await store.commit({ ...reading, term })).kind).toBe('done');
  await hub.store.commit(ending);
  await until(() => !store.status().accepting);
  const cutOff = store.term!();
  stuck = false;
  await until(() => store.status().accepting);
  for (const old of [term, cutOff])
    await expect(store.commit({ ...reading, term: old })).rejects.toThrow(LogUnavailable);
  expect((await store.commit({ ...reading, term: store.term!() })).kind).toBe('done');
  expect(states.toSorted()).toEqual(['away', 'back', 'joined', 'joined', 'left']);
});

test('the server that writes does nothing of its own while it cannot take up what another changed, and goes on writing for that one', async () => {
  let stuck = true;
  await openOwn(async () => {
    if (stuck) throw new Error('cannot read it');
  });
  const store = await joined(async () => {});
  const term = hub.store.term!();
  expect((await store.commit(ending)).kind).toBe('done');
  expect(hub.store.status()).toMatchObject({ accepting: false, why: expect.stringContaining('taken up') });
  await expect(hub.store.commit(reading)).rejects.toThrow(LogUnavailable);
  expect((await store.commit(reading)).kind).toBe('done');
  stuck = false;
  await until(() => hub.store.status().accepting);
  await expect(hub.store.commit({ ...reading, term })).rejects.toThrow(LogUnavailable);
  expect((await hub.store.commit({ ...reading, term: hub.store.term!() })).kind).toBe('done');
  expect(states).toEqual(['joined', 'stuck', 'in-step']);
});

test('a server whose connection ends while it lets go takes no work over it', async () => {
  await openOwn();
  let go = () => {};
  let waits = 0;
  const store = await joined(async () => {
    if (waits++ === 1) await new Promise<void>((resolve) => (go = resolve));
  });
  await hub.close();
  await until(() => !store.status().accepting);
  await openOwn();
  await until(() => waits === 2);
  await hub.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  go();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(store.status().accepting).toBe(false);
  await expect(store.commit(reading)).rejects.toThrow(LogUnavailable);
  await openOwn();
  await until(() => store.status().accepting);
});

test('a server that is closed while it joins leaves no connection behind', async () => {
  await openOwn();
  let go = () => {};
  let waits = 0;
  const store = await joined(async () => {
    if (waits++ === 1) await new Promise<void>((resolve) => (go = resolve));
  });
  await hub.close();
  await openOwn();
  await until(() => waits === 2);
  await store.close();
  go();
  await until(() => states.includes('left'));
  expect(store.status().accepting).toBe(false);
});

test('what is no message of ours ends that connection and nothing else', async () => {
  await openOwn();
  const store = await joined(async () => {});
  const length = (bytes: number) => {
    const header = Buffer.alloc(4);
    header.writeUInt32LE(bytes);
    return header;
  };
  const nonsense = [
    Buffer.concat([length(3), Buffer.from('GET')]),
    length(2 ** 32 - 1),
    Buffer.concat([length(0)]),
    ...[null, { kind: 'work', id: 0 }, { kind: 'hello' }, 7].map((said) => {
      const body = serialize(said);
      return Buffer.concat([length(body.length), body]);
    }),
  ];
  for (const bytes of nonsense) {
    const socket = await stranger();
    const ended = new Promise((closed) => socket.once('close', closed));
    socket.resume().once('data', () => socket.destroy());
    socket.write(bytes);
    await ended;
  }
  expect((await store.commit(reading)).kind).toBe('done');
  // Too long to be heard: refused where it is said, and the connection lasts.
  const long: CommitUnit = { ...reading, entries: [{ leaf: 'x'.repeat(65 * 1_024 * 1_024), event: '' }] };
  await expect(store.commit(long)).rejects.toThrow(RangeError);
  expect(store.status().queued).toBe(0);
  expect((await store.commit(reading)).kind).toBe('done');
});

test('a server ends although somebody is connected who says nothing', async () => {
  await openOwn();
  const socket = await stranger();
  const ended = new Promise((closed) => socket.once('close', closed));
  await hub.close();
  await ended;
});

test('a server that writes but says nothing any more counts as away', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const stopped = createServer(() => {});
  await new Promise<void>((listening) => stopped.listen(path, listening));
  const joining = joinStore({ ...alike, path, clock: () => 0 }, reader, async () => {});
  const refused = expect(joining).rejects.toThrow(AppenderAway);
  vi.advanceTimersByTime(10_000);
  await refused;
  vi.useRealTimers();
  await new Promise((closed) => stopped.close(closed));
});

test('a joined server knows the time of the one that writes', async () => {
  await openOwn();
  expect((await joined(async () => {})).time()).toBe(1_000);
});
