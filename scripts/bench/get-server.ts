// One of the two servers compared by `audited-get/bare-get`, in a process of its own: `audited` is the console as it runs,
// limits off; `bare` is the same route's query and masked reply on plain Fastify, without session, policy or log. Prints
// its address, serves until its standard input closes.
import { join } from 'node:path';
import fastify from 'fastify';
import { openReadOnly } from '#db/open.ts';
import { VoterCard, VoterParams } from '#server/contract/voters.ts';
import { strictValidation } from '#server/http/validation.ts';
import { startServer } from '#server/main.ts';
import { maskAddress, maskBirthDate, maskIdentifier } from '#server/voters/mask.ts';

const [mode, dir] = process.argv.slice(2) as ['audited' | 'bare', string];
const database = `sqlite:${join(dir, 'kuzot.sqlite')}`;
const root = join(import.meta.dirname, '..', '..');

async function audited(): Promise<{ address: string; close(): Promise<void> }> {
  const port = 0;
  return startServer({
    database,
    keysDir: join(dir, 'keys'),
    host: '127.0.0.1',
    port,
    origin: 'http://localhost',
    tls: null,
    behindTlsProxy: false,
    node: 'bench',
    policiesDir: join(root, 'policies'),
    webDir: join(dir, 'no-pages'),
    limits: false,
    demo: false,
  });
}

async function bare(): Promise<{ address: string; close(): Promise<void> }> {
  const store = await openReadOnly(database);
  const app = fastify({ exposeHeadRoutes: false });
  strictValidation(app as never);
  app.get(
    '/api/voters/:id',
    { schema: { params: VoterParams, response: { 200: VoterCard } } },
    async (request) => {
      const { id } = request.params as { id: string };
      const { voter } = (await store.reader.voters.byId(id))!;
      const [first] = await store.reader.voters.openBlocks(id);
      return {
        ...voter,
        pin: maskIdentifier(voter.pin),
        birthDate: maskBirthDate(voter.birthDate),
        address: maskAddress(voter.address),
        flags: voter.flags ? voter.flags.split(',') : [],
        blocked: first ? { case: first.application, since: first.since } : null,
        entry: 0,
      };
    },
  );
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    address,
    async close() {
      await app.close();
      await store.close();
    },
  };
}

const server = await (mode === 'audited' ? audited() : bare());
console.log(server.address);
process.stdin.resume();
process.stdin.on('end', async () => {
  await server.close();
  process.exit(0);
});
