// Composition root: from a checked Config to a listening server, and back down in the opposite order. The only file that
// sees everything.
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { type Hub, type JoinedStore, joinStore, openHub, openStore } from '#db/open.ts';
import type { Store } from '#db/store.ts';
import { countThere } from './access/counting.ts';
import { buildApp } from './app.ts';
import { deskOf, openDesk } from './backups/desk.ts';
import { enterBackup } from './backups/service.ts';
import { codeRows } from './coded-rows.ts';
import type { Config } from './config.ts';
import { readyCipher } from './database-key.ts';
import { followBeside } from './detection/beside.ts';
import { filesOf } from './detection/catalogue.ts';
import { recordForCommand } from './export-at-desk.ts';
import { systemContext } from './gate/context.ts';
import type { Differs } from './gate/file-sets.ts';
import { traceOf } from './http/faults.ts';
import { type Keys, loadKeys } from './keys.ts';
import { knownKeys } from './known-keys.ts';
import { type SteadyClock, steadyClock } from './lib/clock.ts';
import { listOfficers } from './officers-at-desk.ts';
import { composeRooms, type RoomOptions, type Rooms } from './rooms.ts';
import { heedOf, heedOfAppender, notBehind, serversOf, tellState } from './several.ts';

/** Something an operator must mend before the server can start. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

export interface Running {
  address: string;
  rooms: Rooms;
  store: Store;
  close(): Promise<void>;
}

/** Of the demo's days, and of tests, it may be any; a server's does not go back, and says when the machine's did. */
export type ServerClock = (() => number) & Partial<Pick<SteadyClock, 'takeSetBack'>>;

const typoRefreshMs = 60_000;
const idleSweepMs = 200;

export function storeOptions(keys: Keys, clock: () => number) {
  return {
    origin: keys.origin,
    signingKeyPem: keys.signingKeyPem,
    headFile: keys.headFile,
    extensions: keys.extensions,
    predecessors: keys.predecessors,
    clock,
  };
}

type Measured = Pick<RoomOptions, 'remembersDecisions'>;

/**
 * Opens, composes, listens. Throws StartRefused, ConfigFault, KeysFault or a fault of the store; leaves nothing open then.
 * @param measured for the bench alone; no setting reaches it
 */
export async function startServer(
  config: Config,
  clock: ServerClock = steadyClock(Date.now),
  measured: Measured = {},
): Promise<Running> {
  const keyPlace = { dir: config.keysDir, credentialsDir: config.credentialsDir };
  const keys = loadKeys(keyPlace);
  readyCipher(keyPlace, config.databaseCipher);
  const place = config.joins ? await joinOther(config, keys, clock) : await openOwn(config, keys, clock);
  try {
    return await serve(config, keys, place, clock, measured);
  } catch (error) {
    await place.store.close();
    throw error;
  }
}

/** Where a server writes: by itself, and then others may join it, or by the server that it joined. */
type WritingPlace =
  | { store: Store; hub: Hub<Store> | null; joined: null }
  | { store: Store; hub: null; joined: JoinedStore };

async function openOwn(config: Config, keys: Keys, clock: ServerClock): Promise<WritingPlace> {
  const own = await openStore(config.database, storeOptions(keys, clock));
  if (own.engine === 'sqlite') return { store: own, hub: null, joined: null };
  const hub = await openHub(own, { origin: keys.origin, keys: keys.digest, clock });
  return { store: hub.store, hub, joined: null };
}

async function joinOther(config: Config, keys: Keys, clock: ServerClock): Promise<WritingPlace> {
  const socket = serversOf(config.keysDir);
  if (socket === null)
    throw new StartRefused('The path of the key folder is too long for a socket: use a shorter one to join');
  const { origin, digest } = keys;
  const joined = await joinStore(config.database, { origin, keys: digest, socket, clock });
  return { store: joined, hub: null, joined };
}

