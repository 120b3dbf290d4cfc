// A rig over either engine for tests that claim something of both.
import { testDatabase } from '#db/conformance/postgres.ts';
import { joinStore, type MaintainedStore, openHub, openStore } from '#db/open.ts';
import type { Store } from '#db/store.ts';
import { heedOfAppender } from '#server/several.ts';
import { openConsole, type RigOptions } from './console-rig.ts';

export const engines = ['sqlite', 'postgres'] as const;
/** Where acts race: also between two servers of one database, which take the requests by turns. */
export const settings = [...engines, 'two servers on postgres'] as const;
type Engine = (typeof engines)[number];
type Wrap = <S extends Store>(store: S) => S;

/** @param wrap stands between the rooms and the store; of each server, where there are two */
export const openOn = (on: (typeof settings)[number], options: RigOptions = {}, wrap?: Wrap) =>
  on === 'two servers on postgres'
    ? openTwo(options, wrap)
    : openRigOn(on, (openWith) => openConsole({ ...options, openWith }), wrap);

async function openTwo(options: RigOptions, wrap: Wrap = (store) => store) {
  const { url, drop } = await testDatabase();
  let hub: Awaited<ReturnType<typeof openHub>>;
  const rig = await openConsole({
    ...options,
    async openWith(settings) {
      hub = await openHub(await openStore(url, settings), settings.origin);
      return wrap(hub.store);
    },
    async join(first, keys, clock) {
      const socket = `${keys.headFile}.sock`;
      const fail = (error: unknown) => {
        throw error;
      };
      await hub.listen(socket, heedOfAppender(first, fail));
      return wrap(await joinStore(url, { origin: keys.origin, socket, clock }));
    },
  });
  return {
    rig,
    url,
    async close() {
      await hub.close();
      await rig.close();
      await drop();
    },
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
