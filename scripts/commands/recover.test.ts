/** A database put back, a head file gone: what an operator is told, and the one recorded way on. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import { readHead } from '#db/writer/head-file.ts';
import { verifyAudit } from '#server/audit/verify.ts';
import { createKeys, loadKeys } from '#server/keys.ts';
import { openCheckpoint } from '#server/lib/log/checkpoint.ts';
import { signerFromPem } from '#server/lib/log/note.ts';
import { codeAt } from '#server/lib/totp.ts';
import { morning } from '#server/test/set-up.ts';
import { addAccount, type DemoAccount } from '../demo/accounts.ts';
import type { OfficerRole } from '../demo/country/officers.ts';
import { bareEnv } from './bare-env.ts';
import { addCentre } from './init.ts';
import { type Installation, openInstallation } from './installation.ts';
import { examine, handsOf, recordRecovery } from './recover.ts';

const root = resolve(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'kuzot-recover-'));
const origin = 'recover.kuzot.invalid/log';
const path = join(dir, 'kuzot.sqlite');
const keysDir = join(dir, 'keys');
const place = { database: `sqlite:${path}`, keysDir };
const yesterday = join(dir, 'yesterday.sqlite');
const accounts: DemoAccount[] = [];
/** Everything ever signed, by whoever saw it: root by size, whatever the log's name. */
const roots = new Map<number, string>();

const reason = 'the disk failed in the night';

/** Records what was found, a minute after all before it; the officers answer with what they know, in order. */
async function recover(people: DemoAccount[], known?: string[]): Promise<void> {
  vi.setSystemTime(Date.now() + 60_000);
  const said = known ?? answers(people);
  const found = await examine(place);
  if (found === null) throw new Error('nothing was lost');
  const asker = {
    ask: async () => said.shift()!,
    askSecret: async () => said.shift()!,
    close: () => {},
  };
  await recordRecovery(place, found, handsOf({ as: people.map(({ login }) => login), reason }), asker);
}

const answers = (people: DemoAccount[]) =>
  people.flatMap(({ password, totpSecret }) => [password, codeAt(totpSecret, Date.now())]);

async function verified() {
  const keys = loadKeys(keysDir);
  const { verifier } = signerFromPem(keys.origin, keys.signingKeyPem);
  const { log, guardFault, close } = await openReadOnly(place.database);
  try {
    const head = await readHead(keys.headFile, [verifier]);
    return await verifyAudit(log, { origin: keys.origin, verifiers: [verifier], head, guardFault });
  } finally {
    await close();
  }
}

async function work(installation: Installation, acts: number): Promise<void> {
  const { rooms, asSystem } = installation;
  for (let i = 0; i < acts; i++)
    await rooms.gate.change(asSystem('detection'), 'log.heartbeat', {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({ kind: 'change', changes: [], value: null, about: {} }),
    });
}

async function open(work: (installation: Installation) => Promise<void>): Promise<void> {
  const installation = await openInstallation(place);
  try {
    await work(installation);
  } finally {
    await installation.close();
  }
}

/** The acts of the stored log in order, and every checkpoint of it held against all seen before. */
async function look(): Promise<string[]> {
  const { log, close } = await openReadOnly(place.database);
  const acts: string[] = [];
  for await (const leaf of log.readLeaves(0, (await log.counts()).entries))
    acts.push((JSON.parse(leaf.toString()) as { act: string }).act);
  for (const { note, size } of await log.readCheckpoints(0, 10_000)) {
    const signed = note.split('\n')[2]!;
    expect(roots.get(size) ?? signed, `size ${size}`).toBe(signed);
    roots.set(size, signed);
  }
  await close();
  return acts;
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: morning });
  vi.spyOn(console, 'log').mockImplementation(() => {});
  createKeys(keysDir, origin);
  const made = await openInstallation(place, { create: true });
  await addCentre(made);
  const roles: OfficerRole[] = [
    'central-admin',
    'security-officer',
    'auditor',
    'central-admin',
    'security-officer',
  ];
  for (const [i, role] of roles.entries())
    accounts.push(
      await addAccount(
        made,
        {
          key: role,
          login: `officer.${i}`,
          role,
          commission: 'CEC',
          name: { surname: 'Осмонова', givenName: 'Асел', patronymic: '' } as never,
          account: 'ready',
        },
        Date.now(),
      ),
    );
  await work(made, 5);
  await made.close();
  cpSync(path, yesterday);
  await open((installation) => work(installation, 40));
  await look();
});
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

