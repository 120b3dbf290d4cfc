// The door to storage for the server and the commands: one address, either engine. What it loads, it loads when asked.
import './quick-load.ts';

export type { MaintainedStore, ReadOnlyStore, StoreOptions } from './opened.ts';
export type { Heed, HubHeed, SeveralState } from './relay/heed.ts';
export type { Hub } from './relay/hub.ts';
export type { JoinedStore } from './relay/join.ts';

import { tellingDamage } from './errors.ts';
import type { MaintainedStore, ReadOnlyStore, StoreOptions } from './opened.ts';
import type { JoinOptions } from './postgres/join.ts';
import type { Reader } from './reader.ts';
import type { Hub } from './relay/hub.ts';
import type { JoinedStore } from './relay/join.ts';

/**
 * @param url `sqlite:PATH` or `postgres://…`
 * @throws AppenderBusy, DatabaseUnusable, LogRolledBack, LogDamaged (db/errors.ts), each with its next step
 */
export async function openStore(url: string, options: StoreOptions): Promise<MaintainedStore> {
  return tellingDamage(async () => {
    const place = placeOf(url);
    // Only the engine that is used is loaded: the other costs half a second of every command's start.
    if (place.engine === 'sqlite') {
      const { openSqliteStore } = await import('./sqlite/open.ts');
      return openSqliteStore({ ...options, path: place.path });
    }
    const { openPostgresStore } = await import('./postgres/open.ts');
    return openPostgresStore({ ...options, url: place.url });
  });
}

/**
 * The store of a server that joins the one that writes to this database: that one writes for both.
 * @throws AppenderAway, DatabaseUnusable (db/errors.ts)
 */
export async function joinStore(url: string, options: JoinOptions): Promise<JoinedStore> {
  const place = placeOf(url);
  if (place.engine === 'sqlite')
    throw new TypeError('several servers share a PostgreSQL database; a SQLite file has one');
  const { joinPostgresStore } = await import('./postgres/join.ts');
  return joinPostgresStore(place.url, options);
}

/** Has other servers join the one that holds this store; what it does itself goes through the hub's store from then on. */
export async function openHub(
  store: MaintainedStore,
  own: Pick<JoinOptions, 'origin' | 'keys' | 'clock'>,
): Promise<Hub<MaintainedStore>> {
  const [{ openHub: open }, { schemaNumber }] = await Promise.all([
    import('./relay/hub.ts'),
    import('./postgres/migrate.ts'),
  ]);
  return open(store, { ...own, schema: schemaNumber() });
}

/** For verification, export and reports; needs no key, takes no lock and changes nothing. */
export async function openReadOnly(url: string): Promise<ReadOnlyStore> {
  return tellingDamage(async () => {
    const place = placeOf(url);
    if (place.engine === 'sqlite') {
      const { openSqliteReadOnly } = await import('./sqlite/read-only.ts');
      return openSqliteReadOnly(place.path);
    }
    const { openPostgresReadOnly } = await import('./postgres/read-only.ts');
    return openPostgresReadOnly(place.url);
  });
}

/** The rooms' queries alone, on a connection that cannot write; for threads beside the server. */
export async function openReader(url: string): Promise<{ reader: Reader; close(): Promise<void> }> {
  const place = placeOf(url);
  if (place.engine === 'sqlite') {
    const { openSqliteReader } = await import('./sqlite/read-only.ts');
    return openSqliteReader(place.path);
  }
  const { openPostgresReader } = await import('./postgres/read-only.ts');
  return openPostgresReader(place.url);
}

type Place = { engine: 'sqlite'; path: string } | { engine: 'postgres'; url: string };

function placeOf(url: string): Place {
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length)
    return { engine: 'sqlite', path: url.slice(7) };
  if (/^postgres(ql)?:\/\//.test(url)) return { engine: 'postgres', url };
  throw new TypeError('a database address is sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME');
}
