import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { talkOver } from './wire.ts';

test('a message in thousands of pieces is put together once', { timeout: 20_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kuzot-wire-'));
  const path = join(dir, 'servers.sock');
  const server = createServer();
  await new Promise<void>((listening) => server.listen(path, listening));
  const heardOf = new Promise<number>((resolve) => {
    server.on('connection', (socket) =>
      talkOver<never, string>(
        socket,
        ({ length }) => resolve(length),
        () => {},
      ),
    );
  });
  const socket = createConnection(path);
  const concat = vi.spyOn(Buffer, 'concat');
  talkOver<string, never>(
    socket,
    () => {},
    () => {},
  ).say('x'.repeat(20_000_000));
  expect(await heardOf).toBe(20_000_000);
  expect(concat.mock.calls.length).toBeLessThan(10);
  concat.mockRestore();
  socket.destroy();
  await new Promise((closed) => server.close(closed));
  rmSync(dir, { recursive: true });
});
