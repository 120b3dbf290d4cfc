// Queries of the commissions room.
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function commissionQueries(_db: Db, _t: Tables) {
  return {};
}
