// Queries of the voters room.
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function voterQueries(_db: Db, _t: Tables) {
  return {};
}
