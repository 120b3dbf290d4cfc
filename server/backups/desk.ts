// Where a command that copies the database beside a running server has its entry made: the server alone appends. A local socket
// in the key folder (0700), so that only those who hold the keys reach it; it takes nothing but the entry of a backup made
// or tested, and answers when that is durable.
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

/** What a backup made or tested says of itself. */
const BackupEntry = Type.Object(
  {
    act: Type.Union([
      Type.Literal('system.backup'),
      Type.Literal('audit.verify'),
      Type.Literal('system.keys-rotate'),
    ]),
    artifact: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    detail: Type.Object(
      {
        entries: Type.Integer({ minimum: 0 }),
        backup: Type.Optional(Type.Boolean()),
        /** Of a drill: a rotation tried on a copy, and how many values an earlier backup opened afterwards. */
        drill: Type.Optional(Type.Boolean()),
        values: Type.Optional(Type.Integer({ minimum: 0 })),
        recipients: Type.Optional(
          Type.Array(Type.String({ pattern: '^age1[0-9a-z]{1,2000}$' }), { maxItems: 20 }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type BackupEntry = Type.Static<typeof BackupEntry>;

/** `says` is for the operator. */
export type Entered = { kind: 'done' } | { kind: 'refused'; says: string };

const longestRequest = 65_536;
const answerMs = 30_000;

/** Linux takes no longer address for a socket (with its last byte). */
const longestAddress = 107;

/** Where the server of this key folder listens; null where the folder's path is too long for a socket. */
export function deskOf(keysDir: string): string | null {
  const path = join(keysDir, 'entries.sock');
  return Buffer.byteLength(path) > longestAddress ? null : path;
}

/** Listens until closed. The caller is the one appender: a socket that is there already was left by a killed server. */
export async function openDesk(
  path: string,
  enter: (entry: BackupEntry) => Promise<Entered>,
): Promise<{ close(): Promise<void> }> {
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Whoever asked may be gone before the answer: the entry stands all the same.
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.length > longestRequest) socket.destroy();
      if (!text.endsWith('\n')) return;
      socket.pause();
      void answer(text, enter).then((entered) => socket.end(`${JSON.stringify(entered)}\n`));
    });
  });
  await new Promise<void>((listening, fail) => {
    server.once('error', fail);
    server.listen(path, listening);
  });
  chmodSync(path, 0o600);
  return {
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function answer(text: string, enter: (entry: BackupEntry) => Promise<Entered>): Promise<Entered> {
  try {
    const entry: unknown = JSON.parse(text);
    if (!Value.Check(BackupEntry, entry))
      return { kind: 'refused', says: 'the server does not know this request' };
    return await enter(entry);
  } catch {
    return { kind: 'refused', says: 'the server could not make the entry; see its log' };
  }
}

/** Has the running server make the entry; null when none listens there. */
export async function enterAtDesk(path: string, entry: BackupEntry): Promise<Entered | null> {
  if (!existsSync(path)) return null;
  return new Promise((settle) => {
    let text = '';
    const socket = createConnection(path, () => socket.write(`${JSON.stringify(entry)}\n`));
    const broken: Entered = { kind: 'refused', says: 'the server ended before the entry was made' };
    socket.setTimeout(answerMs, () => socket.destroy());
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => {
      text += piece;
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      settle(code === 'ECONNREFUSED' ? null : broken),
    );
    socket.once('close', () => {
      try {
        settle(JSON.parse(text) as Entered);
      } catch {
        settle(broken);
      }
    });
  });
}
