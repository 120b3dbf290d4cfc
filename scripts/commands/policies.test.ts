/** Policies and rules from the command line: faults with their lines, what would change, and a set put in force by two officers. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRuleFiles } from '#server/detection/sigma/directory.ts';
import { createKeys } from '#server/keys.ts';
import { type Running, startServer } from '#server/main.ts';
import { parsePolicies, policyHash, readPolicyFiles } from '#server/policy/source.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import { addAccount, type DemoAccount } from '../demo/accounts.ts';
import { addCentre } from './init.ts';
import { openInstallation } from './installation.ts';
import { kuzot, terminal } from './terminal.ts';

const root = resolve(import.meta.dirname, '../..');
const shipped = join(root, 'policies/access');
const dir = mkdtempSync(join(tmpdir(), 'kuzot-policies-'));
const place = { database: `sqlite:${join(dir, 'kuzot.sqlite')}`, keysDir: join(dir, 'keys') };
const people = new Map<string, DemoAccount & { seed: Buffer }>();

beforeAll(async () => {
  createKeys(place.keysDir, 'policies.kuzot.invalid/log');
  const installation = await openInstallation(place, { create: true });
  await addCentre(installation);
  for (const [key, role] of [
    ['guard', 'security-officer'],
    ['other-guard', 'security-officer'],
    ['auditor', 'auditor'],
  ] as const) {
    const name = { surname: 'Осмонова', givenName: 'Асел', patronymic: '', sex: 'F' as const };
    const officer = { key, role, commission: 'CEC', name, login: `the.${key}`, account: 'ready' as const };
    people.set(key, await addAccount(installation, officer, Date.now()));
  }
  await installation.close();
});
afterAll(() => rmSync(dir, { recursive: true }));

const { typed: typedBy, run } = terminal();
/** Passwords and codes of both, as they are asked for: each a code for the log-in and one for the act. */
const typed = (...keys: string[]) => keys.map((key) => typedBy(people.get(key)!, 2)).join('');
const policies = (args: string[], input = '') => run(['policies', ...args], input);
const at = ['--db', place.database, '--keys', place.keysDir];

/** The shipped folder with one file edited. */
function folder(name: string, from: string, to: string): string {
  const copy = join(dir, name);
  cpSync(shipped, copy, { recursive: true });
  const file = join(copy, 'duties.cedar');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
  return copy;
}

test('check names file, line and fault, and is content with what is shipped', async () => {
  expect(await policies(['check'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+ policies, [0-9a-f]{64}\n$/),
  });
  const spoilt = await policies(['check', folder('spoilt', 'Role::"auditor"', 'Role::"auditer"')]);
  expect(spoilt).toMatchObject({
    code: 1,
    out: expect.stringMatching(/^duties\.cedar:\d+: .*"auditer" would never hold/),
  });
});

test('two officers put a folder in force, having seen what it changes; one of another duty cannot', async () => {
  const edited = folder(
    'edited',
    '    Action::"destruction.list",\n    Action::"officer.list",',
    '    Action::"officer.list",',
  );
  const { hash } = (parsePolicies(readPolicyFiles(edited)) as { source: { hash: string } }).source;
  const compared = await policies(['diff', edited, ...at]);
  expect(compared).toMatchObject({
    code: 1,
    out: expect.stringContaining('closes  auditor: destruction.list'),
  });
  const adopt = (...by: [string, string]) => [
    ...['adopt', edited, ...at, '--reason', 'аудиторлор актыларды көрбөйт'],
    ...['--proposer', `the.${by[0]}`, '--approver', `the.${by[1]}`],
  ];
  const refused = await policies(adopt('guard', 'auditor'), typed('guard', 'auditor'));
  expect(refused.code).toBe(1);
  const done = await policies(adopt('other-guard', 'guard'), typed('other-guard', 'guard'));
  expect(done, done.err).toMatchObject({ code: 0, out: expect.stringContaining(`In force: ${hash}`) });
  const written = join(dir, 'written');
  expect(await policies(['export', written, ...at])).toMatchObject({
    code: 0,
    out: expect.stringContaining(hash),
  });
  expect(readPolicyFiles(written)).toEqual(readPolicyFiles(edited));
});

/** A server started on the place with these policies. */
async function serving<T>(policiesFolder: string, look: (running: Running) => Promise<T>): Promise<T> {
  const running = await startServer({
    ...place,
    host: '127.0.0.1',
    port: 0,
    origin: 'http://localhost:1',
    tls: null,
    behindTlsProxy: false,
    node: 'test',
    policiesDir: policiesFolder,
    webDir: join(dir, 'no-pages'),
    credentialsDir: null,
    databaseCipher: null,
    joins: false,
    witnessEveryMs: 10_000,
    limits: true,
    // Only so that it says little.
    demo: true,
  });
  try {
    return await look(running);
  } finally {
    await running.close();
  }
}

