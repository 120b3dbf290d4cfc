// A port for a server that must know it before it listens. Taken from below the ports the system hands out by itself, and by each
// process from a hundred of its own: neither a connection nor another worker takes it in between.
import { createServer } from 'node:net';

const first = 10_000 + (process.pid % 200) * 100;
let taken = 0;

export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + (taken++ % 100);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
