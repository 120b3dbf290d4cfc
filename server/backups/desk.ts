// Where a command beside a running server has done what asks for an entry: the server alone appends. A local socket in the key
// folder (0700), so that only those who hold the keys reach it; it takes nothing but the entry of a backup made or tested, the
// question for the list of accounts and the entry of an export of the log, by an officer who signs in for it as everywhere. It
// answers when that is durable.
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Type } from 'typebox';
import { type OfficerItem, OfficerQuery } from '#server/contract/officers.ts';
import { isOf } from '#server/lib/checked.ts';
import { socketIn } from '#server/lib/socket-path.ts';

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

const credentials = {
  login: Type.String({ maxLength: 200 }),
  password: Type.String({ maxLength: 1_000 }),
  code: Type.String({ maxLength: 100 }),
};

/** Which accounts there are, asked by an officer with password and code. */
const OfficersAsked = Type.Object(
  {
    list: Type.Literal('officers'),
    ...credentials,
    query: Type.Pick(OfficerQuery, ['state', 'role', 'commission'], { additionalProperties: false }),
  },
  { additionalProperties: false },
);
export type OfficersAsked = Type.Static<typeof OfficersAsked>;
export type Listed =
  | { kind: 'listed'; items: Pick<OfficerItem, 'login' | 'role' | 'commission' | 'state' | 'name'>[] }
  | { kind: 'refused'; says: string };

/** That the log is exported: by an officer with password and code, or by nobody named. */
const ExportAsked = Type.Object(
  {
    record: Type.Literal('audit.export'),
    by: Type.Union([Type.Null(), Type.Object(credentials, { additionalProperties: false })]),
  },
  { additionalProperties: false },
);
export type ExportAsked = Type.Static<typeof ExportAsked>;
/** `note`: a checkpoint that covers the entry. */
export type ExportRecorded =
  | { kind: 'recorded'; size: number; note: string }
  | { kind: 'refused'; says: string };

export interface DeskWork {
  enter(entry: BackupEntry): Promise<Entered>;
  list(asked: OfficersAsked): Promise<Listed>;
  recordExport(asked: ExportAsked): Promise<ExportRecorded>;
}

/** `says` is for the operator. */
export type Entered = { kind: 'done' } | { kind: 'refused'; says: string };

const longestRequest = 65_536;
const answerMs = 30_000;

/** Where the server of this key folder listens; null where the folder's path is too long for a socket. */
export const deskOf = (keysDir: string): string | null => socketIn(join(keysDir, 'entries.sock'));

/** Listens until closed. The caller is the one appender: a socket that is there already was left by a killed server. */
export async function openDesk(path: string, work: DeskWork): Promise<{ close(): Promise<void> }> {
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
      if (text.length > longestRequest) return void socket.destroy();
      if (!text.endsWith('\n')) return;
      socket.pause();
      void answer(text, work).then((answered) => socket.end(`${JSON.stringify(answered)}\n`));
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

async function answer(
  text: string,
  { enter, list, recordExport }: DeskWork,
): Promise<Entered | Listed | ExportRecorded> {
  try {
    const asked: unknown = JSON.parse(text);
    if (isOf(OfficersAsked, asked)) return await list(asked);
    if (isOf(ExportAsked, asked)) return await recordExport(asked);
    if (isOf(BackupEntry, asked)) return await enter(asked);
    return { kind: 'refused', says: 'the server does not know this request' };
  } catch {
    return { kind: 'refused', says: 'the server could not do it; see its log' };
  }
}

/** Has the running server make the entry; null when none listens there. */
export const enterAtDesk = (path: string, entry: BackupEntry): Promise<Entered | null> => ask(path, entry);

/** Asks the running server which accounts there are; null when none listens there. */
export const listAtDesk = (path: string, asked: OfficersAsked): Promise<Listed | null> => ask(path, asked);

/** Has the running server enter an export; null when none listens there. */
export const recordAtDesk = (path: string, asked: ExportAsked): Promise<ExportRecorded | null> =>
  ask(path, asked);

async function ask<T>(path: string, asked: object): Promise<T | { kind: 'refused'; says: string } | null> {
  if (!existsSync(path)) return null;
  return new Promise((settle) => {
    let text = '';
    const socket = createConnection(path, () => socket.write(`${JSON.stringify(asked)}\n`));
    const broken = { kind: 'refused', says: 'the server ended before it was done' } as const;
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
        settle(JSON.parse(text) as T); // written by this program's server
      } catch {
        settle(broken);
      }
    });
  });
}
