// Queries of the audit room.
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function auditQueries(_db: Db, _t: Tables) {
  return {};
}
