// Queries of the calendar room.
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function calendarQueries(_db: Db, _t: Tables) {
  return {};
}
