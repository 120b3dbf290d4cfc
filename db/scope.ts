// Conditions that keep a query inside the caller's units. Scoping happens in SQL, with these, never by filtering rows
// afterwards.
import { and, type Column, gte, lt, type SQL, sql } from '#db/drizzle.ts';

/**
 * Units at and below `path` (`/CEC/TEC-12/`): one index range, since every path ends in `/` and text is compared by
 * bytes on both engines. For prepared queries pass placeholders made by `pathRange`'s keys.
 */
export function underPath(column: Column, path: string): SQL {
  const { from, until } = pathRange(path);
  return and(gte(column, from), lt(column, until))!;
}

/** The same for a prepared query: run it with `pathRange(path)` among its values. */
export function underPathPrepared(column: Column): SQL {
  return and(gte(column, sql.placeholder('from')), lt(column, sql.placeholder('until')))!;
}

/** @throws RangeError for a path that does not end in `/`: its range would take in its neighbours. */
export function pathRange(path: string): { from: string; until: string } {
  if (!path.endsWith('/')) throw new RangeError('a unit path ends in a slash');
  return { from: path, until: `${path.slice(0, -1)}0` };
}
