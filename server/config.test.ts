import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigFault, defaultKeysDir, readConfig } from './config.ts';

const good = { KUZOT_DB: 'sqlite:/srv/kuzot/kuzot.sqlite' };
const faults = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults;
    throw error;
  }
};

describe('the configuration', () => {
  test('with a database alone is a server on loopback, its limits on and its keys beside the database', () => {
    expect(readConfig(good)).toMatchObject({
      host: '127.0.0.1',
      port: 8443,
      origin: 'http://localhost:8443',
      keysDir: '/srv/kuzot/keys',
      limits: true,
      demo: false,
      behindTlsProxy: false,
      tls: null,
    });
    expect(Object.isFrozen(readConfig(good))).toBe(true);
    expect(defaultKeysDir('postgres://kuzot@db/kuzot')).toMatch(/var\/keys$/);
  });

  test('asks witnesses every ten seconds, or as told', () => {
    expect(readConfig(good).witnessEveryMs).toBe(10_000);
    expect(readConfig({ ...good, KUZOT_WITNESS_SECONDS: '3600' }).witnessEveryMs).toBe(3_600_000);
    for (const seconds of ['0', '86401', '1.5', '-1', 'x', ''])
      expect(faults({ ...good, KUZOT_WITNESS_SECONDS: seconds }).join(), seconds).toMatch(/from 1 to 86400/);
  });

  test('encrypts a SQLite file when told to, with the one cipher there is, and never PostgreSQL', () => {
    expect(readConfig(good).databaseCipher).toBeNull();
    expect(readConfig({ ...good, KUZOT_DB_CIPHER: 'chacha20' }).databaseCipher).toBe('chacha20');
    expect(faults({ ...good, KUZOT_DB_CIPHER: 'aes' }).join()).toMatch(/KUZOT_DB_CIPHER must be chacha20/);
    expect(faults({ KUZOT_DB: 'postgres://kuzot@db/kuzot', KUZOT_DB_CIPHER: 'chacha20' }).join()).toMatch(
      /encrypt the volume PostgreSQL is on/,
    );
  });

  test('joins another server of a PostgreSQL database under a name of its own', () => {
    const postgres = { KUZOT_DB: 'postgres://kuzot@db/kuzot', KUZOT_JOIN: 'yes' };
    expect(readConfig({ ...postgres, KUZOT_NODE: 'hall-2' })).toMatchObject({ joins: true, node: 'hall-2' });
    expect(readConfig(good).joins).toBe(false);
    expect(faults(postgres).join()).toMatch(/KUZOT_NODE is missing/);
    expect(faults({ ...good, KUZOT_JOIN: 'yes', KUZOT_NODE: 'x' }).join()).toMatch(/served by one server/);
  });

  test('takes secrets from where systemd puts them, if it does', () => {
    expect(readConfig(good).credentialsDir).toBeNull();
    const given = { ...good, CREDENTIALS_DIRECTORY: '/run/credentials/kuzot.service' };
    expect(readConfig(given).credentialsDir).toBe('/run/credentials/kuzot.service');
  });

  test('tells everything that is missing at once', () => {
    const found = faults({ KUZOT_PORT: '99999', KUZOT_TLS_CERT: '/no/such/file' });
    expect(found.map((fault) => fault.split(' ')[0])).toEqual(
      expect.arrayContaining(['KUZOT_DB', 'KUZOT_PORT', 'Set', 'KUZOT_TLS_CERT:']),
    );
  });

  test.each(['0.0.0.0', '192.168.1.5', 'kuzot.example.kg', '::'])(
    '12.2.1 plain http on %s is refused, and says why',
    (host) => {
      expect(faults({ ...good, KUZOT_HOST: host }).join()).toMatch(/without TLS.*log-in would loop/);
    },
  );

  test('behind a proxy the address browsers see must be named, and be https', () => {
    const proxied = { ...good, KUZOT_TLS_PROXY: 'yes', KUZOT_HOST: '10.0.0.5' };
    expect(faults(proxied).join()).toMatch(/KUZOT_ORIGIN is missing/);
    expect(faults({ ...proxied, KUZOT_ORIGIN: 'http://kuzot.example.kg' }).join()).toMatch(/must be https/);
    expect(faults({ ...proxied, KUZOT_ORIGIN: 'https://kuzot.example.kg/path' }).join()).toMatch(
      /KUZOT_ORIGIN/,
    );
    expect(readConfig({ ...proxied, KUZOT_ORIGIN: 'https://kuzot.example.kg' }).behindTlsProxy).toBe(true);
  });

  test.each([
    'https://KUZOT.example.kg',
    'https://kuzot.example.kg:443',
    'https://a@b.kg',
    'https://b.kg?x',
    'ftp://b.kg',
  ])('an origin no browser would send is refused: %s', (origin) => {
    expect(faults({ ...good, KUZOT_ORIGIN: origin }).join()).toMatch(/KUZOT_ORIGIN/);
  });

  test.each(['80a', '-1', '1e3', '0x50', ' 80', '65536', ''])(
    'a port %j is refused, and nothing else is blamed',
    (port) => {
      expect(faults({ ...good, KUZOT_PORT: port })).toEqual([expect.stringContaining('KUZOT_PORT')]);
    },
  );

  test('certificate and key come together and exist', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kuzot-config-'));
    const file = join(dir, 'pem');
    writeFileSync(file, '');
    try {
      expect(faults({ ...good, KUZOT_TLS_CERT: file }).join()).toMatch(/together/);
      const config = readConfig({
        ...good,
        KUZOT_TLS_CERT: file,
        KUZOT_TLS_KEY: file,
        KUZOT_HOST: '0.0.0.0',
      });
      expect(config.origin).toBe('https://localhost:8443');
      const usual = readConfig({ ...good, KUZOT_TLS_CERT: file, KUZOT_TLS_KEY: file, KUZOT_PORT: '443' });
      expect(usual.origin).toBe('https://localhost');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test.each([
    ['KUZOT_LIMITS', 'no', 'limits', true],
    ['KUZOT_LIMITS', 'off', 'limits', false],
    ['KUZOT_DEMO', 'true', 'demo', false],
    ['KUZOT_TLS_PROXY', '1', 'behindTlsProxy', false],
  ] as const)('%s=%s: %s is %s; only the one word counts', (name, value, field, expected) => {
    expect(readConfig({ ...good, [name]: value })[field]).toBe(expected);
  });

  test.each(['', 'kuzot.sqlite', 'mysql://x', 'sqlite:', 'file:/x'])(
    'a database address %j is refused',
    (address) => {
      expect(faults({ KUZOT_DB: address }).join()).toMatch(/KUZOT_DB/);
    },
  );
});
