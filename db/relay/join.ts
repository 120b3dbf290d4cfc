// The store of a server that joined another: it reads by itself and has everything written by the appending server (hub.ts). While
// that one is away nothing is accepted here, so nothing is released; once it is back, whatever was remembered meanwhile is let
// go of first. A unit under way when the connection broke is refused, though it may have become durable.
import { connect } from 'node:net';
import { AppenderAway, faultNamed } from '../errors.ts';
import type { Reader } from '../reader.ts';
import { type CommitResult, type LogStatus, LogUnavailable, type Store } from '../store.ts';
import { everythingRemembered, type Heed } from './hub.ts';
import { type Talk, type ToAppender, type ToJoined, talkOver, type Work } from './wire.ts';

export interface JoinSettings {
  /** Where the appending server listens for others. */
  path: string;
  origin: string;
  schema: number;
  clock: () => number;
}

export interface JoinedStore extends Store {
  /** From here on what others change is heeded, beginning with everything there is. */
  heed(heed: Heed): Promise<void>;
  /** Has the appending server count. @throws LogUnavailable */
  count(asked: unknown): Promise<unknown>;
}

const againMs = 500;
const away = 'The server that writes the audit log is away. It is looked for twice a second.';

interface Asked {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** @throws AppenderAway when none listens there, DatabaseUnusable when it is another log's or another release's */
export async function joinStore(
  settings: JoinSettings,
  reader: Reader,
  release: () => Promise<void>,
): Promise<JoinedStore> {
  const asked = new Map<number, Asked>();
  let nextId = 0;
  let heeded: Heed | null = null;
  let talk: Talk<ToAppender> | null = null;
  let status: LogStatus;
  let closed = false;
  let again: NodeJS.Timeout | null = null;

  /** One connection, from the greeting to its end. Rejects when it was not welcomed. */
  function meet(): Promise<void> {
    return new Promise((welcomed, fail) => {
      const socket = connect(settings.path);
      const mine = talkOver<ToAppender, ToJoined>(
        socket,
        (message) => {
          if (message.kind === 'welcome') {
            // Before anything is written again: what changed while nobody said so is not remembered any more.
            letGo(everythingRemembered).then(() => {
              status = message.status;
              talk = mine;
              welcomed();
            }, mine.end);
          } else if (message.kind === 'refused') {
            fail(faultNamed('DatabaseUnusable', `This server cannot join: ${message.why}.`));
            mine.end();
          } else hear(message, mine);
        },
        () => {
          fail(new AppenderAway(settings.path));
          if (talk === mine) lost();
        },
      );
      socket.once('connect', () =>
        mine.say({ kind: 'hello', origin: settings.origin, schema: settings.schema }),
      );
    });
  }

  function hear(message: Exclude<ToJoined, { kind: 'welcome' | 'refused' }>, from: Talk<ToAppender>): void {
    if (message.kind !== 'changed') status = message.status;
    switch (message.kind) {
      case 'done':
        asked.get(message.id)?.resolve(message.value);
        asked.delete(message.id);
        return;
      case 'failed':
        asked.get(message.id)?.reject(faultNamed(message.name, message.message));
        asked.delete(message.id);
        return;
      case 'status':
        return;
      case 'changed':
        // Unheeded, the appending server ends the connection before it acknowledges the change.
        letGo(message.tables).then(() => from.say({ kind: 'heeded', id: message.id }), from.end);
        return;
    }
  }

  const letGo: Heed['changed'] = async (tables) => heeded?.changed(tables);

  function lost(): void {
    talk = null;
    status = {
      ...status,
      accepting: false,
      why: closed ? 'The store is closed.' : away,
      failed: closed ? status.failed : { at: settings.clock(), why: away },
    };
    for (const { reject } of asked.values()) reject(new LogUnavailable(status.why ?? away));
    asked.clear();
    if (!closed) lookAgain();
  }

  function lookAgain(): void {
    again = setTimeout(() => {
      meet().catch((error: Error) => {
        if (closed) return;
        status = { ...status, why: error.message };
        lookAgain();
      });
    }, againMs);
    again.unref();
  }

  async function ask<T>(work: Work): Promise<T> {
    if (talk === null) throw new LogUnavailable(status.why ?? away);
    const id = nextId++;
    const answer = new Promise<unknown>((resolve, reject) => asked.set(id, { resolve, reject }));
    talk.say({ kind: 'work', id, work });
    return (await answer) as T; // written by hub.ts for this work
  }

  await meet();
  return {
    engine: 'postgres',
    reader,
    commit: (unit) => ask<CommitResult>({ do: 'commit', unit }),
    checkpoint: (size) => ask({ do: 'checkpoint', size }),
    settled: () => ask({ do: 'settle' }),
    scrub: (traces) => ask({ do: 'scrub', traces }),
    count: (what) => ask({ do: 'count', asked: what }),
    async heed(heed) {
      heeded = heed;
      await letGo(everythingRemembered);
    },
    status: () => ({ ...status, queued: asked.size }),
    async close() {
      if (closed) return;
      closed = true;
      if (again) clearTimeout(again);
      talk?.end();
      if (talk !== null) lost();
      await release();
    },
  };
}