describe('a database put back to yesterday', () => {
  let before = 0;
  let signed = 0;

  test('is whole as long as nobody touches it', async () => {
    expect(await examine(place)).toBeNull();
  });

  test('stops every start, and says what was found, what was expected and what to do', async () => {
    signed = Number(readFileSync(join(keysDir, 'log-head'), 'utf8').split(' ')[0]);
    cpSync(yesterday, path);
    before = (await look()).length;
    expect(signed).toBe(before + 40);
    await expect(open(async () => {})).rejects.toThrow(
      new RegExp(`holds ${before} entries.*${signed} were already signed.*audit recover`, 's'),
    );
    expect(await verified()).toMatchObject({ kind: 'broken', why: expect.stringContaining('lost its end') });
    const shown = spawnSync(
      process.execPath,
      [join(root, 'scripts/kuzot.ts'), 'audit', 'recover', '--db', place.database],
      { encoding: 'utf8', env: bareEnv },
    );
    expect([shown.status, shown.stderr]).toEqual([1, '']);
    expect(shown.stdout).toMatch(
      new RegExp(
        `found +${before} entries.*expected +${signed} entries.*lost +entries ${before} to ${signed - 1}`,
        's',
      ),
    );
    expect((await look()).length).toBe(before);
  });

  test('is not recovered by one officer, without a reason, by one who may not, or with a wrong password', async () => {
    const [admin, guard, auditor] = accounts as [DemoAccount, DemoAccount, DemoAccount];
    expect(() => handsOf({ as: [admin.login, admin.login], reason })).toThrow('Two officers');
    expect(() => handsOf({ as: [admin.login, guard.login] })).toThrow('reason');
    await expect(recover([admin, guard], ['no such password', '000000'])).rejects.toThrow('not right');
    await expect(recover([auditor, guard])).rejects.toThrow('duty');
    expect(loadKeys(keysDir).origin).toBe(origin);
    await expect(open(async () => {})).rejects.toThrow('audit recover');
    // What was found stands in the log all the same, and so do the attempts.
    const acts = await look();
    expect(acts[before]).toBe('log.rollback');
    expect(acts.slice(before + 1, signed)).toEqual(Array(39).fill('log.lost'));
    expect(acts.slice(signed)).toContain('session.login');
  });

  test('goes on under a new name once two officers recorded it, and no size was ever signed twice', async () => {
    await recover([accounts[0]!, accounts[1]!]);
    const acts = await look();
    expect(acts.filter((act) => act === 'log.rollback')).toHaveLength(1);
    // The auditor's, refused, and those of both officers.
    expect(acts.filter((act) => act === 'log.recover')).toHaveLength(3);
    const keys = loadKeys(keysDir);
    expect(keys.origin).toMatch(/^recover\.kuzot\.invalid\/log\/r2-[0-9a-f]{8}$/);
    expect(keys.predecessors).toMatchObject([{ origin, size: signed, kept: before }]);
    // The evidence of what was signed before is kept.
    const evidence = readdirSync(keysDir).find((name) => name.startsWith('log-head.of-'));
    expect(readFileSync(join(keysDir, evidence!), 'utf8')).toMatch(new RegExp(`^${signed} `));
    expect(existsSync(join(keysDir, 'log-recovery.json'))).toBe(false);
    const head = readFileSync(join(keysDir, 'log-head'), 'utf8');
    const { verifier } = signerFromPem(keys.origin, keys.signingKeyPem);
    const opened = openCheckpoint(head.slice(head.indexOf('\n') + 1), [verifier]);
    expect(opened.kind === 'ok' && opened.checkpoint.size).toBe(acts.length);
    expect(opened.kind === 'ok' && opened.checkpoint.extensions).toContainEqual(
      expect.stringMatching(new RegExp(`^kuzot-follows ${origin} ${signed} \\S+ ${before}$`)),
    );
  });

  test('verifies, starts and grows as before, under both names', async () => {
    expect(await verified()).toMatchObject({ kind: 'ok', unsigned: 0 });
    await open((installation) => work(installation, 3));
    await look();
    expect(await examine(place)).toBeNull();
  });

  test('and once more, from before the first recovery, under a third', async () => {
    const last = Math.max(...roots.keys());
    cpSync(yesterday, path);
    await expect(open(async () => {})).rejects.toThrow();
    await recover([accounts[1]!, accounts[0]!]);
    const acts = await look();
    expect(acts.length).toBeGreaterThan(last);
    expect(loadKeys(keysDir).predecessors.map(({ kept }) => kept)).toEqual([before, before]);
    expect(await verified()).toMatchObject({ kind: 'ok' });
  });
});

