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

/** A page's own changing request, without a session. */
export function postRequest(path: string, body: object): Buffer {
  const text = JSON.stringify(body);
  const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\ncontent-type: application/json`;
  return Buffer.from(`${head}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

const end = Buffer.from('\r\n\r\n');

/** Replies a second of all clients together. @throws on any reply but a 200 with a length */
export async function load(address: string, clients: readonly Client[], seconds: number): Promise<number> {
  const { millis, seconds: taken } = await latencies(address, clients, seconds, [200]);
  return millis.length / taken;
}

export interface Latencies {
  /** From a request's sending to the last byte of its reply, one a reply, in no order. */
  millis: number[];
  byStatus: Map<number, number>;
  seconds: number;
}

/** How long each reply took. @throws on a reply without a length or of a status that is not among `accepted` */
export async function latencies(
  address: string,
  clients: readonly Client[],
  seconds: number,
  accepted: readonly number[],
): Promise<Latencies> {
  const { hostname, port } = new URL(address);
  const millis: number[] = [];
  const byStatus = new Map<number, number>();
  let counting = true;
  const started = performance.now();
  const sockets = clients.map(() => connect(Number(port), hostname).setNoDelay(true));
  const running = clients.map((client, i) =>
    ask(sockets[i]!, client.requests, accepted, (status, took) => {
      millis.push(took);
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
      return counting;
    }),
  );
  const stop = setTimeout(() => {
    counting = false;
  }, seconds * 1000);
  try {
    await Promise.all(running);
    return { millis, byStatus, seconds: (performance.now() - started) / 1000 };
  } finally {
    clearTimeout(stop);
    for (const socket of sockets) socket.destroy();
  }
}

/** @param onReply false: this was the last */
function ask(
  socket: Socket,
  requests: readonly Buffer[],
  accepted: readonly number[],
  onReply: (status: number, millis: number) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0;
    let sentAt = 0;
    let waiting: Buffer = Buffer.alloc(0);
    const send = () => {
      sentAt = performance.now();
      socket.write(requests[next++ % requests.length]!);
    };
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
      const status = Number(reply.toString('latin1', 9, 12));
      if (!accepted.includes(status))
        return reject(new Error(`the server answered ${reply.subarray(0, 40).toString()}`));
      if (onReply(status, performance.now() - sentAt)) send();
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
