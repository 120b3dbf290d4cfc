// One of the servers compared by the `audited-get` measures, in a process of its own with a country of its own. `audited` is
// the console as it runs, limits off; `cold` the same with every decision asked of the policy anew. `unlogged` is the
// console with the log taken out: session, policy, masks and headers stay, no entry is drafted, committed or followed.
// `plain` is the route's query and masked reply on plain Fastify, without session, policy or log. Prints its address,
// serves until its standard input closes.
import { join } from 'node:path';
import fastify from 'fastify';
import { pino } from 'pino';
import { openReadOnly, openStore } from '#db/open.ts';
import { buildApp } from '#server/app.ts';
import type { Config } from '#server/config.ts';
import { VoterCard, VoterParams } from '#server/contract/voters.ts';
import type { Gate } from '#server/gate/gate.ts';
import { refuse } from '#server/gate/outcome.ts';
import { schemaCompilers } from '#server/http/schemas.ts';
import { loadKeys } from '#server/keys.ts';
import { steadyClock } from '#server/lib/clock.ts';
import { startServer, storeOptions } from '#server/main.ts';
import { composeRooms } from '#server/rooms.ts';
import { maskAddress, maskBirthDate, maskIdentifier } from '#server/voters/mask.ts';
import { createVoters } from '#server/voters/service.ts';
import { buildTypoIndex } from '#server/voters/typos.ts';

export type Mode = 'audited' | 'cold' | 'unlogged' | 'plain';
interface Served {
  address: string;
  close(): Promise<unknown>;
}

const [mode, dir] = process.argv.slice(2) as [Mode, string];
const database = `sqlite:${join(dir, 'kuzot.sqlite')}`;
const policiesDir = join(import.meta.dirname, '..', '..', 'policies');
const listening = { host: '127.0.0.1', port: 0 };
const origin = 'http://localhost';
const webDir = join(dir, 'no-pages');

const config: Config = {
  ...listening,
  database,
  keysDir: join(dir, 'keys'),
  origin,
  tls: null,
  behindTlsProxy: false,
  node: 'bench',
  policiesDir,
  webDir,
  credentialsDir: null,
  databaseCipher: null,
  joins: false,
  witnessEveryMs: 10_000,
  limits: false,
  demo: false,
};

const servers: Record<Mode, () => Promise<Served>> = {
  audited: () => startServer(config),
  cold: () => startServer(config, steadyClock(Date.now), { remembersDecisions: false }),

  async unlogged() {
    const keys = loadKeys(join(dir, 'keys'));
    const store = await openStore(database, storeOptions(keys, Date.now));
    const rooms = await composeRooms({
      store,
      keys,
      policiesDir,
      node: 'bench',
      clock: Date.now,
      limits: false,
      onFault: console.error,
    });
    const gate: Gate = {
      ...rooms.gate,
      async read(ctx, act, work) {
        const located = await work.locate(store.reader);
        if (!located || !rooms.gate.may(ctx, act, located)) return refuse('not-found');
        const released = await work.release(located.record, store.reader);
        if (released.kind !== 'release') return refuse('not-found');
        ctx.ledger.entries += 1;
        return { kind: 'done', value: released.value, entry: 0 };
      },
    };
    const typos = buildTypoIndex([]);
    const app = await buildApp({
      ...rooms,
      gate,
      voters: createVoters({ gate, typos: () => typos, isFrozen: async () => false }),
      status: () => store.status(),
      clock: Date.now,
      origin,
      webDir,
      logger: pino({ level: 'info' }),
      tls: null,
      trustedProxies: [],
    });
    return {
      address: await app.listen(listening),
      close: async () => {
        await app.close();
        await store.close();
      },
    };
  },

  async plain() {
    const store = await openReadOnly(database);
    const app = fastify({ exposeHeadRoutes: false });
    schemaCompilers(app as never);
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
    return {
      address: await app.listen(listening),
      close: async () => {
        await app.close();
        await store.close();
      },
    };
  },
};

const server = await servers[mode]();
console.log(server.address);
process.stdin.resume();
process.stdin.on('end', async () => {
  await server.close();
  process.exit(0);
});
