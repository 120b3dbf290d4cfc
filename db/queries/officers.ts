// Queries of the officers room.
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function officerQueries(_db: Db, _t: Tables) {
  return {};
}
