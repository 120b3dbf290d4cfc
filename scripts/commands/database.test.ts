/** The whole file under a key, through the command line: nothing of it is in clear, and everything else works as before. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as age from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { useDatabaseKeys } from '#db/sqlite/cipher.ts';
import { copySqlite, sqliteFault } from '#db/sqlite/copy.ts';
import { filesHold } from '#db/sqlite/residue.ts';
import { readDatabaseKeys } from '#server/database-key.ts';
import { kuzot as runHere } from './terminal.ts';

// Each call of the command line is a process of its own, and most tests make several.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const dir = mkdtempSync(join(tmpdir(), 'kuzot-cipher-'));
const file = (name: string) => join(dir, name);
const path = file('kuzot.sqlite');
const db = ['--db', `sqlite:${path}`];
const surname = 'Шифрланганова';

const kuzot = (args: string[], cipher: string | null = 'chacha20') =>
  runHere(args, { env: cipher === null ? {} : { KUZOT_DB_CIPHER: cipher } });
const isPlain = (at: string) => readFileSync(at).subarray(0, 15).toString('latin1') === 'SQLite format 3';
const holds = (at: string, text: string) =>
  ['', '-wal', '-journal'].some((end) => existsSync(at + end) && readFileSync(at + end).includes(text));
const databaseKeys = () => readdirSync(file('keys')).filter((name) => name.startsWith('database-'));

beforeAll(async () => {
  writeFileSync(
    file('voters.csv'),
    `pin,surname,given_name,patronymic,birth_date,sex,address,precinct\n10101199000001,${surname},Асел,,1990-01-01,F,Чүй 1,1001\n`,
  );
  writeFileSync(
    file('units.csv'),
    'code,level,parent,name_ky,name_ru,name_en,address\nD1,DEC,CEC,a,a,a,\nT1,TEC,D1,a,a,a,\n1001,PEC,T1,a,a,a,\n',
  );
  const officer = (login: string, name: string, kind: string) => [
    `--${kind}-login`,
    login,
    `--${kind}-name`,
    name,
  ];
  const made = await kuzot(
    [
      ...['init', ...db, '--order', '17-к'],
      ...officer('asel.osmonova', 'Осмонова Асел Бакытовна', 'admin'),
      ...officer('nurlan.bakyt', 'Бакыт Нурлан Эркинович', 'security'),
    ],
    null,
  );
  expect([made.code, made.err]).toEqual([0, '']);
  expect((await kuzot(['import', 'commissions', file('units.csv'), ...db], null)).code).toBe(0);
  expect((await kuzot(['import', 'voters', file('voters.csv'), ...db], null)).code).toBe(0);
});
afterAll(() => {
  useDatabaseKeys([]);
  rmSync(dir, { recursive: true });
});

describe('an encrypted database', () => {
  test('holds nothing in clear, in none of its files, for its owner alone', async () => {
    expect(holds(path, surname)).toBe(true);
    const { code, out, err } = await kuzot(['database', 'encrypt', ...db], null);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/Set KUZOT_DB_CIPHER=chacha20/);
    expect(isPlain(path)).toBe(false);
    for (const text of [surname, 'SQLite format', 'system.init', 'create table'])
      expect(holds(path, text), text).toBe(false);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(databaseKeys()).toEqual(['database-1.key']);
    expect(statSync(file('keys/database-1.key')).mode & 0o777).toBe(0o600);
  });

  test('is neither started in clear nor opened without its setting or its key, and says what to do', async () => {
    const without = await kuzot(['audit', 'verify', ...db], null);
    expect([without.code, without.err]).toEqual([
      2,
      expect.stringMatching(/KUZOT_DB_CIPHER is not set: set it/),
    ]);
    renameSync(file('keys/database-1.key'), file('away'));
    const keyless = await kuzot(['audit', 'verify', ...db]);
    expect([keyless.code, keyless.err]).toEqual([2, expect.stringMatching(/holds no database-1\.key/)]);
    writeFileSync(file('keys/database-1.key'), Buffer.alloc(32, 7), { mode: 0o600 });
    const other = await kuzot(['audit', 'verify', ...db]);
    expect([other.code, other.err]).toEqual([2, expect.stringMatching(/None of the 1 database keys opens/)]);
    rmSync(file('keys/database-1.key'));
    renameSync(file('away'), file('keys/database-1.key'));
    expect((await kuzot(['audit', 'verify', ...db], 'aes')).err).toMatch(/must be chacha20/);
  });

  test('is verified, exported, imported into and rotated as before', async () => {
    for (const args of [
      ['audit', 'verify', ...db],
      ['audit', 'export', file('export'), ...db],
      ['keys', 'rotate', ...db],
      ['compact', ...db],
    ]) {
      const { code, err } = await kuzot(args);
      // The export has no officer to name outside the demo.
      expect([args[1], code, args[1] === 'export' ? '' : err]).toEqual([
        args[1],
        args[1] === 'export' ? 2 : 0,
        '',
      ]);
    }
    expect(
      (await kuzot(['import', 'voters', file('voters.csv'), ...db, '--errors', file('again.csv')])).out,
    ).toMatch(/refused 1/);
    expect(holds(path, surname)).toBe(false);
  });

  test('leaves as a backup that holds no clear page even once age is taken off, and comes back', async () => {
    const identities = [await age.generateIdentity(), await age.generateIdentity()];
    const to = await Promise.all(identities.map((one) => age.identityToRecipient(one)));
    writeFileSync(file('offline.id'), `${identities[1]}\n`);
    const out = file('backup.age');
    // As it was when the backup was made: nothing that was signed is missing then.
    cpSync(file('keys'), file('keys-then'), { recursive: true });
    chmodSync(file('keys-then'), 0o700);
    expect((await kuzot(['backup', out, ...db, '--to', to[0]!, '--to', to[1]!])).code).toBe(0);
    expect((await kuzot(['backup', 'verify', out, ...db, '--identity', file('offline.id')])).out).toMatch(
      /is good/,
    );
    const decrypter = new age.Decrypter();
    decrypter.addIdentity(identities[1]!);
    const inside = Buffer.from(await decrypter.decrypt(readFileSync(out)));
    expect(inside.subarray(0, 6).toString()).not.toBe('SQLite');
    expect(inside.includes(surname)).toBe(false);
    const back = ['--db', `sqlite:${file('back.sqlite')}`, '--keys', file('keys-then')];
    const { code, err } = await kuzot(['restore', out, ...back, '--identity', file('offline.id')]);
    expect([code, err]).toEqual([0, '']);
    expect([isPlain(file('back.sqlite')), holds(file('back.sqlite'), surname)]).toEqual([false, false]);
  });

  test('gets a new key, and the old one is retired', async () => {
    const before = readFileSync(path);
    const { code, err } = await kuzot(['database', 'rekey', ...db]);
    expect([code, err]).toEqual([0, '']);
    expect(databaseKeys()).toEqual(['database-2.key']);
    expect(existsSync(file('keys/retired/database-1.key'))).toBe(true);
    expect(readFileSync(path).equals(before)).toBe(false);
    expect((await kuzot(['audit', 'verify', ...db])).code).toBe(0);
  });

  test('what a destruction left between its pages is found under the cipher', async () => {
    useDatabaseKeys(readDatabaseKeys({ dir: file('keys'), credentialsDir: null }));
    expect(await filesHold(path, [surname])).toBe(true);
    expect(await filesHold(path, ['Эчжоков-Эчжоков'])).toBe(false);
    await copySqlite(path, file('copy.sqlite'));
    expect([isPlain(file('copy.sqlite')), statSync(file('copy.sqlite')).mode & 0o777]).toEqual([
      false,
      0o600,
    ]);
  });

  test('a flipped bit in any page is damage, not another content', () => {
    const bytes = readFileSync(file('copy.sqlite'));
    expect(sqliteFault(file('copy.sqlite'))).toBeNull();
    for (const page of [1, 3, bytes.length / 8192 - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[8192 * page + 100]! ^= 1;
      writeFileSync(file('flipped.sqlite'), flipped);
      expect(sqliteFault(file('flipped.sqlite')), `page ${page}`).not.toBeNull();
    }
  });

  test('is written in clear again, its key retired', async () => {
    const { code, err } = await kuzot(['database', 'decrypt', ...db]);
    expect([code, err]).toEqual([0, '']);
    expect([isPlain(path), databaseKeys()]).toEqual([true, []]);
    expect((await kuzot(['audit', 'verify', ...db], null)).code).toBe(0);
    expect((await kuzot(['audit', 'verify', ...db])).err).toMatch(/holds no database-1\.key/);
    // A plain copy, such as stands beside a backup for a moment, is for its owner alone as well.
    useDatabaseKeys([]);
    await copySqlite(path, file('plain.sqlite'));
    expect([isPlain(file('plain.sqlite')), statSync(file('plain.sqlite')).mode & 0o777]).toEqual([
      true,
      0o600,
    ]);
  });
});
