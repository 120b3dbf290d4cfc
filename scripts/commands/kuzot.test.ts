/** The command line from outside: a folder of its own, exit codes and what is left on disk. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as age from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import { markOf } from '#server/destructions/erase.ts';
import { serve } from '../serve.ts';
import { asProcess, kuzot as runHere, spawnKuzot } from './terminal.ts';

const dir = mkdtempSync(join(tmpdir(), 'kuzot-command-'));
const file = (name: string) => join(dir, name);
const db = `sqlite:${file('kuzot.sqlite')}`;

const kuzot = (...args: string[]) => runHere(args);
const started = (env: Record<string, string>) => asProcess(() => serve(async () => {}), { env });

const initArguments = [
  ...['--admin-login', 'asel.osmonova', '--admin-name', 'Осмонова Асел Бакытовна'],
  ...['--security-login', 'nurlan.bakyt', '--security-name', 'Бакыт уулу Нурлан'],
  ...['--order', '17-К', '--origin', 'test.kuzot.invalid/log'],
];
let shown = '';

const commissions = [
  'code,level,parent,name_ky,name_ru,name_en,address',
  'T1,TEC,CEC,Аймак,Территория,Territory,Бишкек',
  '1001,PEC,T1,Участок 1001,Участок 1001,Precinct 1001,Бишкек',
];
const header = 'pin,surname,given_name,patronymic,birth_date,sex,address,precinct';
const good = [
  '10101198012345,Өмүралиева,Гүлзат,Эркиновна,1980-01-01,F,"Чүй пр., 1",1001',
  '20505199054321,Бакыт уулу,Эмил,,1990-05-05,M,"Чүй пр., 2",1001',
];
const voters = [
  header,
  ...good,
  '123,Кыска,Пин,,1990-05-05,M,Чүй,1001',
  '20606199054321,Жок,Участок,,1990-06-06,M,Чүй,9999',
];

async function read<T>(work: (store: Awaited<ReturnType<typeof openReadOnly>>) => Promise<T>): Promise<T> {
  const store = await openReadOnly(db);
  return work(store).finally(() => store.close());
}
const entries = () => read(async ({ log }) => (await log.counts()).entries);
const actsAt = (url: string) =>
  openReadOnly(url).then(async ({ log, close }) => {
    const acts: string[] = [];
    for await (const leaf of log.readLeaves(0, (await log.counts()).entries))
      acts.push((JSON.parse(leaf.toString()) as { act: string }).act);
    await close();
    return acts;
  });

beforeAll(async () => {
  writeFileSync(file('commissions.csv'), `${commissions.join('\n')}\n`);
  writeFileSync(file('voters.csv'), `${voters.join('\n')}\n`);
  const made = await kuzot('init', '--db', db, ...initArguments);
  shown = made.out;
  expect(made.err).toBe('');
  expect((await kuzot('import', 'commissions', file('commissions.csv'), '--db', db)).code).toBe(0);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('calling it', () => {
  test('help is always there and ends with 0', async () => {
    const help = await kuzot('--help');
    expect(help.code).toBe(0);
    const names = [...help.out.matchAll(/^ {2}([a-z]+) /gm)].map((found) => found[1]!);
    expect(names).toEqual(
      expect.arrayContaining(['init', 'officer', 'import', 'backup', 'restore', 'audit']),
    );
    const { code, out } = await kuzot('import', 'voters', '--help');
    expect([code, out.includes('--dry-run')]).toEqual([0, true]);
  });

  test.each([
    [0, ['--help']],
    [1, ['audit', 'verify', file('keys')]],
    [2, ['nosuch']],
  ])('a process of its own ends with %i as well', async (code, args) => {
    const here = await kuzot(...args);
    expect(spawnKuzot(args)).toEqual(here);
    expect(here.code).toBe(code);
  });

  test.each([
    ['an unknown command', ['nosuch']],
    ['an unknown option', ['init', '--nosuch']],
    ['nothing', []],
    ['no database', ['import', 'voters', 'x.csv']],
    ['an address that is none', ['import', 'voters', 'x.csv', '--db', 'kuzot.sqlite']],
    ['a missing list', ['import', 'voters', join(dir, 'none.csv'), '--db', db]],
    ['a folder instead of a list', ['import', 'voters', dir, '--db', db]],
    ['a folder instead of a mapping', ['import', 'voters', file('voters.csv'), '--mapping', dir, '--db', db]],
    [
      'a PostgreSQL that does not answer',
      ['audit', 'verify', '--db', 'postgres://nobody@127.0.0.1:1/none', '--keys', file('keys')],
    ],
    [
      'errors over the list',
      ['import', 'voters', file('voters.csv'), '--errors', file('voters.csv'), '--db', db],
    ],
  ])('%s ends with 2 and says why', async (_, args) => {
    const { code, err } = await kuzot(...args);
    expect(code).toBe(2);
    expect(err).not.toBe('');
    expect(err).not.toContain('    at ');
  });
});

describe('init', () => {
  test('leaves keys that nobody else can read', () => {
    expect(statSync(file('keys')).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(file('keys'))) expect(statSync(file(`keys/${name}`)).mode & 0o077).toBe(0);
    expect(statSync(file('kuzot.sqlite')).mode & 0o077).toBe(0);
  });

  test('makes two officers together, each with an entry, and keeps no issued password', async () => {
    const passwords = [...shown.matchAll(/[A-Za-z2-9]{4}(?:-[A-Za-z2-9]{4}){3}/g)].map((found) => found[0]);
    expect(new Set(passwords).size).toBe(2);
    for (const name of readdirSync(dir).filter((one) => one.startsWith('kuzot.sqlite')))
      for (const password of passwords) expect(readFileSync(file(name)).includes(password)).toBe(false);
    expect((await actsAt(db)).slice(0, 3)).toEqual(['system.init', 'officer.add', 'officer.add']);
    const roles = await read(async ({ reader }) =>
      (await reader.officers.everyLogin()).map(({ login, role }) => `${login} ${role}`),
    );
    expect(roles).toEqual(['asel.osmonova central-admin', 'nurlan.bakyt security-officer']);
  });

  test('never writes over a database or keys', async () => {
    const before = readFileSync(file('keys/log-signing.pem'));
    expect((await kuzot('init', '--db', db, ...initArguments)).code).toBe(2);
    const elsewhere = await kuzot(
      'init',
      '--db',
      `sqlite:${file('o.sqlite')}`,
      '--keys',
      file('keys'),
      ...initArguments,
    );
    expect([elsewhere.code, existsSync(file('o.sqlite'))]).toEqual([2, false]);
    expect(readFileSync(file('keys/log-signing.pem')).equals(before)).toBe(true);
  });

  test('refuses one person as both officers, and makes nothing', async () => {
    const args = initArguments.map((arg) => (arg === 'nurlan.bakyt' ? 'asel.osmonova' : arg));
    const { code } = await kuzot(
      'init',
      '--db',
      `sqlite:${file('p.sqlite')}`,
      '--keys',
      file('p-keys'),
      ...args,
    );
    expect([code, existsSync(file('p.sqlite')), existsSync(file('p-keys'))]).toEqual([2, false, false]);
  });
});

describe('import', () => {
  test('a dry run gives the totals and changes nothing', async () => {
    const before = await entries();
    const { code, out } = await kuzot('import', 'voters', file('voters.csv'), '--db', db, '--dry-run');
    expect([code, out.split('\n')[0]]).toEqual([1, '4 rows: would take 2, refused 2']);
    expect(await entries()).toBe(before);
  });

  test('good rows are taken with one entry, the others come back in a file nobody else reads, and it ends with 1', async () => {
    const before = await entries();
    const refused = file('refused.csv');
    const { code, out } = await kuzot(
      'import',
      'voters',
      file('voters.csv'),
      '--db',
      db,
      '--errors',
      refused,
    );
    expect([code, out.split('\n')[0]]).toEqual([1, '4 rows: took 2, refused 2']);
    expect(out).not.toContain('Кыска');
    const lines = readFileSync(refused, 'utf8').trim().split(/\r?\n/);
    expect(lines[0]).toBe(`row,reason,${header}`);
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(['4', '5']);
    expect(statSync(refused).mode & 0o777).toBe(0o600);
    expect(await entries()).toBe(before + 1);
    const voter = await read(({ reader }) => reader.voters.byPin('10101198012345'));
    expect(voter?.voter).toMatchObject({
      surname: 'Өмүралиева',
      precinct: '1001',
      status: 'listed',
      version: 1,
    });
  });

  test('who is registered already is refused, and stays as before', async () => {
    const id = () => read(async ({ reader }) => (await reader.voters.byPin('20505199054321'))?.voter.id);
    const before = await id();
    writeFileSync(file('again.csv'), `${[header, ...good].join('\n')}\n`);
    const refused = file('again-refused.csv');
    const { code, out } = await kuzot('import', 'voters', file('again.csv'), '--db', db, '--errors', refused);
    expect([code, out.split('\n')[0]]).toEqual([1, '2 rows: took 0, refused 2']);
    expect(readFileSync(refused, 'utf8')).toMatch(/is in the list already/);
    expect(await id()).toBe(before);
  });
});

describe('keys rotate', () => {
  test('makes the next keys for their owner alone, retires the ones before, and is an entry', async () => {
    const { code, out, err } = await kuzot('keys', 'rotate', '--db', db);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/stand under the newest keys and open/);
    for (const kind of ['seal', 'index']) {
      expect(statSync(file(`keys/${kind}-2.key`)).mode & 0o777).toBe(0o600);
      expect(existsSync(file(`keys/${kind}-1.key`))).toBe(false);
      expect(existsSync(file(`keys/retired/${kind}-1.key`))).toBe(true);
    }
    expect(await actsAt(db)).toContain('system.keys-rotate');
    expect((await kuzot('audit', 'verify', '--db', db)).code).toBe(0);
  });
});

describe('keys rotate, of one kind or tried out', () => {
  test('new keys of sessions leave what is sealed alone', async () => {
    const before = readFileSync(file('keys/jwt.key'));
    expect((await kuzot('keys', 'rotate', '--only', 'sessions', '--db', db)).code).toBe(0);
    expect(readFileSync(file('keys/jwt.key')).equals(before)).toBe(false);
    expect(readdirSync(file('keys')).filter((name) => name.startsWith('seal-'))).toEqual(['seal-2.key']);
  });

  test('13.3.4 a drill proves on a copy that an earlier backup opens after a rotation, and changes nothing but the log', async () => {
    const keys = () => readdirSync(file('keys'), { recursive: true }).sort();
    const before = keys();
    const acts = (await actsAt(db)).length;
    const { code, out, err } = await kuzot('keys', 'rotate', '--drill', '--db', db);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/The drill held/);
    expect(keys()).toEqual(before);
    expect(readdirSync(dir).filter((name) => name.startsWith('.drill'))).toEqual([]);
    expect((await actsAt(db)).slice(acts)).toEqual(['system.keys-rotate']);
    expect((await kuzot('audit', 'verify', '--db', db)).code).toBe(0);
  });
});

describe('backup', () => {
  let recipients: string[] = [];
  const officers = ['--as', 'asel.osmonova', '--as', 'nurlan.bakyt', '--reason', 'the disk failed at night'];
  const out = file('backup.age');
  const restore = (from: string, to: string, ...more: string[]) =>
    kuzot(
      'restore',
      from,
      ...['--db', `sqlite:${file(to)}`, '--keys', file('keys'), '--identity', file('offline.id')],
      ...more,
    );

  beforeAll(async () => {
    const made = [await age.generateIdentity(), await age.generateIdentity()];
    recipients = await Promise.all(made.map((identity) => age.identityToRecipient(identity)));
    writeFileSync(file('offline.id'), `# kept offline\n${made[1]}\n`);
    const { code, err } = await kuzot(
      'backup',
      out,
      '--db',
      db,
      '--to',
      recipients[0]!,
      '--to',
      recipients[1]!,
    );
    expect([code, err]).toEqual([0, '']);
  });

  test('for one recipient alone is refused', async () => {
    const one = await kuzot(
      'backup',
      file('one.age'),
      '--db',
      db,
      '--to',
      recipients[0]!,
      '--to',
      recipients[0]!,
    );
    expect([one.code, existsSync(file('one.age'))]).toEqual([2, false]);
  });

  test('is encrypted, is an entry, and leaves no copy in clear', async () => {
    const bytes = readFileSync(out);
    expect(bytes.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    expect(bytes.includes('Өмүралиева')).toBe(false);
    expect(await actsAt(db)).toContain('system.backup');
    expect(readdirSync(dir).filter((name) => /\.(copy|part|checking|restoring)/.test(name))).toEqual([]);
  });

  test('checked by its holder is found good', async () => {
    const { code, out: says } = await kuzot(
      'backup',
      'verify',
      out,
      '--db',
      db,
      '--identity',
      file('offline.id'),
    );
    expect([code, says]).toEqual([0, expect.stringContaining('is good')]);
  });

  test('cut short restores nothing', async () => {
    writeFileSync(file('cut.age'), readFileSync(out).subarray(0, -1));
    const { code } = await restore(file('cut.age'), 'cut.sqlite', ...officers);
    expect([code, readdirSync(dir).filter((name) => name.startsWith('cut.sqlite'))]).toEqual([1, []]);
  });

  test('older than what the keys remember is refused until two officers record the loss', async () => {
    const refused = await restore(out, 'back.sqlite');
    expect([refused.code, existsSync(file('back.sqlite'))]).toEqual([1, false]);
    expect(refused.err).toMatch(/remembers \d+ entries.*--as LOGIN --as LOGIN --reason/s);
    // Nobody signs in here: the backup is in place, and no server starts on it before that is done.
    const begun = await restore(out, 'back.sqlite', ...officers);
    expect([begun.code, begun.err]).toEqual([
      2,
      expect.stringMatching(/no server starts on it.*audit recover/s),
    ]);
    const acts = await actsAt(`sqlite:${file('back.sqlite')}`);
    expect(acts).toContain('log.rollback');
    expect(acts).not.toContain('log.recover');
    const again = await kuzot(
      ...['audit', 'recover', '--db', `sqlite:${file('back.sqlite')}`, '--keys', file('keys')],
    );
    expect([again.code, again.out]).toEqual([1, expect.stringContaining('put back to an older state')]);
    // Never over a database that is there.
    expect((await restore(out, 'back.sqlite', ...officers)).code).toBe(2);
  });

  test('of what was destroyed since loses it again, down to the bytes', async () => {
    const pin = '10101198012345';
    const of = (url: string) =>
      openReadOnly(url).then(({ reader, close }) => reader.voters.byPin(pin).finally(close));
    const voter = (await of(db))!.voter.id;
    const act = {
      ...{ id: 'approval-0001', number: '7-ж', orderedBy: 'БШК', orderedOn: '2026-01-01', basis: 'unlawful' },
      ...{
        notice: 'кат 1',
        commission: '1001',
        requestedBy: 'o1',
        executedBy: 'o1',
        at: 1,
        entry: 1,
        counts: '{}',
      },
      ...markOf(voter),
    };
    // The key folder as it was when the backup was made: nothing that was signed is missing then.
    const then = ['--keys', file('keys-then')];
    cpSync(file('keys'), file('keys-then'), { recursive: true });
    chmodSync(file('keys-then'), 0o700);
    const copy = await openReadOnly(`sqlite:${file('back.sqlite')}`);
    const { size, note } = (await copy.log.lastCheckpoint())!;
    await copy.close();
    writeFileSync(file('keys-then/log-head'), `${size} ${note.split('\n')[2]}\n${note}`);
    rmSync(file('keys-then/log-recovery.json'));
    const register = file('keys-then/destroyed');
    writeFileSync(register, `${JSON.stringify(act)}\n`, { mode: 0o600 });
    const restored = await restore(out, 'clean.sqlite', ...then);
    expect([restored.code, restored.err]).toEqual([0, '']);
    expect(restored.out).toContain('1 destruction act was carried out again');
    expect(await of(`sqlite:${file('clean.sqlite')}`)).toBeNull();
    for (const name of readdirSync(dir).filter((name) => name.startsWith('clean.sqlite')))
      expect(readFileSync(file(name)).includes(pin), name).toBe(false);
    const acts = await actsAt(`sqlite:${file('clean.sqlite')}`);
    expect(acts).toContain('voter.destroy');
    expect(acts.at(-1)).toBe('system.restore');
    expect((await kuzot('audit', 'verify', '--db', `sqlite:${file('clean.sqlite')}`, ...then)).code).toBe(0);
    // A register nobody can read restores nothing: it might bring back what was destroyed.
    writeFileSync(register, 'half a li');
    const damaged = await restore(out, 'damaged.sqlite', ...then);
    expect([damaged.code, existsSync(file('damaged.sqlite'))]).toEqual([1, false]);
    expect(damaged.err).toContain('line 1 is not a destruction act');
    rmSync(register);
  });
});

describe('npm start', () => {
  test('says everything that is missing at once and ends with 2', async () => {
    const { code, err } = await started({
      KUZOT_DB: `sqlite:${file('nothing/kuzot.sqlite')}`,
      KUZOT_WEB: file('no-pages'),
    });
    expect(code).toBe(2);
    for (const part of ['seal-1.key is missing', 'There is no database', 'There are no pages'])
      expect(err).toContain(part);
  });

  test('names the variable when nothing is configured', async () => {
    const { code, err } = await started({});
    expect([code, err]).toEqual([2, expect.stringContaining('KUZOT_DB is missing')]);
  });
});
