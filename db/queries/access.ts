// Queries of the access room.
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function accessQueries(_db: Db, _t: Tables) {
  return {};
}
