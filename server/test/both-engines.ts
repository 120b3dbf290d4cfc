// A rig over either engine for tests that claim something of both.
import { testDatabase } from '#db/conformance/postgres.ts';
import { origin as logName, type Place } from '#db/conformance/rig.ts';
import {
  type Hub,
  type HubHeed,
  type JoinedStore,
  joinStore,
  type MaintainedStore,
  openHub,
  openStore,
} from '#db/open.ts';
import type { Store } from '#db/store.ts';
import { heedOfAppender } from '#server/several.ts';
import { openConsole, type RigOptions } from './console-rig.ts';

export const engines = ['sqlite', 'postgres'] as const;
/** Where acts race: on PostgreSQL between two servers of one database, which take the requests by turns. */
export const settings = ['sqlite', 'two servers on postgres'] as const;
type Engine = (typeof engines)[number];
type Setting = Engine | (typeof settings)[number];
type Wrap = <S extends Store>(store: S) => S;

/** @param wrap stands between the rooms and the store; of each server, where there are two */
export const openOn = (on: Setting, options: RigOptions = {}, wrap?: Wrap) =>
  on === 'two servers on postgres'
    ? openTwo(options, wrap)
    : openRigOn(on, (openWith) => openConsole({ ...options, openWith }), wrap);

async function openTwo(options: RigOptions, wrap: Wrap = (store) => store) {
  const { url, drop } = await testDatabase();
  const pair = pairOn(url);
  const rig = await openConsole({
    ...options,
    openWith: async (settings) => wrap(await pair.first(await openStore(url, settings), settings.origin)),
    join: async (first, keys, clock, onFault) =>
      wrap(await pair.second(heedOfAppender(first, onFault), `${keys.headFile}.sock`, clock)),
  });
  return {
    rig,
    url,
    async close() {
      await pair.close();
      await rig.close();
      await drop();
    },
  };
}

/** The same for the small console of access-rig.ts, over a place of the databases' own rig. */
export function placeOn(on: Setting, place: Place, wrap: Wrap) {
  const { sql } = place;
  if (on !== 'two servers on postgres')
    return { sql, open: async (options: { clock: () => number }) => wrap(await place.open(options)) };
  const pair = pairOn(place.url);
  return {
    sql,
    open: async (options: { clock: () => number }) =>
      wrap(await pair.first(await place.open(options), logName)),
    join: async (...settings: Parameters<typeof pair.second>) => wrap(await pair.second(...settings)),
  };
}

/** The stores of two servers of one database: the first writes, the second joins it. */
export function pairOn(url: string) {
  let hub: Hub<MaintainedStore>;
  let origin: string;
  return {
    async first(store: MaintainedStore, logName: string): Promise<MaintainedStore> {
      origin = logName;
      hub = await openHub(store, { origin, keys: 'test', clock: () => 0 });
      return hub.store;
    },
    async second(heed: HubHeed, socket: string, clock: () => number): Promise<JoinedStore> {
      await hub.listen(socket, heed);
      return joinStore(url, { origin, keys: 'test', socket, clock });
    },
    close: () => hub.close(),
  };
}

/** @param open opens the rig over a store that is opened so */
export async function openRigOn<Rig extends { path: string; close(): Promise<void> }>(
  engine: Engine,
  open: (openWith: NonNullable<RigOptions['openWith']>) => Promise<Rig>,
  wrap: Wrap = (store) => store,
): Promise<{ rig: Rig; url: string; close(): Promise<void> }> {
  if (engine === 'sqlite') {
    const rig = await open(async (settings) => {
      const path = settings.headFile.replace(/keys\/log-head$/, 'kuzot.sqlite');
      return wrap(await openStore(`sqlite:${path}`, { ...settings, create: true }));
    });
    return { rig, url: `sqlite:${rig.path}`, close: () => rig.close() };
  }
  const { url, drop } = await testDatabase();
  const rig = await open(async (settings) => wrap(await openStore(url, settings)));
  return {
    rig,
    url,
    async close() {
      await rig.close();
      await drop();
    },
  };
}
