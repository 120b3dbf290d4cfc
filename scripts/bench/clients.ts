// Clients that cost next to nothing, so that on two cores the server is measured and not who asks it: each keeps one
// connection, sends a request made beforehand, and sends the next when the whole reply is there.
import { connect, type Socket } from 'node:net';

export interface Client {
  /** Sent as they are, one after another, over and over. */
  requests: readonly Buffer[];
}

export function getRequest(path: string, cookie: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: localhost\r\ncookie: ${cookie}\r\n\r\n`);
}

const ok = Buffer.from('HTTP/1.1 200 ');
const end = Buffer.from('\r\n\r\n');

/** Replies a second of all clients together. @throws on any reply but a 200 with a length */
export async function load(address: string, clients: readonly Client[], seconds: number): Promise<number> {
  const { hostname, port } = new URL(address);
  let replies = 0;
  let counting = true;
  const started = performance.now();
  const sockets = clients.map(() => connect(Number(port), hostname).setNoDelay(true));
  const running = clients.map((client, i) =>
    ask(sockets[i]!, client.requests, () => {
      replies += 1;
      return counting;
    }),
  );
  const stop = setTimeout(() => {
    counting = false;
  }, seconds * 1000);
  try {
    await Promise.all(running);
    return replies / ((performance.now() - started) / 1000);
  } finally {
    clearTimeout(stop);
    for (const socket of sockets) socket.destroy();
  }
}

/** @param onReply false: this was the last */
function ask(socket: Socket, requests: readonly Buffer[], onReply: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0;
    let waiting: Buffer = Buffer.alloc(0);
    const send = () => socket.write(requests[next++ % requests.length]!);
    socket.once('connect', send);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed a connection')));
    socket.on('data', (data) => {
      const reply = waiting.length === 0 ? data : Buffer.concat([waiting, data]);
      const size = lengthOf(reply);
      if (size === null || reply.length < size) {
        waiting = reply;
        return;
      }
      waiting = Buffer.alloc(0);
      if (!reply.subarray(0, ok.length).equals(ok))
        return reject(new Error(`the server answered ${reply.subarray(0, 40).toString()}`));
      if (onReply()) send();
      else resolve();
    });
  });
}

/** Bytes of the whole reply, null until its head is there. */
function lengthOf(reply: Buffer): number | null {
  const head = reply.indexOf(end);
  if (head === -1) return null;
  const length = /content-length: (\d+)/i.exec(reply.toString('latin1', 0, head))?.[1];
  if (length === undefined) throw new Error('a reply without a length');
  return head + end.length + Number(length);
}
