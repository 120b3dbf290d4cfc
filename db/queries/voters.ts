// Queries of the voters room. Every list is scoped by unit path in SQL; a prefix is a range of the folded name, never LIKE.
import { and, asc, eq, gte, inArray, isNull, lt, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { pathRange, underPathPrepared } from '../scope.ts';

/** Counts stop here: beyond it a search is too broad to read anyway. */
export const countLimit = 500;

export function voterQueries(db: Db, t: Tables) {
  const { voter, voterVersion, commission, block, application, officer, alert, surname } = t;
  const p = sql.placeholder;

  // Every look at a voter asks one of these. A subselect, not a join: SQLite plans a join with parameters anew at each
  // execution (18 µs against 4).
  const withUnit = {
    voter,
    path: sql<string | null>`(select c.path from commission c where c.code = voter.precinct)`,
  };
  const byId = db.prepared(
    'voters.byId',
    db
      .select(withUnit)
      .from(voter)
      .where(eq(voter.id, p('id'))),
  );
  const byPin = db.prepared(
    'voters.byPin',
    db
      .select(withUnit)
      .from(voter)
      .where(eq(voter.pin, p('pin'))),
  );

  const inUnit = inArray(
    voter.precinct,
    db.select({ code: commission.code }).from(commission).where(underPathPrepared(commission.path)),
  );
  const matching = and(
    inUnit,
    gte(voter.fold, p('foldFrom')),
    lt(voter.fold, p('foldUntil')),
    eq(voter.status, 'listed'),
  );
  const page = db.prepared(
    'voters.page',
    db
      .select()
      .from(voter)
      .where(and(matching, sql`(${voter.fold}, ${voter.id}) > (${p('afterFold')}, ${p('afterId')})`))
      .orderBy(asc(voter.fold), asc(voter.id))
      .limit(p('limit')),
  );
  const counted = db
    .select({ one: sql`1`.as('one') })
    .from(voter)
    .where(matching)
    .limit(countLimit + 1)
    .as('counted');
  const count = db.prepared(
    'voters.count',
    db.select({ n: sql<number>`count(*)`.mapWith(Number) }).from(counted),
  );

  const ofPrecinct = db.prepared(
    'voters.ofPrecinct',
    db
      .select()
      .from(voter)
      .where(and(eq(voter.precinct, p('precinct')), eq(voter.status, 'listed')))
      .orderBy(asc(voter.fold), asc(voter.id)),
  );
  const countOfPrecinct = db.prepared(
    'voters.countOfPrecinct',
    db
      .select({ n: sql<number>`count(*)`.mapWith(Number) })
      .from(voter)
      .where(and(eq(voter.precinct, p('precinct')), eq(voter.status, 'listed'))),
  );

  const openBlocks = db.prepared(
    'voters.openBlocks',
    db
      .select({ application: block.application, since: block.since })
      .from(block)
      .where(and(eq(block.voter, p('voter')), isNull(block.until))),
  );
  const blockedIn = db.prepared(
    'voters.blockedIn',
    db
      .selectDistinct({ voter: block.voter })
      .from(block)
      .innerJoin(voter, eq(voter.id, block.voter))
      .where(and(eq(voter.precinct, p('precinct')), isNull(block.until))),
  );
  const caseById = db.prepared(
    'voters.caseById',
    db
      .select({
        id: application.id,
        voter: application.voter,
        state: application.state,
        outcome: application.outcome,
      })
      .from(application)
      .where(eq(application.id, p('id'))),
  );
  const versions = db.prepared(
    'voters.versions',
    db
      .select({
        version: voterVersion.version,
        row: voterVersion.row,
        replacedAt: voterVersion.replacedAt,
        application: voterVersion.application,
        entry: voterVersion.entry,
        by: {
          id: officer.id,
          login: officer.login,
          surname: officer.surname,
          givenName: officer.givenName,
          patronymic: officer.patronymic,
        },
      })
      .from(voterVersion)
      .leftJoin(officer, eq(officer.id, voterVersion.replacedBy))
      .where(eq(voterVersion.voter, p('voter')))
      .orderBy(asc(voterVersion.version)),
  );
  const alertAbout = db.prepared(
    'voters.alertAbout',
    db
      .select({ id: alert.id })
      .from(alert)
      .innerJoin(commission, eq(commission.code, alert.commission))
      .where(and(eq(alert.voter, p('voter')), underPathPrepared(commission.path)))
      .limit(1),
  );
  const surnames = db.prepared('voters.surnames', db.select({ fold: surname.fold }).from(surname));

  /** A voter of an unknown precinct lies in nobody's jurisdiction: not there. */
  const located = <V>([row]: { voter: V; path: string | null }[]) =>
    row && row.path !== null ? { voter: row.voter, path: row.path } : null;

  return {
    /** The current row with its precinct's path, or null. */
    async byId(id: string) {
      return located(await byId({ id }));
    },
    async byPin(pin: string) {
      return located(await byPin({ pin }));
    },
    /** Listed voters under `path` whose folded name starts with `prefix`, in order, after a position. */
    async page(path: string, prefix: string, after: { fold: string; id: string } | null, limit: number) {
      return page({
        ...pathRange(path),
        foldFrom: prefix,
        foldUntil: `${prefix}\u{10ffff}`,
        afterFold: after?.fold ?? '',
        afterId: after?.id ?? '',
        limit,
      });
    },
    /** How many of them there are, at most `countLimit` + 1. */
    async count(path: string, prefix: string) {
      const rows = await count({ ...pathRange(path), foldFrom: prefix, foldUntil: `${prefix}\u{10ffff}` });
      return rows[0]!.n;
    },
    async ofPrecinct(precinct: string) {
      return ofPrecinct({ precinct });
    },
    async countOfPrecinct(precinct: string) {
      return (await countOfPrecinct({ precinct }))[0]!.n;
    },
    /** Blocks in force, oldest first (R12): a handful, so sorted here; SQLite would build an index for it each time. */
    async openBlocks(voterId: string) {
      return (await openBlocks({ voter: voterId })).sort((a, b) => a.since - b.since);
    },
    /** Ids of the precinct's blocked voters: left out of exports, kept on certified lists. */
    async blockedIn(precinct: string) {
      return new Set((await blockedIn({ precinct })).map((row) => row.voter));
    },
    async caseById(id: string) {
      return (await caseById({ id }))[0] ?? null;
    },
    /** Superseded versions, oldest first, with who replaced them. */
    async versions(voterId: string) {
      return versions({ voter: voterId });
    },
    /** Whether an alert visible under `path` is about this voter. */
    async hasAlertUnder(voterId: string, path: string) {
      return (await alertAbout({ voter: voterId, ...pathRange(path) })).length > 0;
    },
    /** Distinct folded surnames: the typo dictionary's source. */
    async surnames() {
      return (await surnames()).map((row) => row.fold);
    },
  };
}
