/** The desk of a running server: takes the entry of a backup and nothing else, for whoever reaches the key folder. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BackupEntry, deskOf, enterAtDesk, listAtDesk, openDesk, recordAtDesk } from './desk.ts';

const entry: BackupEntry = {
  act: 'system.backup',
  artifact: 'ab'.repeat(32),
  detail: { entries: 7, recipients: ['age1xyz', 'age1abc'] },
};
let dir: string;
let path: string;
let desk: { close(): Promise<void> } | null = null;
const entered: BackupEntry[] = [];
const open = async () => {
  desk = await openDesk(path, {
    async enter(one) {
      entered.push(one);
      return { kind: 'done' };
    },
    async recordExport({ by }) {
      return { kind: 'recorded', size: 7, note: `by ${by?.login ?? 'nobody'}` };
    },
    async list({ login }) {
      return {
        kind: 'listed',
        items: [{ login, role: 'auditor', commission: 'CEC', state: 'active', name: '' }],
      };
    },
  });
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kuzot-desk-'));
  path = deskOf(dir)!;
  entered.length = 0;
});
afterEach(async () => {
  await desk?.close();
  desk = null;
  rmSync(dir, { recursive: true });
});

test('an entry is made and answered; only the owner reaches the socket', async () => {
  await open();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await enterAtDesk(path, entry)).toEqual({ kind: 'done' });
  expect(entered).toEqual([entry]);
});

test.each([
  ['another act', { ...entry, act: 'voter.view' }],
  ['a field of its own', { ...entry, actor: 'somebody' }],
  ['free text in its detail', { ...entry, detail: { ...entry.detail, note: 'Осмонова' } }],
  ['no hash', { ...entry, artifact: 'x' }],
])('%s is refused', async (_, wrong) => {
  await open();
  expect(await enterAtDesk(path, wrong as BackupEntry)).toMatchObject({ kind: 'refused' });
  expect(entered).toEqual([]);
});

test('accounts are listed for who shows password and code; nothing else can be asked with them', async () => {
  await open();
  const asked = {
    list: 'officers',
    login: 'a.b',
    password: 'p',
    code: '1',
    query: { state: 'active' },
  } as const;
  expect(await listAtDesk(path, asked)).toMatchObject({ kind: 'listed', items: [{ login: 'a.b' }] });
  for (const wrong of [
    { ...asked, list: 'voters' },
    { ...asked, query: { q: 'x' } },
    { ...asked, act: 'system.backup' },
    { ...asked, password: 'p'.repeat(1_001) },
  ])
    expect(await listAtDesk(path, wrong as never), JSON.stringify(wrong).slice(0, 80)).toMatchObject({
      kind: 'refused',
    });
});

test('an export is entered for who shows password and code, or for nobody named; with nothing else', async () => {
  await open();
  const by = { login: 'a.b', password: 'p', code: '1' };
  expect(await recordAtDesk(path, { record: 'audit.export', by })).toMatchObject({ note: 'by a.b' });
  expect(await recordAtDesk(path, { record: 'audit.export', by: null })).toMatchObject({ note: 'by nobody' });
  for (const wrong of [
    { record: 'audit.view', by },
    { record: 'audit.export' },
    { record: 'audit.export', by: {} },
  ])
    expect(await recordAtDesk(path, wrong as never)).toMatchObject({ kind: 'refused' });
});

test('what is no JSON, and what never ends, makes no entry and harms nobody after it', async () => {
  await open();
  const padded = `${' '.repeat(70_000)}${JSON.stringify(entry)}\n`;
  for (const text of ['nonsense\n', 'x'.repeat(200_000), padded])
    await new Promise<void>((closed) => {
      const socket = createConnection(path, () => socket.write(text));
      socket
        .on('error', () => undefined)
        .on('close', () => closed())
        .resume();
    });
  expect(await enterAtDesk(path, entry)).toEqual({ kind: 'done' });
  expect(entered).toHaveLength(1);
});

test('nobody listening is told apart from a refusal, also where a killed server left its socket', async () => {
  expect(await enterAtDesk(path, entry)).toBeNull();
  writeFileSync(path, '');
  expect(await enterAtDesk(path, entry)).toBeNull();
  await open();
  expect(await enterAtDesk(path, entry)).toEqual({ kind: 'done' });
});

test('a fault while the entry is made is an answer, not an end of the server', async () => {
  const failing = async () => {
    throw new Error('the log is failing');
  };
  desk = await openDesk(path, { enter: failing, list: failing, recordExport: failing });
  expect(await enterAtDesk(path, entry)).toMatchObject({ kind: 'refused' });
});

test('a folder too deep for a socket has no desk', () => {
  expect(deskOf(`/srv/${'x'.repeat(100)}`)).toBeNull();
});
