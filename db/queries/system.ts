// Queries about the installation itself: what the database is, and whether anybody can log in.
import { count, eq, inArray, sql } from 'drizzle-orm';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function systemQueries(db: Db, { meta, officer }: Tables) {
  const byKey = db.prepared(
    'system.meta',
    db
      .select()
      .from(meta)
      .where(eq(meta.key, sql.placeholder('key'))),
  );
  return {
    /** A fact about this database (`demo`, `origin` …), or null. */
    async meta(key: string): Promise<string | null> {
      return (await byKey({ key }))[0]?.value ?? null;
    },
    /** Officers issued or active: none means the system was never set up. */
    async officers(): Promise<number> {
      const rows = await db
        .select({ n: count() })
        .from(officer)
        .where(inArray(officer.state, ['issued', 'active']));
      return Number(rows[0]!.n);
    },
  };
}
