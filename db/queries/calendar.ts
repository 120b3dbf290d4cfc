// Queries of the calendar room.
import { asc, desc, eq, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function calendarQueries(db: Db, { election, calendarDate }: Tables) {
  const open = db.prepared(
    'calendar.open',
    db.select().from(election).where(eq(election.state, 'open')).orderBy(desc(election.votingDay)).limit(1),
  );
  const dates = db.prepared(
    'calendar.dates',
    db
      .select()
      .from(calendarDate)
      .where(eq(calendarDate.election, sql.placeholder('election')))
      .orderBy(asc(calendarDate.onDay)),
  );
  return {
    /** The election being prepared, with its explicit dates, or null. */
    async current() {
      const [current] = await open();
      return current ? { election: current, dates: await dates({ election: current.id }) } : null;
    },
  };
}
