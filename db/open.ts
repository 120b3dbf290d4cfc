// The door to storage for the server and the commands: one address, either engine.
import { openPostgresStore } from './postgres/open.ts';
import { openPostgresReadOnly } from './postgres/read-only.ts';
import { openSqliteStore } from './sqlite/open.ts';
import { openSqliteReadOnly } from './sqlite/read-only.ts';

export type { MaintainedStore, ReadOnlyStore, StoreOptions } from './opened.ts';

import type { MaintainedStore, ReadOnlyStore, StoreOptions } from './opened.ts';

/**
 * @param url `sqlite:PATH` or `postgres://…`
 * @throws AppenderBusy, DatabaseUnusable, LogRolledBack, LogDamaged (db/errors.ts), each with its next step
 */
export async function openStore(url: string, options: StoreOptions): Promise<MaintainedStore> {
  const place = placeOf(url);
  return place.engine === 'sqlite'
    ? openSqliteStore({ ...options, path: place.path })
    : openPostgresStore({ ...options, url: place.url });
}

/** For verification, export and reports; needs no key, takes no lock and changes nothing. */
export async function openReadOnly(url: string): Promise<ReadOnlyStore> {
  const place = placeOf(url);
  return place.engine === 'sqlite' ? openSqliteReadOnly(place.path) : openPostgresReadOnly(place.url);
}

type Place = { engine: 'sqlite'; path: string } | { engine: 'postgres'; url: string };

function placeOf(url: string): Place {
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length)
    return { engine: 'sqlite', path: url.slice(7) };
  if (/^postgres(ql)?:\/\//.test(url)) return { engine: 'postgres', url };
  throw new TypeError('a database address is sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME');
}
