// What a voter's card passes on its way out (store, gate, session, guard, route) listening in a process of its own, to be
// killed at any moment. Other rooms are left out and everything is permitted, to start quickly: what is tried here is that
// nothing overtakes its entry. Loads its code, says so, and opens the folder it is given when a line arrives, with the
// fault to suffer (faults.ts). Arguments: folder, and the clock's fixed time in epoch ms if it has one.
import { once } from 'node:events';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import '#db/quick-load.ts';

const [, , dir = '', now] = process.argv;
// Dozens of these start one after the other: what the first compiled the others take.
enableCompileCache(join(dir, 'compiled'));
const [
  { default: fastify },
  { openSqliteStore },
  { createGate },
  { createTokens },
  { createAuthenticate },
  { guard },
  { schemaCompilers },
  { createVoters },
  { voterRoutes },
  { buildTypoIndex },
  { loadKeys },
  { readBriefing },
  { frameRoutes },
  { createRowMacs },
  { createGenuine },
] = await Promise.all([
  import('fastify'),
  import('#db/sqlite/open.ts'),
  import('#server/gate/gate.ts'),
  import('#server/access/token.ts'),
  import('#server/access/authenticate.ts'),
  import('#server/http/guard.ts'),
  import('#server/http/schemas.ts'),
  import('#server/voters/service.ts'),
  import('#server/voters/routes.ts'),
  import('#server/voters/typos.ts'),
  import('#server/keys.ts'),
  import('#server/access/policy-files.ts'),
  import('#server/http/frame.ts'),
  import('#server/lib/row-macs.ts'),
  import('#server/access/genuine.ts'),
]);
const policies = join(import.meta.dirname, '..', '..', 'policies');
const keys = loadKeys(join(dir, 'keys'));
const clock = now === undefined ? Date.now : () => Number(now);
process.stdout.write('loaded\n');
const [fault] = (await once(process.stdin, 'data')) as [Buffer];
process.env.ENDURANCE_FAULT = fault.toString().trim();

const store = await openSqliteStore({
  path: join(dir, 'kuzot.sqlite'),
  origin: keys.origin,
  signingKeyPem: keys.signingKeyPem,
  headFile: keys.headFile,
  extensions: keys.extensions,
  predecessors: keys.predecessors,
  clock,
});
const macs = createRowMacs(keys.pepper, true);
const gate = createGate({
  store,
  macs,
  node: 'crash',
  policy: { hash: 'crash', decide: () => ({ kind: 'permit', policy: 'crash' }) },
});
const tokens = createTokens(keys.jwt);
const app = fastify({ exposeHeadRoutes: false });
schemaCompilers(app);
await tokens.install(app);
guard(app, {
  gate,
  authenticate: createAuthenticate(
    store.reader,
    tokens,
    createGenuine(store.reader, macs),
    readBriefing(policies),
    () => false,
  ),
  countRefusal: () => {},
  spend: () => null,
  clock,
  origin: 'http://localhost:8080',
});
voterRoutes(app, {
  voters: createVoters({ gate, typos: () => buildTypoIndex([]), isFrozen: async () => false }),
});
app.get('/api/audit/checkpoint', { config: { open: true } }, async () => (await store.checkpoint()).note);
await frameRoutes(app, {
  status: () => store.status(),
  policy: { broken: () => null, faults: () => 0 },
  clock,
  webDir: join(dir, 'no-pages'),
});
const address = await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`listening ${address}\n`);
