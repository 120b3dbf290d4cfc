// A rig over either engine for tests that claim something of both.
import { testDatabase } from '#db/conformance/postgres.ts';
import { type MaintainedStore, openStore } from '#db/open.ts';
import { openConsole, type RigOptions } from './console-rig.ts';

export const engines = ['sqlite', 'postgres'] as const;
type Engine = (typeof engines)[number];
type Wrap = (store: MaintainedStore) => MaintainedStore;

/** @param wrap stands between the rooms and the store */
export const openOn = (engine: Engine, options: RigOptions = {}, wrap?: Wrap) =>
  openRigOn(engine, (openWith) => openConsole({ ...options, openWith }), wrap);

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
