// Queries of the alerts room.
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function alertQueries(_db: Db, _t: Tables) {
  return {};
}
