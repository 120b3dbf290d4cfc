// What servers of one database say to each other over a local socket: one message after another, each its length and V8's own
// form of it, which keeps bytes as bytes. Both ends are this program, and only who may read the keys reaches the socket.
import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import type { CommitUnit, LogStatus, TableName } from '../store.ts';

/** What a joined server has the appending one do. */
export type Work =
  | { do: 'commit'; unit: CommitUnit }
  | { do: 'checkpoint'; size: number | undefined }
  | { do: 'settle' }
  | { do: 'scrub'; traces: readonly string[] }
  /** What is counted once for all servers; both ends' own words. */
  | { do: 'count'; asked: unknown };

export type ToAppender =
  | { kind: 'hello'; origin: string; schema: number }
  | { kind: 'work'; id: number; work: Work }
  | { kind: 'heeded'; id: number };

export type ToJoined =
  | { kind: 'welcome'; status: LogStatus }
  | { kind: 'refused'; why: string }
  | { kind: 'done'; id: number; value: unknown; status: LogStatus }
  | { kind: 'failed'; id: number; name: string; message: string; status: LogStatus }
  | { kind: 'status'; status: LogStatus }
  /** Rows of these tables changed: what is remembered of them is not to be asked any more. */
  | { kind: 'changed'; id: number; tables: readonly TableName[] };

const lengthBytes = 4;
/** Far more than any unit of a route; what is larger is no message of ours. */
const longest = 64 * 1_024 * 1_024;

export interface Talk<Said> {
  say(message: Said): void;
  end(): void;
}

/** @param hear in order, one at a time @param ended once, when nothing more will be heard */
export function talkOver<Said, Heard>(
  socket: Socket,
  hear: (message: Heard) => void,
  ended: () => void,
): Talk<Said> {
  let waiting: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('data', (bytes: Buffer) => {
    waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
    while (waiting.length >= lengthBytes) {
      const length = waiting.readUInt32LE(0);
      if (length > longest) return void socket.destroy();
      if (waiting.length < lengthBytes + length) return;
      const message = deserialize(waiting.subarray(lengthBytes, lengthBytes + length)) as Heard;
      waiting = waiting.subarray(lengthBytes + length);
      hear(message);
    }
  });
  // What went wrong is said by the close that follows.
  socket.on('error', () => undefined);
  socket.once('close', ended);
  return {
    say(message) {
      const body = serialize(message);
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt32LE(body.length);
      socket.write(Buffer.concat([length, body]));
    },
    end: () => socket.destroy(),
  };
}