test('a start takes in other rule files until two officers put a folder of rules in force, and never after', async () => {
  const own = join(dir, 'own-policies');
  cpSync(join(root, 'policies'), own, { recursive: true });
  const rules = join(own, 'detection');
  const named = ({ rooms }: Running) => rooms.rules.holder.catalogue.set.files.map(({ name }) => name);
  rmSync(join(rules, 'copying.yml'));
  expect(await serving(own, async (running) => named(running))).not.toContain('copying.yml');
  rmSync(join(rules, 'search_sweep.yml'));
  expect(await serving(own, async (running) => named(running))).not.toContain('search_sweep.yml');

  const call = (args: string[], input = '') => run(['rules', ...args], input);
  const compared = await call(['diff', ...at]);
  expect(compared, compared.err).toMatchObject({ code: 1, out: expect.stringMatching(/^new .*medium/m) });
  const by = ['--proposer', 'the.guard', '--approver', 'the.other-guard', '--reason', 'көчүрүү каралбайт'];
  const done = await call(['adopt', rules, ...at, ...by], typed('guard', 'other-guard'));
  expect(done, done.err).toMatchObject({ code: 0, out: expect.stringContaining('In force:') });
  const written = join(dir, 'written-rules');
  expect(await call(['export', written, ...at])).toMatchObject({ code: 0 });
  expect(readRuleFiles(written)).toEqual(readRuleFiles(rules));
  expect(await call(['diff', rules, ...at])).toMatchObject({ code: 0 });

  rmSync(join(rules, 'voter_read_by_many.yml'));
  await serving(own, async (running) => {
    expect(named(running)).toContain('voter_read_by_many.yml');
    await running.store.settled();
    const [entry] = await running.store.reader.audit.newestOf(['rule.differ'], 1);
    expect(entry!.json).toContain(running.rooms.rules.holder.catalogue.set.hash);
    await running.rooms.detection.drain();
    const alerts = await running.store.reader.alerts.page({ path: '/CEC/', limit: 100 });
    // Changed by one person alone, and other than approved: each a rule of the program's own.
    expect(alerts.map(({ alert }) => alert.rule)).toEqual(
      expect.arrayContaining([
        '305c139b-58ff-4dd0-b2eb-89e8cf7edbef',
        '5d0c3a7e-2f41-4d8b-9b6a-1e7c54f2a9d6',
      ]),
    );
  });
});

test.each(engines)('diff and export read beside a running server, on %s', async (engine) => {
  const { rig, url, close } = await openOn(engine);
  await rig.rooms.detection.start();
  try {
    const by = ['--db', url, '--keys', join(rig.dir, 'keys')];
    expect(await policies(['diff', ...by])).toMatchObject({ code: 0, err: '' });
    const edited = folder(
      `beside-${engine}`,
      'Action::"destruction.list",\n    Action::"officer.list",',
      'Action::"officer.list",',
    );
    expect(await policies(['diff', edited, ...by])).toMatchObject({
      code: 1,
      out: expect.stringContaining('closes  auditor: destruction.list'),
    });
    const written = join(dir, `written-${engine}`);
    expect(await policies(['export', written, ...by])).toMatchObject({ code: 0 });
    expect(readPolicyFiles(written)).toEqual(readPolicyFiles(shipped));
  } finally {
    await rig.rooms.detection.close();
    await close();
  }
});

test('a set approved under an earlier release serves nothing but its own replacement', async () => {
  // As an upgrade leaves it: the approved schema does not know an act that came since.
  const earlier = readPolicyFiles(shipped).map((file) => ({
    ...file,
    text: file.text.replace('"purpose.list", ', '').replace('Action::"purpose.list",', ''),
  }));
  const hash = policyHash(earlier);
  const installation = await openInstallation(place);
  const row = { hash, files: JSON.stringify(earlier), at: Date.now(), entry: 0 };
  await installation.rooms.gate.change(installation.asSystem('test'), 'system.init', {
    locate: async () => ({ record: null, unit: null }),
    decide: () => ({
      kind: 'change',
      value: null,
      about: {},
      changes: [
        { op: 'insert', table: 'policySet', row },
        { op: 'update', table: 'policyInForce', key: { name: 'access' }, set: { hash } },
      ],
    }),
  });
  await installation.close();
  const list = await kuzot(['officer', 'list', '--as', 'the.auditor', ...at]);
  expect([list.code, list.err]).toEqual([2, expect.stringContaining('purpose.list is missing')]);
  expect(list.err).toContain('kuzot policies adopt');
  const by = ['--proposer', 'the.guard', '--approver', 'the.other-guard', '--reason', 'жаңы версия'];
  const done = await policies(['adopt', ...at, ...by], typed('guard', 'other-guard'));
  expect(done, done.err).toMatchObject({ code: 0, out: expect.stringContaining('In force:') });
  expect(await policies(['diff', ...at])).toMatchObject({ code: 0 });
});
