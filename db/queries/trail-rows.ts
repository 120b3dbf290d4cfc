// What a page of the explorer shows of its entries: row, leaf and event, who the officer was then (R29), and their
// session as it went. Each is fetched once, however many entries share it, by queries prepared once: on the explorer's
// first page most of the time is theirs.
import { desc, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function trailRows(db: Db, t: Tables) {
  const { trail, officer, officerVersion, session } = t;

  const entries = db.prepared(
    'trail.entries',
    db
      .select({
        trail,
        // Not joins: see `withUnit` in voters.ts.
        leaf: sql<Buffer>`(select e.leaf from entry e where e.seq = trail.seq)`,
        json: sql<string | null>`(select v.json from event v where v.seq = trail.seq)`,
      })
      .from(trail)
      .where(db.among(trail.seq, 'seqs'))
      .orderBy(desc(trail.seq)),
  );
  const present = db.prepared(
    'trail.officers',
    db
      .select({
        id: officer.id,
        login: officer.login,
        surname: officer.surname,
        givenName: officer.givenName,
        patronymic: officer.patronymic,
      })
      .from(officer)
      .where(db.among(officer.id, 'ids')),
  );
  const past = db.prepared(
    'trail.officerVersions',
    db
      .select({
        id: officerVersion.officer,
        validFrom: officerVersion.validFrom,
        login: officerVersion.login,
        surname: officerVersion.surname,
        givenName: officerVersion.givenName,
        patronymic: officerVersion.patronymic,
      })
      .from(officerVersion)
      .where(db.among(officerVersion.officer, 'ids'))
      .orderBy(desc(officerVersion.officer), desc(officerVersion.version)),
  );
  /** When somebody last did something in it; one value of the index said twice, as in trail.ts. */
  const lastIn = db
    .select({ at: trail.at })
    .from(trail)
    .where(sql`${trail.session} in ("session"."id", "session"."id")`)
    .orderBy(desc(trail.session), desc(trail.seq))
    .limit(1);
  const sessions = db.prepared(
    'trail.sessions',
    db
      .select({
        id: session.id,
        startedAt: session.startedAt,
        endedAt: session.endedAt,
        seenAt: session.seenAt,
        lastAt: sql<number | null>`${lastIn}`,
      })
      .from(session)
      .where(db.among(session.id, 'ids')),
  );

  return {
    /** Newest first. The officer is as they were at the time; as they are now where the oldest record known is younger. */
    async rowsOf(seqs: readonly number[]) {
      if (seqs.length === 0) return [];
      const found = await entries({ seqs: db.list(seqs) });
      const ids = (of: (row: (typeof found)[number]) => string | null) => ({
        ids: db.list(distinct(found.map(of))),
      });
      const [then, during] = await Promise.all([
        past(ids((row) => row.trail.actor)),
        sessions(ids((row) => row.trail.session)),
      ]);
      const sessionOf = new Map(during.map((one) => [one.id, one]));
      // Newest version first.
      const versionsOf = Map.groupBy(then, (one) => one.id);
      const officerThen = ({ trail: { actor, at } }: (typeof found)[number]) =>
        versionsOf.get(actor ?? '')?.find((version) => version.validFrom <= at) ?? null;
      const unknown = found.filter((row) => row.trail.actor !== null && officerThen(row) === null);
      const now =
        unknown.length === 0
          ? []
          : await present({ ids: db.list(distinct(unknown.map((row) => row.trail.actor))) });
      const nowOf = new Map(now.map((one) => [one.id, one]));
      return found.map((row) => ({
        ...row,
        officer: officerThen(row) ?? nowOf.get(row.trail.actor ?? '') ?? null,
        session: sessionOf.get(row.trail.session ?? '') ?? null,
      }));
    },
  };
}

function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))];
}