async function serve(
  config: Config,
  keys: Keys,
  { store, hub, joined }: WritingPlace,
  machine: ServerClock,
  measured: Measured,
): Promise<Running> {
  const clock = joined ? notBehind(machine, joined.time) : machine;
  const isDemo = (await store.reader.system.meta('demo')) !== null;
  if (isDemo && !config.demo)
    throw new StartRefused(
      'This database holds the demo: its accounts are public. Start it with "npm run demo"',
    );
  if ((await store.reader.system.officers()) === 0)
    throw new StartRefused('There are no officers yet: run "npm run kuzot -- init" first');

  const marks = await knownKeys(store.reader, keys);
  if (marks.length > 0) await store.commit({ changes: marks, entries: [] });

  // Operators' log: no request, URL, query or body ever enters it; the audit log is another thing.
  const logger = pino({
    level: config.demo ? 'warn' : 'info',
    base: { node: config.node },
    serializers: { err: traceOf },
  });
  const rooms = await composeRooms({
    store,
    keys,
    policiesDir: config.policiesDir,
    node: config.node,
    origin: config.origin,
    clock,
    takeSetBack: machine.takeSetBack,
    limits: config.limits,
    ...measured,
    witnessEveryMs: config.witnessEveryMs,
    onWitness: (witness, state, why) =>
      logger[state === 'cosigned' ? 'info' : 'warn']({ witness, state, why }, 'a witness of the log'),
    ...(joined
      ? { counting: countThere(joined.count) }
      : {
          follow: ({ set }) => followBeside({ database: config.database, files: filesOf(set) }),
          rules: { takesFiles: true },
          ...(isDemo && { policies: { renewable: true } }),
        }),
    onFault: (error) => logger.error({ err: error }, 'something failed behind a reply'),
  });
  const coded = joined ? 0 : await codeRows({ ...rooms, store, codedFile: keys.codedFile }, clock());
  if (coded === 'lost')
    logger.error(
      { remembered: keys.codedFile },
      'no account bears the code it had borne, and nobody can log in: put back an untouched copy of the database; if this one is a backup from before there were codes, move the file away and start again',
    );
  else if (coded > 0)
    logger.warn({ rows: coded }, 'accounts, passkeys and commissions of an earlier release were given codes');
  const tellDiffers = (folder: string, command: string, differs: Differs, inForce: string) => {
    if (!differs) return;
    logger.warn(
      { files: differs.hash ?? differs.fault, inForce },
      `the files in policies/${folder} are not the approved ones, which stay in force: have them approved, or put the approved ones back (kuzot ${command} export)`,
    );
  };
  tellDiffers('access', 'policies', await rooms.policies.open(), rooms.policy.hash);
  tellDiffers('detection', 'rules', await rooms.rules.open(), rooms.rules.holder.catalogue.set.hash);
  const cannotTakeUp = (error: unknown) =>
    logger.error({ err: error }, 'what another server changed could not be taken up');
  const told = [cannotTakeUp, tellState(logger)] as const;
  await joined?.heed(heedOf(rooms, ...told));
  // A database put back from before a destruction act loses the same data again before anybody can ask for it.
  const destroyedAgain = joined ? 0 : await rooms.destructions.destroyAgain();
  if (destroyedAgain > 0)
    logger.warn({ acts: destroyedAgain }, 'destroyed again what a restored copy still held');
  const app = await buildApp({
    ...rooms,
    status: () => store.status(),
    clock,
    origin: config.origin,
    webDir: config.webDir,
    logger,
    tls: config.tls && { cert: readFileSync(config.tls.certPath), key: readFileSync(config.tls.keyPath) },
    trustedProxies: config.behindTlsProxy ? ['127.0.0.1', '::1'] : [],
  });

  const typoTimer = setInterval(() => {
    rooms
      .refreshTypos()
      .catch((error: unknown) => app.log.error({ err: error }, 'the typo dictionary was not refreshed'));
  }, typoRefreshMs);
  typoTimer.unref();
  let desk: { close(): Promise<void> } | null = null;
  const closeRooms = async () => {
    clearInterval(typoTimer);
    await hub?.close();
    await desk?.close();
    // Streams and trials end first, or the listener would wait for them.
    await Promise.all([rooms.policies.close(), rooms.rules.close()]);
    rooms.alerts.streams.close();
    rooms.samples.close();
    await rooms.reviews.close();
    await rooms.tooFew.close();
    rooms.backups.close();
    // Who was still being answered keeps the connection for more than a minute, unless it is closed behind the answer.
    const idle = setInterval(() => app.server.closeIdleConnections(), idleSweepMs);
    await app.close().finally(() => clearInterval(idle));
    await rooms.witnesses.close();
    await rooms.detection.close();
    await rooms.access.close();
  };
  async function startBeside(): Promise<void> {
    await rooms.detection.startBeside();
    await rooms.witnesses.follow();
  }
  /** What is done once for all servers of a database, by the one that writes. */
  async function startAlone(): Promise<void> {
    await rooms.detection.start();
    rooms.samples.start();
    rooms.reviews.start();
    rooms.tooFew.start();
    rooms.backups.start();
    await rooms.witnesses.start();
    const deskPath = deskOf(config.keysDir);
    if (deskPath === null)
      logger.warn(
        'the path of the key folder is too long for a socket: backups, exports and lists of accounts need the server stopped, and no other can join it',
      );
    else
      desk = await openDesk(deskPath, {
        enter: (entry) =>
          enterBackup(rooms.gate, systemContext('backup', clock(), crypto.randomUUID()), entry),
        list: (asked) => listOfficers(rooms, store.reader, clock, asked),
        recordExport: (asked) => recordForCommand(rooms, store.reader, clock, isDemo, asked),
      });
    const servers = serversOf(config.keysDir);
    if (servers !== null) await hub?.listen(servers, heedOfAppender(rooms, ...told));
  }
  try {
    await (joined ? startBeside() : startAlone());
    rooms.access.start();
    const address = await app.listen({ host: config.host, port: config.port });
    return { address, rooms, store, close: () => closeRooms().then(() => store.close()) };
  } catch (error) {
    // A taken port, say: what was started must not go on beside a store that is closed.
    await closeRooms();
    throw error;
  }
}
