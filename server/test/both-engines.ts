// A console over either engine for tests that claim something of both; PostgreSQL runs for as long as the rig is open.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MaintainedStore, openStore } from '#db/open.ts';
import { startEmbeddedPostgres } from '#db/postgres/embedded.ts';
import { type ConsoleRig, openConsole, type RigOptions } from './console-rig.ts';

export const engines = ['sqlite', 'postgres'] as const;

let databases = 0;

/** @param wrap stands between the rooms and the store */
export async function openOn(
  engine: (typeof engines)[number],
  options: RigOptions = {},
  wrap: (store: MaintainedStore) => MaintainedStore = (store) => store,
): Promise<{ rig: ConsoleRig; close(): Promise<void> }> {
  if (engine === 'sqlite') {
    const rig = await openConsole({
      ...options,
      openWith: async (settings) => {
        const path = settings.headFile.replace(/keys\/log-head$/, 'kuzot.sqlite');
        return wrap(await openStore(`sqlite:${path}`, { ...settings, create: true }));
      },
    });
    return { rig, close: () => rig.close() };
  }
  const name = `rig_${process.pid}_${databases++}`;
  // Its folder must be passable for the user PostgreSQL runs as.
  const server = await startEmbeddedPostgres({ dataDir: join(tmpdir(), `kuzot-${name}`), persistent: false });
  const url = await server.database(name);
  const rig = await openConsole({
    ...options,
    openWith: async (settings) => wrap(await openStore(url, settings)),
  });
  return {
    rig,
    async close() {
      await rig.close();
      await server.stop();
    },
  };
}
