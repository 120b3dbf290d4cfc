// The only reader of the environment. Turns it into one frozen Config or lists every fault at once with its mend; it
// opens nothing and starts nothing.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface Config {
  /** `sqlite:PATH` or `postgres://…` */
  database: string;
  /** Folder of key files (mode 0700). */
  keysDir: string;
  /** `$CREDENTIALS_DIRECTORY` of a systemd unit: secrets found there need not be in the key folder. */
  credentialsDir: string | null;
  /** What the SQLite file is encrypted with, under `database-N.key`; null: in clear. */
  databaseCipher: 'chacha20' | null;
  host: string;
  port: number;
  /** What browsers must send as Origin: scheme, host and port the pages are served from. */
  origin: string;
  tls: { certPath: string; keyPath: string } | null;
  /** True where a named proxy in front terminates TLS. */
  behindTlsProxy: boolean;
  /** Name of this process in entries. */
  node: string;
  /** True: this server joins the one that writes to the same PostgreSQL database. */
  joins: boolean;
  policiesDir: string;
  webDir: string;
  /** How often witnesses are offered the newest checkpoint. */
  witnessEveryMs: number;
  /** Limits per officer and network; off only for measuring. */
  limits: boolean;
  /** True for the demo: a database marked demo is expected instead of refused. */
  demo: boolean;
}

/** Everything wrong with the configuration, one line each. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

type Environment = Record<string, string | undefined>;

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

export function defaultKeysDir(database: string): string {
  return database.startsWith('sqlite:')
    ? join(dirname(database.slice('sqlite:'.length)), 'keys')
    : resolve('var/keys');
}

/** What is wrong with `KUZOT_DB_CIPHER` for this database; null when nothing. */
export function cipherFault(cipher: string, database: string): string | null {
  if (cipher === '') return null;
  if (cipher !== 'chacha20') return 'KUZOT_DB_CIPHER must be chacha20, or not set';
  return /^postgres/.test(database)
    ? 'KUZOT_DB_CIPHER is for SQLite files: encrypt the volume PostgreSQL is on instead'
    : null;
}

/** Reads the environment. Throws ConfigFault. Plain http is served on loopback only: a `__Host-` cookie would be dropped elsewhere. */
export function readConfig(env: Environment = process.env): Config {
  const faults: string[] = [];
  const root = env.KUZOT_ROOT ?? process.cwd();
  const database = env.KUZOT_DB ?? '';
  if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(database))
    faults.push('KUZOT_DB is missing: set sqlite:/path/kuzot.sqlite or postgres://user@host/name');
  const { KUZOT_DB_CIPHER: cipherText = '' } = env;
  const cipher = cipherFault(cipherText, database);
  if (cipher !== null) faults.push(cipher);
  const keysDir = env.KUZOT_KEYS ?? (database ? defaultKeysDir(database) : '');
  const host = env.KUZOT_HOST ?? '127.0.0.1';
  const { KUZOT_PORT: portText = '8443' } = env;
  const port = Number(portText);
  const portFits = /^\d{1,5}$/.test(portText) && port <= 65_535;
  if (!portFits) faults.push('KUZOT_PORT must be a number from 0 to 65535');
  const { KUZOT_WITNESS_SECONDS: secondsText = '10' } = env;
  const witnessEveryMs = Number(secondsText) * 1_000;
  if (!/^\d{1,5}$/.test(secondsText) || witnessEveryMs < 1_000 || witnessEveryMs > 86_400_000)
    faults.push('KUZOT_WITNESS_SECONDS must be a number from 1 to 86400');
  const behindTlsProxy = env.KUZOT_TLS_PROXY === 'yes';
  const { KUZOT_TLS_CERT: certPath, KUZOT_TLS_KEY: keyPath } = env;
  const tls = certPath && keyPath ? { certPath, keyPath } : null;
  if ((certPath && !keyPath) || (!certPath && keyPath))
    faults.push('Set KUZOT_TLS_CERT and KUZOT_TLS_KEY together');
  for (const [name, path] of [
    ['KUZOT_TLS_CERT', certPath],
    ['KUZOT_TLS_KEY', keyPath],
  ] as const)
    if (path && !existsSync(path)) faults.push(`${name}: there is no file ${path}`);
  if (!tls && !behindTlsProxy && !loopback.has(host))
    faults.push(
      `KUZOT_HOST is ${host} without TLS: the session cookie would be dropped and log-in would loop. Set KUZOT_TLS_CERT and KUZOT_TLS_KEY, or KUZOT_TLS_PROXY=yes behind a proxy that terminates TLS, or KUZOT_HOST=127.0.0.1`,
    );
  const ownOrigin = new URL(`${tls ? 'https' : 'http'}://localhost:${portFits ? port : 8443}`).origin;
  const origin = env.KUZOT_ORIGIN ?? (behindTlsProxy ? '' : ownOrigin);
  // Compared letter by letter with what browsers send, so it must be written as they write it.
  const written = URL.canParse(origin) ? new URL(origin) : null;
  if (written === null || !/^https?:$/.test(written.protocol) || written.origin !== origin)
    faults.push('KUZOT_ORIGIN is missing: the address browsers see, such as https://kuzot.example.kg');
  else if (written.protocol === 'http:' && !loopback.has(written.hostname))
    faults.push('KUZOT_ORIGIN must be https except on loopback');
  const joins = env.KUZOT_JOIN === 'yes';
  if (joins && database.startsWith('sqlite:'))
    faults.push('KUZOT_JOIN is for PostgreSQL: a SQLite file is served by one server');
  if (joins && !env.KUZOT_NODE)
    faults.push('KUZOT_NODE is missing: name this server, so that entries tell it from the one it joins');
  if (faults.length) throw new ConfigFault(faults);
  return Object.freeze({
    database,
    keysDir,
    credentialsDir: env.CREDENTIALS_DIRECTORY || null,
    databaseCipher: cipherText === 'chacha20' ? cipherText : null,
    host,
    port,
    origin,
    tls,
    behindTlsProxy,
    node: env.KUZOT_NODE ?? 'kuzot-1',
    joins,
    policiesDir: env.KUZOT_POLICIES ?? join(root, 'policies'),
    webDir: env.KUZOT_WEB ?? join(root, 'web', 'dist'),
    witnessEveryMs,
    limits: env.KUZOT_LIMITS !== 'off',
    demo: env.KUZOT_DEMO === 'yes',
  });
}
