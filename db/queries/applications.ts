// Queries of the applications room.
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function applicationQueries(_db: Db, _t: Tables) {
  return {};
}
