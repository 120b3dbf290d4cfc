// The whole console over a real temporary store for tests of rooms, of the matrix and of attacks: real policies, real
// gate, a clock that only tests move. Sessions are written, not logged in: log-in has its own tests (access-rig.ts).
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import type { JoinedStore, MaintainedStore } from '#db/open.ts';
import { openStore } from '#db/open.ts';
import type { Row, Store } from '#db/store.ts';
import { type Counting, countThere } from '#server/access/counting.ts';
import { seedPlace } from '#server/access/deps.ts';
import { type FactorPolicy, readBriefing } from '#server/access/policy-files.ts';
import { buildApp, type RegisteredRoute } from '#server/app.ts';
import { detailNames } from '#server/contract/details.ts';
import type { Role } from '#server/contract/vocabulary.ts';
import { systemContext } from '#server/gate/context.ts';
import type { StoredEvent } from '#server/gate/leaf.ts';
import { createKeys, type Keys, loadKeys } from '#server/keys.ts';
import { storeOptions } from '#server/main.ts';
import { composeRooms, type Rooms } from '#server/rooms.ts';
import { heedOf } from '#server/several.ts';
import { includeVoter } from '#server/voters/rules.ts';
import { morning, origin, pastFirstLogIn, unitsOfTree, writerPast } from './set-up.ts';

const policiesDir = join(import.meta.dirname, '..', '..', 'policies');

export interface RigOptions {
  /** Opens this store instead of a fresh SQLite one; closing stays with the rig. */
  openWith?: (options: ReturnType<typeof storeOptions>) => Promise<MaintainedStore>;
  limits?: boolean;
  /** Stands in the place of policies/factors.yml. */
  factors?: FactorPolicy;
  /** Lines of a witness policy after the log's own. */
  witnesses?: string;
  logLines?: string[];
  /** Proxies whose X-Forwarded-For is believed. */
  trustedProxies?: string[];
  /** Opens the store of a second server that joins the first; requests then reach the two by turns. */
  join?: (
    first: Rooms,
    keys: Keys,
    clock: () => number,
    onFault: (error: unknown) => void,
  ) => Promise<JoinedStore>;
  /** Adds routes a careless author might write. */
  before?: (app: FastifyInstance) => void;
}

