// A console over either engine for tests that claim something of both.
import { testDatabase } from '#db/conformance/postgres.ts';
import { type MaintainedStore, openStore } from '#db/open.ts';
import { type ConsoleRig, openConsole, type RigOptions } from './console-rig.ts';

export const engines = ['sqlite', 'postgres'] as const;

/** @param wrap stands between the rooms and the store */
export async function openOn(
  engine: (typeof engines)[number],
  options: RigOptions = {},
  wrap: (store: MaintainedStore) => MaintainedStore = (store) => store,
): Promise<{ rig: ConsoleRig; url: string; close(): Promise<void> }> {
  if (engine === 'sqlite') {
    const rig = await openConsole({
      ...options,
      openWith: async (settings) => {
        const path = settings.headFile.replace(/keys\/log-head$/, 'kuzot.sqlite');
        return wrap(await openStore(`sqlite:${path}`, { ...settings, create: true }));
      },
    });
    return { rig, url: `sqlite:${rig.path}`, close: () => rig.close() };
  }
  const { url, drop } = await testDatabase();
  const rig = await openConsole({
    ...options,
    openWith: async (settings) => wrap(await openStore(url, settings)),
  });
  return {
    rig,
    url,
    async close() {
      await rig.close();
      await drop();
    },
  };
}