test('a head file that is gone stops every start until two officers recorded it', async () => {
  const { origin: name } = loadKeys(keysDir);
  rmSync(join(keysDir, 'log-head'));
  await expect(open(async () => {})).rejects.toThrow(/head file .* is gone/);
  expect(await examine(place)).toMatchObject({ state: 'head-missing' });
  await recover([accounts[3]!, accounts[4]!]);
  expect(loadKeys(keysDir).origin).not.toBe(name);
  await look();
  expect(await verified()).toMatchObject({ kind: 'ok' });
});

test('guards that were taken off are put back by the same step, and the log keeps its name', async () => {
  const { origin: name } = loadKeys(keysDir);
  const db = new DatabaseSync(path);
  db.exec('drop trigger entry_no_delete');
  db.close();
  await expect(open(async () => {})).rejects.toThrow(/entry_no_delete.*audit recover/s);
  expect(await verified()).toMatchObject({
    kind: 'broken',
    where: expect.stringContaining('entry_no_delete'),
  });
  expect(await examine(place)).toMatchObject({ state: 'unguarded' });
  await recover([accounts[4]!, accounts[3]!]);
  expect(loadKeys(keysDir).origin).toBe(name);
  expect((await look()).at(-2)).toBe('log.recover');
  expect(await verified()).toMatchObject({ kind: 'ok' });
});

test('an entry written past the server stops every start until two officers recorded from where on nobody knows', async () => {
  const { origin: name } = loadKeys(keysDir);
  const db = new DatabaseSync(path);
  const { size } = db.prepare('select max(seq) + 1 as size from entry').get() as { size: number };
  db.exec(`insert into entry select ${size}, leaf, leaf_hash from entry where seq = 0`);
  db.exec(`insert into event select ${size}, json from event where seq = 0`);
  db.close();
  await expect(open(async () => {})).rejects.toThrow(/written past it.*audit recover/s);
  expect(await examine(place)).toMatchObject({ state: 'unsealed', unsealedFrom: size, size: size + 1 });
  await recover([accounts[0]!, accounts[1]!]);
  expect(loadKeys(keysDir).origin).toBe(name);
  const acts = await look();
  expect(acts[size + 1]).toBe('log.rollback');
  expect(acts.slice(size + 2).filter((act) => act === 'log.recover')).toHaveLength(2);
  const store = await openReadOnly(place.database);
  const [told] = await store.reader.audit.entriesAt([size + 1]);
  await store.close();
  expect(JSON.parse(told!.json!)).toMatchObject({
    detail: { json: { state: 'unsealed', unsealedFrom: size, found: size + 1 } },
  });
  expect(await verified()).toMatchObject({ kind: 'ok' });
  expect(await examine(place)).toBeNull();
});
