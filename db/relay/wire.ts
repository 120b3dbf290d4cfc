// What servers of one database say to each other over a local socket: one message after another, each its length and V8's own
// form of it, which keeps bytes as bytes. Both ends are this program, and only who may read the keys reaches the socket; whatever
// else comes ends the connection, never the server.
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import type { CommitUnit, LogStatus, TableName } from '../store.ts';
import type { Alike, Mark } from './alike.ts';

/** What a joined server has the appending one do. */
export type Work =
  | { do: 'commit'; unit: CommitUnit }
  | { do: 'checkpoint'; size: number | undefined }
  | { do: 'settle' }
  | { do: 'scrub'; traces: readonly string[] }
  /** What is counted once for all servers; both ends' own words. */
  | { do: 'count'; asked: unknown };

export type ToAppender =
  | ({ kind: 'hello' } & Alike)
  | { kind: 'work'; id: number; work: Work }
  | { kind: 'heeded'; id: number };

export type ToJoined =
  | { kind: 'welcome'; status: LogStatus; now: number; mark: Mark }
  | { kind: 'refused'; why: string }
  | { kind: 'done'; id: number; value: unknown; status: LogStatus }
  | { kind: 'failed'; id: number; name: string; message: string; status: LogStatus }
  /** Every second. `now`: the appending server's clock, epoch ms. */
  | { kind: 'status'; status: LogStatus; now: number }
  /** Rows of these tables changed: what is remembered of them is not to be asked any more. */
  | { kind: 'changed'; id: number; tables: readonly TableName[] };

const lengthBytes = 4;
/** Far more than any unit of a route; what is larger is no message of ours. */
const longest = 64 * 1_024 * 1_024;

export interface Talk<Said> {
  /** @throws RangeError for what is too long to be heard */
  say(message: Said): void;
  /** The other end has not taken all that was said. */
  isBehind(): boolean;
  end(): void;
}

/** @param hear in order, one at a time @param ended once, when nothing more will be heard */
export function talkOver<Said, Heard>(
  socket: Socket,
  hear: (message: Heard) => void,
  ended: () => void,
): Talk<Said> {
  let pieces: Buffer[] = [];
  let held = 0;
  /** Bytes without which there is no more to be heard: a long message is put together once, not at every piece. */
  let needed = lengthBytes;
  socket.setNoDelay(true);

  function hearAll(): void {
    let waiting = Buffer.concat(pieces);
    for (needed = lengthBytes; waiting.length >= needed && !socket.destroyed; needed = lengthBytes) {
      const length = waiting.readUInt32LE(0);
      if (length > longest) throw new RangeError('no message of ours is so long');
      needed = lengthBytes + length;
      if (waiting.length < needed) break;
      const message = deserialize(waiting.subarray(lengthBytes, needed)) as Heard;
      waiting = waiting.subarray(needed);
      hear(message);
    }
    pieces = [waiting];
    held = waiting.length;
  }

  socket.on('data', (bytes: Buffer) => {
    pieces.push(bytes);
    held += bytes.length;
    if (held < needed) return;
    try {
      hearAll();
    } catch {
      // Another program, or another release of this one: nobody to go on talking with.
      socket.destroy();
    }
  });
  // What went wrong is said by the close that follows.
  socket.on('error', () => undefined);
  socket.once('close', ended);
  return {
    say(message) {
      const body = serialize(message);
      if (body.length > longest)
        throw new RangeError(`a message of ${body.length} bytes is more than servers say to each other`);
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt32LE(body.length);
      socket.write(Buffer.concat([length, body]));
    },
    isBehind: () => socket.writableLength > 0,
    end: () => socket.destroy(),
  };
}
