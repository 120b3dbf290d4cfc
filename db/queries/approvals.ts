// Queries of the approvals room.
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function approvalQueries(_db: Db, _t: Tables) {
  return {};
}
