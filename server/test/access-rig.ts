// A small console for tests of log-in and officers: a real temporary store, the real policies, the rooms of access, officers
// and commissions, a clock that only tests move, and clients that keep cookies as browsers do.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash as argonHash, verify as argonVerify } from 'argon2';
import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import type { HubHeed, JoinedStore } from '#db/open.ts';
import { openSqliteStore } from '#db/sqlite/open.ts';
import type { Change, Store } from '#db/store.ts';
import { createAccess } from '#server/access/access.ts';
import { answerCount, type CountAsked, type Counting, countThere } from '#server/access/counting.ts';
import { seedPlace } from '#server/access/deps.ts';
import {
  type FactorPolicy,
  readBriefing,
  readFactorPolicy,
  readPasswordPolicy,
} from '#server/access/policy-files.ts';
import { accessRoutes } from '#server/access/routes.ts';
import { voidRequests } from '#server/approvals/void.ts';
import { createCampaigns } from '#server/campaigns/service.ts';
import { commissionRoutes } from '#server/commissions/routes.ts';
import { createCommissions } from '#server/commissions/service.ts';
import type { Role } from '#server/contract/vocabulary.ts';
import { systemContext } from '#server/gate/context.ts';
import { createGate } from '#server/gate/gate.ts';
import { guard } from '#server/http/guard.ts';
import { schemaCompilers } from '#server/http/schemas.ts';
import { generateSigner, signerToPem } from '#server/lib/log/note.ts';
import { createRowMacs } from '#server/lib/row-macs.ts';
import { createSealer } from '#server/lib/secrets.ts';
import { codeAt, seedText } from '#server/lib/totp.ts';
import { officerRoutes } from '#server/officers/routes.ts';
import { createOfficers } from '#server/officers/service.ts';
import { loadPolicy } from '#server/policy/cedar.ts';
import { morning, origin, pastFirstLogIn, unitsOfTree, writerPast } from './set-up.ts';

const policies = join(import.meta.dirname, '..', '..', 'policies');
export const minutes = (n: number) => n * 60_000;
export const hours = (n: number) => n * 3_600_000;

/**
 * The algorithm itself at its least cost: what a hash costs is claimed by passwords.test.ts, and paid here some hundred times. A
 * hash names its own cost, so one of nobody's password is brought down likewise.
 */
const quick = {
  hash: ((password: string, options: Parameters<typeof argonHash>[1]) =>
    argonHash(password, { ...options, memoryCost: 1_024, timeCost: 2 })) as typeof argonHash,
  verify: ((stored: string, ...rest: [string, object]) =>
    argonVerify(stored.replace(/\$m=\d+,/, '$m=1024,'), ...rest)) as typeof argonVerify,
};

export interface TestOfficer {
  id: string;
  login: string;
  password: string;
  seed: Buffer;
}

export interface RigOptions {
  /** How much hashing at once, and by what. */
  hashing?: Parameters<typeof createAccess>[0]['hashing'];
  limits?: boolean;
  /** What differs from policies/factors.yml. */
  factors?: Partial<FactorPolicy>;
  /** Opens this store instead of a fresh SQLite one, and reads its entries; closing stays with the rig. */
  place?: {
    open(options: { clock: () => number }): Promise<Store>;
    sql<R>(text: string): Promise<R[]>;
    /** Opens the store of a second server that joins the first; requests then reach the two by turns. */
    join?(heed: HubHeed, socket: string, clock: () => number): Promise<JoinedStore>;
  };
  /** Every unit signs this version unless it is new to them. */
  briefingVersion?: string;
}

