// Queries of the campaigns room.
import { and, desc, eq, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { underPath } from '../scope.ts';

export function campaignQueries(db: Db, t: Tables) {
  const all = db.prepared(
    'campaigns.all',
    db.select().from(t.campaign).orderBy(desc(t.campaign.opensOn), desc(t.campaign.id)).limit(50),
  );
  return {
    /** The last fifty, newest first. Older ones ask nothing any more: every password has been changed since. */
    async all() {
      return all({});
    },
    async byId(id: string) {
      return (await db.select().from(t.campaign).where(eq(t.campaign.id, id)))[0] ?? null;
    },
    /** When everybody with an account in use under a unit last set their password; a precinct counts at the unit over it. */
    async passwords(path: string) {
      return db
        .select({
          id: t.officer.id,
          login: t.officer.login,
          surname: t.officer.surname,
          givenName: t.officer.givenName,
          patronymic: t.officer.patronymic,
          role: t.officer.role,
          commission: t.officer.commission,
          passwordSetAt: t.officer.passwordSetAt,
          territory: sql<string>`case when ${t.commission.level} = 'PEC' then coalesce(${t.commission.parent}, ${t.commission.code}) else ${t.commission.code} end`,
        })
        .from(t.officer)
        .innerJoin(t.commission, eq(t.commission.code, t.officer.commission))
        .where(and(eq(t.officer.state, 'active'), underPath(t.commission.path, path)));
    },
  };
}
