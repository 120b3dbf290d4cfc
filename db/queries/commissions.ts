// Queries of the commissions room.
import { asc, eq, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { pathRange, underPathPrepared } from '../scope.ts';

export function commissionQueries(db: Db, t: Tables) {
  const byCode = db.prepared(
    'commissions.byCode',
    db
      .select()
      .from(t.commission)
      .where(eq(t.commission.code, sql.placeholder('code'))),
  );
  const underPath = db.prepared(
    'commissions.underPath',
    db
      .select()
      .from(t.commission)
      .where(underPathPrepared(t.commission.path))
      .orderBy(asc(t.commission.path)),
  );
  const { code, level, parent, path, mac } = t.commission;
  const placesUnder = db.prepared(
    'commissions.placesUnder',
    db
      .select({ code, level, parent, path, mac })
      .from(t.commission)
      .where(underPathPrepared(path))
      .orderBy(asc(path)),
  );
  const all = db.prepared('commissions.all', db.select().from(t.commission).orderBy(asc(t.commission.path)));

  return {
    async byCode(code: string) {
      return (await byCode({ code }))[0] ?? null;
    },
    /** The unit with this path and every unit below it, parents first. */
    async underPath(path: string) {
      return underPath(pathRange(path));
    },
    /** Where these hang, without their names. */
    async placesUnder(path: string) {
      return placesUnder(pathRange(path));
    },
    /** The whole tree, parents first. */
    async all() {
      return all();
    },
  };
}