export async function openRig(options: RigOptions = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'kuzot-access-'));
  const time = { now: morning };
  const clock = () => time.now;
  const store: Store = options.place
    ? await options.place.open({ clock })
    : await openSqliteStore({
        path: join(dir, 'test.sqlite'),
        origin: 'test.kuzot.invalid/log',
        signingKeyPem: signerToPem(generateSigner('test.kuzot.invalid/log')),
        headFile: join(dir, 'head'),
        create: true,
        clock,
      });
  const seal = createSealer(Buffer.alloc(32, 1), 1);
  const briefing = readBriefing(policies);
  if (options.briefingVersion) briefing.version = options.briefingVersion;
  const passwords = readPasswordPolicy(policies);
  const jwt = Buffer.alloc(32, 2);
  const pepper = Buffer.alloc(32, 3);
  const macs = createRowMacs(pepper, store.engine === 'sqlite');

  /** One server over its store. */
  async function serve(on: Store, counting?: Counting) {
    const gate = createGate({ store: on, policy: loadPolicy(join(policies, 'access')), macs, node: 'test' });
    const campaigns = createCampaigns({ gate, windowDays: passwords.rotationWindowDays });
    const access = createAccess({
      gate,
      passwordDue: campaigns.due,
      voidRequests,
      hashing: { argon2: quick, ...options.hashing },
      keys: { jwt, pepper, seal },
      macs,
      clock,
      limits: options.limits ?? true,
      counting,
      policies: { passwords, briefing, factors: { ...readFactorPolicy(policies), ...options.factors } },
      origin,
    });
    const officers = createOfficers({
      gate,
      hasher: access.hasher,
      random: (n) => crypto.getRandomValues(Buffer.alloc(n)),
      temporaryHours: passwords.temporaryHours,
      briefing,
      voidRequests,
      macs,
    });
    const app: FastifyInstance = fastify({ exposeHeadRoutes: false });
    schemaCompilers(app);
    await access.install(app);
    guard(app, {
      gate,
      authenticate: access.authenticate,
      countRefusal: access.countRefusal,
      spend: access.spend,
      clock,
      origin,
    });
    accessRoutes(app, access);
    officerRoutes(app, { officers });
    commissionRoutes(app, { commissions: createCommissions({ gate }) });
    await app.ready();
    return { gate, access, officers, app };
  }
  const { gate, access, officers, app } = await serve(store);
  const heed: HubHeed = {
    changed: async () => {},
    count: (asked) => answerCount(access.counting, asked as CountAsked),
  };
  const joined = (await options.place?.join?.(heed, join(dir, 'servers.sock'), clock)) ?? null;
  const second = joined && (await serve(joined, countThere(joined.count)));
  let sent = 0;
  /** The server whose turn it is. */
  const server = () => (second && sent++ % 2 === 1 ? second.app : app);

  const write = writerPast(gate, () => systemContext('init', time.now, crypto.randomUUID()));
  await write(unitsOfTree());

  let made = 0;
  const words = ['Quartz-Lamp-71', 'Velvet+Birch+38', 'Copper#Kettle#92', 'Maple.Anchor.54'];
  /** An officer past the first log-in (or, with `over`, in any other state), made behind the routes. */
  async function addOfficer(
    role: Role,
    commission: string,
    over: Partial<Extract<Change, { op: 'insert'; table: 'officer' }>['row']> = {},
  ): Promise<TestOfficer> {
    made += 1;
    const officer = {
      id: `officer-${made}-00`,
      login: `person${made}x`,
      password: `${words[made % 4]}${made}`,
    };
    const seed = Buffer.alloc(20, made);
    await write([
      {
        op: 'insert',
        table: 'officer',
        row: {
          ...pastFirstLogIn(
            {
              id: officer.id,
              login: officer.login,
              surname: 'Асанова',
              givenName: 'Айнура',
              role,
              commission,
              createdBy: 'system:init',
              activatedBy: 'system:init',
              passwordHash: await access.hasher.hash(officer.password),
              totpSeed: seal.seal(seedPlace(officer.id), seed),
            },
            time.now,
            briefing,
          ),
          ...over,
        },
      },
    ]);
    return { ...officer, seed };
  }

  const code = (officer: Pick<TestOfficer, 'seed'> | string) =>
    codeAt(typeof officer === 'string' ? officer : seedText(officer.seed), time.now);

  const client = (address?: string) => createClient(server, address);
  /** A client past password and code; moves the clock on by one step, as codes open once. */
  async function logIn(officer: TestOfficer, on = client()): Promise<Client> {
    time.now += 30_000;
    await on.post('/api/session', { login: officer.login, password: officer.password });
    const reply = await on.post('/api/session/totp', { code: code(officer) });
    if (reply.statusCode !== 200) throw new Error(`log-in of ${officer.login}: ${reply.body}`);
    return on;
  }
  /** Raises the session for one act; moves the clock on by one step. */
  async function stepUp(on: Client, officer: TestOfficer, action?: string, hash?: string) {
    time.now += 30_000;
    return on.post('/api/session/step-up', {
      code: code(officer),
      ...(action && { action }),
      ...(hash && { hash }),
    });
  }
  /** Leaves and events written so far, oldest first. */
  async function entries(): Promise<Entry[]> {
    const rows = await rowsOf<{ leaf: Buffer; json: string }>(
      'select e.leaf as leaf, v.json as json from entry e join event v on v.seq = e.seq order by e.seq',
    );
    return rows.map((row) => ({
      leaf: JSON.parse(row.leaf.toString('utf8')) as Record<string, unknown>,
      detail: (JSON.parse(row.json) as { detail: { json: Record<string, unknown> } }).detail.json,
    }));
  }
  /** Reads past the store, as somebody with a copy of the database would. */
  async function rowsOf<R>(sql: string): Promise<R[]> {
    if (options.place) return options.place.sql<R>(sql);
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(join(dir, 'test.sqlite'), { readonly: true });
    try {
      return db.prepare(sql).all() as R[];
    } finally {
      db.close();
    }
  }

  return {
    app,
    store,
    gate,
    macs,
    access,
    officers,
    time,
    jwt,
    briefing,
    passwords,
    addOfficer,
    client,
    logIn,
    stepUp,
    code,
    entries,
    rowsOf,
    write,
    async close() {
      await second?.app.close();
      await second?.access.close();
      await joined?.close();
      await app.close();
      await access.close();
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export type Rig = Awaited<ReturnType<typeof openRig>>;
export interface Entry {
  leaf: Record<string, unknown>;
  detail: Record<string, unknown>;
}

export type Client = ReturnType<typeof createClient>;

/** Keeps cookies, sends the console's origin. `cookies` may be read and written by attacks. */
function createClient(server: () => FastifyInstance, remoteAddress = '10.0.0.1') {
  const cookies = new Map<string, string>();
  async function send(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    body?: object,
  ): Promise<LightMyRequestResponse> {
    const reply = await server().inject({
      method,
      url,
      remoteAddress,
      headers: {
        ...(method !== 'GET' && { origin }),
        ...(cookies.size && { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
      },
      ...(body && { payload: body }),
    });
    for (const { name, value, maxAge } of reply.cookies as { name: string; value: string; maxAge?: number }[])
      if (maxAge === 0) cookies.delete(name);
      else cookies.set(name, value);
    return reply;
  }
  return {
    cookies,
    get: (url: string) => send('GET', url),
    post: (url: string, body: object = {}) => send('POST', url, body),
    del: (url: string) => send('DELETE', url),
  };
}
