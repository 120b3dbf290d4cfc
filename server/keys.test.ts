import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatVkey, generateSigner } from '#server/lib/log/note.ts';
import { recallSecret, retireSecret } from './key-source.ts';
import { addKey, createKeys, KeysFault, keyVersions, loadKeys } from './keys.ts';

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'kuzot-keys-')), 'keys');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true }));

const faults = (credentialsDir: string | null = null): readonly string[] => {
  try {
    loadKeys({ dir, credentialsDir });
    return [];
  } catch (error) {
    if (error instanceof KeysFault) return error.faults;
    throw error;
  }
};

describe('the key folder', () => {
  test('is made for its owner alone, each key fresh, and read back', () => {
    createKeys(dir, 'test.kuzot.invalid/log');
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dir))
      expect([name, statSync(join(dir, name)).mode & 0o777]).toEqual([name, 0o600]);
    const keys = loadKeys(dir);
    expect(keys.origin).toBe('test.kuzot.invalid/log');
    expect(keys.jwt).toHaveLength(32);
    expect(keys.jwt.equals(keys.pepper)).toBe(false);
    expect(keys.vkeyText).toMatch(/^test\.kuzot\.invalid\/log\+[0-9a-f]{8}\+.+\n$/);
  });

  test('has a digest that any other key changes, so that a server that went on with the old ones is told from one with the new', () => {
    createKeys(dir, 'a');
    const digests = [loadKeys(dir).digest];
    expect(loadKeys(dir).digest).toBe(digests[0]);
    addKey(dir, 'seal');
    digests.push(loadKeys(dir).digest);
    addKey(dir, 'index');
    digests.push(loadKeys(dir).digest);
    writeFileSync(join(dir, 'jwt.key'), Buffer.alloc(32, 7));
    digests.push(loadKeys(dir).digest);
    expect(new Set(digests).size).toBe(4);
  });

  test('is never written over: losing a key is losing what it protects', () => {
    createKeys(dir, 'a');
    const before = loadKeys(dir).jwt;
    expect(() => createKeys(dir, 'b')).toThrow(/already holds/);
    expect(loadKeys(dir).jwt.equals(before)).toBe(true);
  });

  test('says everything that is missing at once, with the next step', () => {
    expect(faults().filter((fault) => fault.includes('kuzot init'))).toHaveLength(6);
  });

  test.each(['jwt.key', 'log-signing.pem', 'origin'])('%s that others may read refuses the start', (name) => {
    createKeys(dir, 'a');
    for (const mode of [0o640, 0o604, 0o660]) {
      chmodSync(join(dir, name), mode);
      expect(faults().join()).toMatch(/chmod 600/);
    }
  });

  test('a folder open to others refuses the start; making keys in an old one closes it', () => {
    mkdirSync(dir, { mode: 0o755 });
    createKeys(dir, 'a');
    expect(faults()).toEqual([]);
    for (const mode of [0o750, 0o705, 0o777]) {
      chmodSync(dir, mode);
      expect(faults()).toEqual([expect.stringContaining('chmod 700')]);
    }
    chmodSync(dir, 0o700);
  });

  test('a key of another length, or a signing key that is none, is refused by its name', () => {
    createKeys(dir, 'a');
    truncateSync(join(dir, 'pepper.key'), 31);
    expect(faults()).toEqual([expect.stringContaining('pepper.key must hold 32 bytes')]);
    rmSync(join(dir, 'pepper.key'));
    writeFileSync(join(dir, 'pepper.key'), Buffer.alloc(32, 1), { mode: 0o600 });
    writeFileSync(join(dir, 'log-signing.pem'), 'no key\n', { mode: 0o600 });
    expect(faults()).toEqual([expect.stringContaining('log-signing.pem is not a PEM key')]);
  });

  test('what is sealed under one key opens under no other', () => {
    createKeys(dir, 'a');
    const place = { table: 'officer', column: 'totp_seed', id: 'o1' };
    const sealed = loadKeys(dir).seal.seal(place, Buffer.from('seed'));
    expect(loadKeys(dir).seal.open(place, sealed).toString()).toBe('seed');
    expect(() => loadKeys(dir).seal.open({ ...place, id: 'o2' }, sealed)).toThrow();
    rmSync(dir, { recursive: true });
    createKeys(dir, 'a');
    expect(() => loadKeys(dir).seal.open(place, sealed)).toThrow();
  });

  test('a key of another user, a folder or a pipe in its place refuses the start', () => {
    createKeys(dir, 'a');
    const path = join(dir, 'pepper.key');
    if (process.getuid?.() === 0) {
      chownSync(path, 4_711, 4_711);
      expect(faults()).toEqual([
        expect.stringMatching(/pepper\.key belongs to another user \(4711\).*chown/),
      ]);
    }
    rmSync(path);
    mkdirSync(path, { mode: 0o700 });
    expect(faults()).toEqual([expect.stringMatching(/pepper\.key is no file/)]);
    rmSync(path, { recursive: true });
    execFileSync('mkfifo', ['-m', '600', path]);
    expect(faults()).toEqual([expect.stringMatching(/pepper\.key is no file/)]);
  });

  test('a key its owner may only read is enough', () => {
    createKeys(dir, 'a');
    for (const name of readdirSync(dir)) chmodSync(join(dir, name), 0o400);
    expect(faults()).toEqual([]);
  });

  test('13.3.4 the next key seals, the one before still opens, and a retired one opens what was loaded before', () => {
    createKeys(dir, 'a');
    const place = { table: 'officer', column: 'totp_seed', id: 'o1' };
    const reader = loadKeys(dir);
    const old = reader.seal.seal(place, Buffer.from('seed'));
    expect(addKey(dir, 'seal')).toBe(2);
    const anew = loadKeys(dir).seal.seal(place, Buffer.from('seed'));
    // A process that was there before the rotation finds the key that was made meanwhile.
    expect(reader.seal.open(place, anew).toString()).toBe('seed');
    expect(loadKeys(dir).seal.open(place, old).toString()).toBe('seed');
    expect(retireSecret(dir, 'seal-1.key')).toBe(true);
    expect(statSync(join(dir, 'retired')).mode & 0o777).toBe(0o700);
    expect(reader.seal.open(place, old).toString()).toBe('seed');
    expect(() => loadKeys(dir).seal.open(place, old)).toThrow(/does not open/);
    expect(addKey(dir, 'seal')).toBe(3);
    recallSecret(dir, 'seal-1.key');
    expect(loadKeys(dir).seal.open(place, old).toString()).toBe('seed');
  });

  test('a number that was retired is not given again', () => {
    createKeys(dir, 'a');
    addKey(dir, 'index');
    retireSecret(dir, 'index-2.key');
    expect(addKey(dir, 'index')).toBe(3);
    expect(keyVersions(dir, 'index')).toEqual([1, 3]);
  });

  test('a folder of before blind indexes says how it gets their key', () => {
    createKeys(dir, 'a');
    rmSync(join(dir, 'index-1.key'));
    expect(faults()).toEqual([expect.stringMatching(/index-1\.key is missing.*rotate --only index/)]);
  });

  describe('may leave secrets to systemd', () => {
    let credentials: string;
    beforeEach(() => {
      createKeys(dir, 'a');
      credentials = join(dir, '..', 'credentials');
      mkdirSync(credentials, { mode: 0o700 });
      for (const name of ['jwt.key', 'pepper.key', 'seal-1.key', 'index-1.key', 'log-signing.pem'])
        renameSync(join(dir, name), join(credentials, name));
    });

    test('which are found there, and nowhere else', () => {
      expect(faults()).toHaveLength(5);
      expect(faults(credentials)).toEqual([]);
    });

    test('as it gives them: of root, read by an access list, whose mask shows as the group’s', () => {
      if (process.getuid?.() !== 0) return;
      chmodSync(credentials, 0o550);
      for (const name of readdirSync(credentials)) chmodSync(join(credentials, name), 0o440);
      expect(faults(credentials)).toEqual([]);
      chmodSync(join(credentials, 'jwt.key'), 0o444);
      expect(faults(credentials)).toEqual([expect.stringContaining('jwt.key can be read by others')]);
    });

    test('a new key is made in the folder, and both are held', () => {
      const place = { dir, credentialsDir: credentials };
      expect(addKey(place, 'seal')).toBe(2);
      expect(loadKeys(place).sealVersions).toEqual([1, 2]);
    });

    test('two different secrets of one name are refused: which one sealed?', () => {
      writeFileSync(join(dir, 'pepper.key'), Buffer.alloc(32, 1), { mode: 0o600 });
      expect(faults(credentials)).toEqual([expect.stringMatching(/pepper\.key is in .* and in .* differ/)]);
    });
  });

  describe('may hold a policy that names witnesses', () => {
    const witness = formatVkey(generateSigner('court.example/w', 4).verifier);
    const policy = (url: string, more = '') => {
      writeFileSync(join(dir, 'log-policy'), `${more}witness court ${witness} ${url}\nquorum court\n`);
      return faults().join();
    };

    test('which is published as it stands and bound by every checkpoint', () => {
      createKeys(dir, 'a');
      const without = loadKeys(dir);
      expect(without.policy).toMatchObject({ witnesses: [], quorum: null });
      for (const url of ['https://court.example/w1', 'http://127.0.0.1:9/', 'http://localhost:9', ''])
        expect(policy(url), url).toBe('');
      expect(policy('https://court.example', `log ${without.vkeyText}`)).toBe('');
      const keys = loadKeys(dir);
      expect(keys.policyText).toContain('witness court');
      expect(keys.extensions[0]).not.toBe(without.extensions[0]);
      expect(keys.policy.witnesses[0]).toMatchObject({ name: 'court', url: 'https://court.example' });
    });

    test.each([
      ['an address on the way to which everybody can read', 'http://court.example', /must be https/],
      ['an address that only looks local', 'http://127.0.0.1.example', /must be https/],
      ['another scheme', 'file:///etc/passwd', /must be https/],
      ['no address', 'court', /must be https/],
      ['a password in an address', 'https://a:b@court.example', /more than host and path/],
      ['a query in an address', 'https://court.example/?to=1', /more than host and path/],
    ])('but not %s', (_, url, why) => {
      createKeys(dir, 'a');
      expect(policy(url)).toMatch(why);
    });

    test('but not one that is malformed, of another log, or that others may change', () => {
      createKeys(dir, 'a');
      expect(policy('https://court.example', 'quorum none\n')).toMatch(/log-policy: line 3: a second quorum/);
      const other = formatVkey(generateSigner('b').verifier);
      expect(policy('https://court.example', `log ${other}\n`)).toMatch(/add the line "log a\+/);
      policy('https://court.example');
      chmodSync(join(dir, 'log-policy'), 0o666);
      expect(faults().join()).toMatch(/chmod go-w/);
    });
  });
});
