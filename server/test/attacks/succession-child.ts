// The whole server in a process of its own, over a database of either engine, at one fixed time; killed and succeeded by
// succession.test.ts. Loads its code, says so, and starts when a line arrives. Argument: JSON of what differs.
import { once } from 'node:events';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const { database, keysDir, port, joins, now, cache } = JSON.parse(process.argv[2]!) as {
  database: string;
  keysDir: string;
  port: number;
  joins: boolean;
  now: number;
  cache: string;
};
enableCompileCache(cache);
const { startServer } = await import('#server/main.ts');
process.stdout.write('loaded\n');
// Whoever started it holds the other end: ended by a signal, the tests leave no server behind.
process.stdin.once('end', () => process.exit());
await once(process.stdin, 'data');
const { address } = await startServer(
  {
    database,
    keysDir,
    host: '127.0.0.1',
    port,
    origin: 'http://localhost:8080',
    tls: null,
    behindTlsProxy: false,
    node: joins ? 'succession-joined' : 'succession',
    policiesDir: join(import.meta.dirname, '..', '..', '..', 'policies'),
    webDir: join(cache, 'no-pages'),
    limits: false,
    credentialsDir: null,
    databaseCipher: null,
    joins,
    witnessEveryMs: 60_000,
    demo: false,
  },
  () => now,
);
process.stdout.write(`listening ${address}\n`);
