// Queries of the officers room. Lists are scoped by unit path in SQL.
import { and, asc, desc, eq, gt, gte, inArray, lte, max, ne, or, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { underPath } from '../scope.ts';

export interface OfficerFilter {
  /** Path of the asking officer's unit: nothing outside it is listed or counted. */
  path: string;
  state?: string;
  role?: string;
  commission?: string;
  /** Clearances whose last day is this ISO date or before. */
  clearedUntil?: string;
  /** Hash of the briefing in force, and whether those who signed it are wanted or the others. */
  briefing?: { hash: string; signed: boolean };
  /** ISO date: on leave that day. */
  absentOn?: string;
  /** Id of the last officer of the page before. */
  after?: string;
  limit: number;
}

/** Paths of a unit and of every unit above it. */
function upwardsOf(path: string): string[] {
  const parts = path.split('/').filter(Boolean);
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}/`);
}

export function officerQueries(db: Db, t: Tables) {
  const byId = db.prepared(
    'officers.byId',
    db
      .select({ officer: t.officer, path: t.commission.path })
      .from(t.officer)
      .innerJoin(t.commission, eq(t.commission.code, t.officer.commission))
      .where(eq(t.officer.id, sql.placeholder('id'))),
  );
  const byLogin = db.prepared(
    'officers.byLogin',
    db
      .select({ id: t.officer.id })
      .from(t.officer)
      .where(eq(t.officer.login, sql.placeholder('login'))),
  );
  const history = db.prepared(
    'officers.history',
    db
      .select()
      .from(t.officerVersion)
      .where(eq(t.officerVersion.officer, sql.placeholder('officer')))
      .orderBy(desc(t.officerVersion.version))
      .limit(100),
  );
  const logins = db.prepared(
    'officers.logins',
    db
      .select({ id: t.officer.id, login: t.officer.login, role: t.officer.role })
      .from(t.officer)
      .orderBy(asc(t.officer.login)),
  );

  const { id, login, surname, givenName, patronymic, role, commission } = t.officer;
  const { state, clearanceOrder, clearanceUntil, absentFrom, absentUntil } = t.officer;
  /** What policies and people need to know of somebody who is not asking. */
  const duty = {
    id,
    login,
    surname,
    givenName,
    patronymic,
    role,
    commission,
    state,
    clearanceOrder,
    clearanceUntil,
    absentFrom,
    absentUntil,
    passwordTemporary: t.officer.passwordTemporary,
    createdBy: t.officer.createdBy,
    activatedBy: t.officer.activatedBy,
    version: t.officer.version,
    dutyMac: t.officer.dutyMac,
  };

  function scoped({ path, state, role, commission, clearedUntil, briefing, absentOn }: OfficerFilter) {
    const signed =
      briefing && sql`${t.officer.briefingHash} is not null and ${t.officer.briefingHash} = ${briefing.hash}`;
    return and(
      underPath(t.commission.path, path),
      state === undefined ? undefined : eq(t.officer.state, state),
      role === undefined ? undefined : eq(t.officer.role, role),
      commission === undefined ? undefined : eq(t.officer.commission, commission),
      clearedUntil === undefined ? undefined : lte(t.officer.clearanceUntil, clearedUntil),
      briefing && signed ? (briefing.signed ? signed : sql`not (${signed})`) : undefined,
      absentOn === undefined
        ? undefined
        : and(lte(t.officer.absentFrom, absentOn), gte(t.officer.absentUntil, absentOn)),
    );
  }

  return {
    /** The officer with the path of the unit it belongs to; null for an unknown id. */
    async byId(id: string) {
      return (await byId({ id }))[0] ?? null;
    },
    async loginTaken(login: string): Promise<boolean> {
      return (await byLogin({ login })).length > 0;
    },
    /** Name, login, role, unit and state as they were, newest first. */
    async history(officer: string) {
      return history({ officer });
    },
    /** Active officers of a unit and of every unit above it: those who may come to decide on what lies there. */
    async upwards(path: string) {
      return db
        .select({ ...duty, path: t.commission.path })
        .from(t.officer)
        .innerJoin(t.commission, eq(t.commission.code, t.officer.commission))
        .where(and(inArray(t.commission.path, upwardsOf(path)), eq(t.officer.state, 'active')))
        .orderBy(asc(t.officer.login));
    },
    /** Role and unit path of those who were active there at a time, whatever has become of them. @param at epoch ms */
    async satUpwards(path: string, at: number) {
      const { officer, version, validFrom, role, commission, state } = t.officerVersion;
      const newest = db
        .select({ officer, version: max(version).as('newest') })
        .from(t.officerVersion)
        .where(lte(validFrom, at))
        .groupBy(officer)
        .as('as_it_was');
      return db
        .select({ role, path: t.commission.path })
        .from(t.officerVersion)
        .innerJoin(newest, and(eq(newest.officer, officer), eq(newest.version, version)))
        .innerJoin(t.commission, eq(t.commission.code, commission))
        .where(and(inArray(t.commission.path, upwardsOf(path)), eq(state, 'active')));
    },
    /** Everybody, for commands that name an officer; never behind a route. */
    async everyLogin() {
      return logins();
    },
    /** By surname, then id; one row more than asked tells whether there is a next page. */
    async page(filter: OfficerFilter) {
      const last =
        filter.after === undefined ? null : ((await byId({ id: filter.after }))[0]?.officer ?? null);
      const beyond = last
        ? or(
            gt(t.officer.surname, last.surname),
            and(eq(t.officer.surname, last.surname), gt(t.officer.id, last.id)),
          )
        : undefined;
      return db
        .select({
          id: t.officer.id,
          login: t.officer.login,
          surname: t.officer.surname,
          givenName: t.officer.givenName,
          patronymic: t.officer.patronymic,
          role: t.officer.role,
          commission: t.officer.commission,
          state: t.officer.state,
          clearanceUntil: t.officer.clearanceUntil,
          absentFrom: t.officer.absentFrom,
          absentUntil: t.officer.absentUntil,
          briefingVersion: t.officer.briefingVersion,
          briefingHash: t.officer.briefingHash,
          version: t.officer.version,
        })
        .from(t.officer)
        .innerJoin(t.commission, eq(t.commission.code, t.officer.commission))
        .where(and(scoped(filter), beyond))
        .orderBy(asc(t.officer.surname), asc(t.officer.id))
        .limit(filter.limit + 1);
    },
    /** Briefings an officer signed, newest first. */
    async signatures(officer: string) {
      return db
        .select()
        .from(t.briefingSignature)
        .where(eq(t.briefingSignature.officer, officer))
        .orderBy(desc(t.briefingSignature.signedAt))
        .limit(50);
    },
    /** What lies with an officer and somebody else must take over: references only, a hundred of each. */
    async openWork(officer: string) {
      const [alerts, samples, applications] = await Promise.all([
        db
          .select({ id: t.alert.id, rule: t.alert.rule })
          .from(t.alert)
          .where(and(eq(t.alert.assignee, officer), ne(t.alert.state, 'closed')))
          .orderBy(asc(t.alert.createdAt))
          .limit(100),
        db
          .select({ sample: t.sampleItem.sample, seq: t.sampleItem.seq })
          .from(t.sampleItem)
          .where(
            or(
              and(eq(t.sampleItem.state, 'open'), eq(t.sampleItem.reviewer, officer)),
              and(eq(t.sampleItem.state, 'to-sign'), eq(t.sampleItem.signer, officer)),
            ),
          )
          .orderBy(asc(t.sampleItem.sample), asc(t.sampleItem.seq))
          .limit(100),
        db
          .select({ number: t.application.number, state: t.application.state })
          .from(t.application)
          .where(
            or(
              and(
                eq(t.application.reviewedBy, officer),
                inArray(t.application.state, ['in-review', 'needs-information', 'approved', 'refused']),
              ),
              and(
                eq(t.application.takenBy, officer),
                inArray(t.application.state, ['draft', 'identity-checked', 'received']),
              ),
            ),
          )
          .orderBy(asc(t.application.createdAt))
          .limit(100),
      ]);
      return { alerts, samples, applications };
    },
    async count(filter: OfficerFilter): Promise<number> {
      const rows = await db
        .select({ n: sql<number>`count(*)` })
        .from(t.officer)
        .innerJoin(t.commission, eq(t.commission.code, t.officer.commission))
        .where(scoped(filter));
      return Number(rows[0]?.n ?? 0);
    },
  };
}
