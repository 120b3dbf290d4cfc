// The store of a server that joined another: it reads by itself and has everything written by the appending server (hub.ts). While
// that one is away nothing is accepted here, so nothing is released; once it is back, whatever was remembered meanwhile is let
// go of first, and what was decided meanwhile is refused. A unit under way when the connection broke is refused, though it may
// have become durable.
import { connect } from 'node:net';
import { AppenderAway, faultNamed } from '../errors.ts';
import { Pending } from '../pending.ts';
import type { Reader } from '../reader.ts';
import { type CommitResult, type LogStatus, LogUnavailable, requireTerm, type Store } from '../store.ts';
import { type Alike, isMarked, type Mark, markKey } from './alike.ts';
import { everythingRemembered, type Heed } from './heed.ts';
import { type Talk, type ToAppender, type ToJoined, talkOver, type Work } from './wire.ts';

export interface JoinSettings extends Alike {
  /** Where the appending server listens for others. */
  path: string;
  clock: () => number;
}

export interface JoinedStore extends Store {
  /** From here on what others change is heeded, beginning with everything there is. */
  heed(heed: Heed): Promise<void>;
  /** Has the appending server count. @throws LogUnavailable */
  count(asked: unknown): Promise<unknown>;
  /** What the appending server's clock said last, epoch ms. */
  time(): number;
}

const againMs = 500;
/** The appending server says something every second: one that does not is stopped, or hangs. */
const silentMs = 10_000;
const away = 'The server that writes the audit log is away. It is looked for twice a second.';

/** @throws AppenderAway when none answers there, DatabaseUnusable when it is another log's or another release's */
export async function joinStore(
  { path, clock, ...alike }: JoinSettings,
  reader: Reader,
  release: () => Promise<void>,
): Promise<JoinedStore> {
  const asked = new Pending<unknown>();
  let heeded: Heed | null = null;
  /** The connection over which there is work to be asked for. */
  let talk: Talk<ToAppender> | null = null;
  /** The newest one: that, or one that is not welcomed yet. */
  let newest: Talk<ToAppender> | null = null;
  let status: LogStatus;
  let time = 0;
  let term = 0;
  let closed = false;
  let again: NodeJS.Timeout | null = null;

  /** One connection, from the greeting to its end. Rejects when it was not welcomed. */
  function meet(): Promise<void> {
    return new Promise((welcomed, fail) => {
      const socket = connect(path);
      const mine = talkOver<ToAppender, ToJoined>(
        socket,
        (message) => {
          silence.refresh();
          if ('now' in message) time = Math.max(time, message.now);
          if (message.kind === 'welcome') {
            begin(message.mark).then(
              () => {
                // Ended meanwhile, it would take work and never answer it.
                if (closed || socket.destroyed) return;
                status = message.status;
                talk = mine;
                term++;
                welcomed();
              },
              (error: Error) => {
                fail(error);
                mine.end();
              },
            );
          } else if (message.kind === 'refused') {
            fail(cannotJoin(message.why));
            mine.end();
          } else hear(message, mine);
        },
        () => {
          clearTimeout(silence);
          fail(new AppenderAway(path));
          if (talk === mine) lost();
        },
      );
      newest = mine;
      const silence = setTimeout(mine.end, silentMs);
      silence.unref();
      socket.once('connect', () => mine.say({ kind: 'hello', ...alike }));
    });
  }

  /** Before anything is written: what is read here is what is written there, and what changed while nobody said so is let go of. */
  async function begin(mark: Mark): Promise<void> {
    if (!isMarked(await reader.system.meta(markKey), mark))
      throw cannotJoin('the appending server writes to another database than KUZOT_DB names here');
    await letGo(everythingRemembered);
  }

  function hear(message: Exclude<ToJoined, { kind: 'welcome' | 'refused' }>, from: Talk<ToAppender>): void {
    if (message.kind !== 'changed' && from === talk) status = message.status;
    switch (message.kind) {
      case 'done':
        asked.answer(message.id, message.value);
        return;
      case 'failed':
        asked.fail(message.id, message.name, message.message);
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
    if (!closed) heeded?.onState?.('away');
    status = {
      ...status,
      accepting: false,
      why: closed ? 'The store is closed.' : away,
      failed: closed ? status.failed : { at: clock(), why: away },
    };
    asked.abandon(status.why ?? away);
    if (!closed) lookAgain();
  }

  function lookAgain(): void {
    again = setTimeout(() => {
      meet().then(
        () => heeded?.onState?.('back'),
        (error: Error) => {
          if (closed) return;
          // Away it is anyhow, and anybody may read why: no path of ours. Anything else is for an operator to mend.
          const why = error instanceof AppenderAway ? away : error.message;
          if (why !== away && status.why !== why) heeded?.onState?.('refused', why);
          status = { ...status, why };
          lookAgain();
        },
      );
    }, againMs);
    again.unref();
  }

  async function ask<T>(work: Work): Promise<T> {
    const over = talk;
    if (over === null) throw new LogUnavailable(status.why ?? away);
    return (await asked.ask((id) => over.say({ kind: 'work', id, work }))) as T; // written by hub.ts for this work
  }

  await meet();
  return {
    engine: 'postgres',
    reader,
    async commit(unit) {
      requireTerm(unit, term);
      return ask<CommitResult>({ do: 'commit', unit });
    },
    term: () => term,
    time: () => time,
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
      newest?.end();
      if (talk !== null) lost();
      await release();
    },
  };
}

const cannotJoin = (why: string) => faultNamed('DatabaseUnusable', `This server cannot join: ${why}.`);
