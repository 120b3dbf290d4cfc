// The whole console as it runs, in a process that is going to be killed. Loads its code, says so, and starts when a line with the
// fault to suffer arrives (faults.ts reads it in the writer's thread). Argument: folder of database and keys.
import { once } from 'node:events';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const [, , dir = ''] = process.argv;
// A thousand of these start one after the other: what the first compiled the others take.
enableCompileCache(join(dir, 'compiled'));
const { startServer } = await import('#server/main.ts');
process.stdout.write('loaded\n');
const [fault] = (await once(process.stdin, 'data')) as [Buffer];
process.env.ENDURANCE_FAULT = fault.toString().trim();

const { address } = await startServer({
  database: `sqlite:${join(dir, 'kuzot.sqlite')}`,
  keysDir: join(dir, 'keys'),
  host: '127.0.0.1',
  port: 0,
  origin: 'http://localhost',
  tls: null,
  behindTlsProxy: false,
  node: 'endurance',
  policiesDir: join(import.meta.dirname, '..', '..', 'policies'),
  webDir: join(dir, 'no-pages'),
  limits: false,
  credentialsDir: null,
  databaseCipher: null,
  joins: false,
  witnessEveryMs: 60_000,
  demo: false,
});
process.stdout.write(`listening ${address}\n`);