export async function openConsole(options: RigOptions = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'kuzot-console-'));
  const time = { now: morning };
  const clock = () => time.now;
  createKeys(join(dir, 'keys'), 'test.kuzot.invalid/log');
  if (options.witnesses !== undefined) {
    const { vkeyText } = loadKeys(join(dir, 'keys'));
    writeFileSync(join(dir, 'keys', 'log-policy'), `log ${vkeyText}${options.witnesses}`, { mode: 0o600 });
  }
  const keys = loadKeys(join(dir, 'keys'));
  const path = join(dir, 'kuzot.sqlite');
  const store = knownFactsOnly(
    options.openWith
      ? await options.openWith(storeOptions(keys, clock))
      : await openStore(`sqlite:${path}`, { ...storeOptions(keys, clock), create: true }),
  );
  /** What failed behind replies; a test that expects none checks it. */
  const faults: unknown[] = [];
  const routes: RegisteredRoute[] = [];
  /** One server over its store. */
  async function serve(on: Store, counting?: Counting) {
    const rooms = await composeRooms({
      store: on,
      keys,
      policiesDir,
      node: counting ? 'test-joined' : 'test',
      origin,
      ...(options.factors && { factors: options.factors }),
      clock,
      limits: options.limits ?? false,
      counting,
      onFault: (error) => faults.push(error),
    });
    const lines = options.logLines;
    const app = await buildApp({
      ...rooms,
      status: () => on.status(),
      clock,
      origin,
      webDir: join(dir, 'no-pages'),
      logger: lines
        ? pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
        : pino({ level: 'silent' }),
      tls: null,
      trustedProxies: options.trustedProxies ?? [],
      onRoute: (route) => routes.push(route),
    });
    options.before?.(app as never);
    await app.ready();
    return { rooms, app };
  }
  const { rooms, app } = await serve(store);
  const onFault = (error: unknown) => faults.push(error);
  const joined = options.join ? knownFactsOnly(await options.join(rooms, keys, clock, onFault)) : null;
  const second = joined && (await serve(joined, countThere(joined.count)));
  if (joined && second) await joined.heed(heedOf(second.rooms, onFault));
  let sent = 0;
  /** The server whose turn it is. */
  const server = () => (second && sent++ % 2 === 1 ? second.app : app);
  const briefing = readBriefing(policiesDir);

  const write = writerPast(rooms.gate, () => systemContext('test', time.now, 'set-up'));
  await write(unitsOfTree());

  let made = 0;
  /** An active officer, logged in, with a factor shown just now. */
  async function logIn(
    role: Role,
    commission: string,
    over: Partial<Row<'officer'>> = {},
    session: Partial<Row<'session'>> = {},
  ) {
    made += 1;
    const id = `officer-${made}-000`;
    const login = `officer${made}`;
    const sid = randomBytes(32).toString('base64url');
    const rot = randomBytes(32).toString('base64url');
    const endsAt = time.now + 8 * 3_600_000;
    const person = {
      ...{ id, login, surname: 'Өмүралиева', givenName: `Гүлзат${made}`, role, commission },
      ...{ createdBy: 'system:test', activatedBy: 'system:test', passwordHash: null },
      totpSeed: keys.seal.seal(seedPlace(id), Buffer.alloc(20, made)),
    };
    await write([
      {
        op: 'insert',
        table: 'officer',
        row: { ...pastFirstLogIn(person, time.now, briefing), ...over },
      },
      {
        op: 'insert',
        table: 'officerVersion',
        row: {
          officer: id,
          version: 1,
          validFrom: time.now,
          login,
          surname: 'Өмүралиева',
          givenName: `Гүлзат${made}`,
          patronymic: '',
          role,
          commission,
          state: 'active',
        },
      },
      {
        op: 'insert',
        table: 'session',
        row: {
          id: sid,
          officer: id,
          rotation: rot,
          stage: 'open',
          startedAt: time.now,
          seenAt: time.now,
          endsAt,
          lockedAt: null,
          endedAt: null,
          endReason: null,
          factorAt: time.now,
          stepUpFor: null,
          stepUpAt: null,
          network: '10.0.0.1',
          workstation: '',
          ...session,
        },
      },
    ]);
    const cookie = `__Host-kuzot=${rooms.access.room.tokens.issue({ sid, rot }, endsAt)}`;
    const send = (
      method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH' | 'HEAD',
      url: string,
      payload?: object,
      headers: Record<string, string> = {},
    ) =>
      server().inject({
        method,
        url,
        remoteAddress: '10.0.0.1',
        headers: { cookie, ...(method !== 'GET' && method !== 'HEAD' && { origin }), ...headers },
        ...(payload && { payload }),
      }) as Promise<LightMyRequestResponse>;
    return {
      id,
      login,
      sid,
      cookie,
      send,
      get: (url: string) => send('GET', url),
      post: (url: string, payload: object = {}) => send('POST', url, payload),
      /** Makes the session carry a step-up for exactly this act, as the step-up route would. */
      stepUp: (act: string, hash: string) =>
        write([
          {
            op: 'update',
            table: 'session',
            key: { id: sid },
            set: { stepUpFor: `${act}:${hash}`, stepUpAt: time.now, factorAt: time.now },
          },
        ]),
      /** Sends, answers a step-up that is asked for, and sends again. */
      async withFactor(url: string, payload: object = {}): Promise<LightMyRequestResponse> {
        const first = await send('POST', url, payload);
        if (first.statusCode !== 403) return first;
        const { action, hash } = first.json() as { action?: string; hash?: string };
        if (action === undefined || hash === undefined) return first;
        await this.stepUp(action, hash);
        return send('POST', url, payload);
      },
      /** Decides on a request, with the factor it asks for. */
      vote(id: string, name: 'approve' | 'deny' = 'approve', payload: object = {}) {
        return this.withFactor(`/api/approvals/${id}/actions/${name}`, payload);
      },
    };
  }

  /** A listed voter; PINs are made, never anybody's. */
  async function addVoter(precinct: string, over: Partial<Row<'voter'>> = {}): Promise<Row<'voter'>> {
    made += 1;
    const { row, surname } = includeVoter(
      {
        id: `voter-${made}-0000`,
        pin: `1010119900${String(made).padStart(4, '0')}`,
        surname: 'Төлөгөнова',
        givenName: 'Жаңыл',
        patronymic: 'Өмүрбековна',
        birthDate: '1990-01-01',
        sex: 'F',
        address: 'Ысык-Көл көчөсү, 7',
        precinct,
        ...over,
      },
      time.now,
    );
    const full = { ...row, ...over, fold: row.fold };
    await write([
      { op: 'insert', table: 'voter', row: full },
      { op: 'ensure', table: 'surname', row: { fold: surname } },
    ]);
    await rooms.refreshTypos();
    await second?.rooms.refreshTypos();
    return full;
  }

  /** What the newest entry of an act says besides, once all of the log is settled. */
  async function newest(act: string): Promise<Record<string, unknown>> {
    await store.settled();
    const [row] = await store.reader.audit.newestOf([act], 1);
    return (JSON.parse(row!.json!) as { detail: { json: Record<string, unknown> } }).detail.json;
  }

  let isOpen = true;
  /** Ends, and leaves the folder to another process. */
  async function leave(): Promise<void> {
    if (!isOpen) return;
    isOpen = false;
    await second?.app.close();
    await second?.rooms.access.close();
    await joined?.close();
    await app.close();
    await rooms.access.close();
    await store.close();
  }

  return {
    app,
    store,
    rooms,
    routes,
    faults,
    keys,
    dir,
    path,
    time,
    write,
    logIn,
    addVoter,
    newest,
    size: () => store.status().size,
    leave,
    async close() {
      await leave();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export type ConsoleRig = Awaited<ReturnType<typeof openConsole>>;
export type Officer = Awaited<ReturnType<ConsoleRig['logIn']>>;

const told = new Set<string>([...detailNames, 'address', 'workstation']);

/** Takes no entry with a fact the explorer has no words for: what is spread from somewhere no type sees. */
function knownFactsOnly<S extends Store>(store: S): S {
  const commit = store.commit.bind(store);
  return Object.assign(store, {
    commit(unit: Parameters<S['commit']>[0]) {
      for (const { event } of unit.entries)
        for (const name of Object.keys((JSON.parse(event) as StoredEvent).detail?.json ?? {}))
          if (!told.has(name)) throw new Error(`"${name}" stands in no list of server/contract/details.ts`);
      return commit(unit);
    },
  });
}
