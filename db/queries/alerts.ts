// Queries of the alerts room. Lists are scoped by the path of the smallest unit that covers an alert's events.
import { and, desc, eq, inArray, lt, or, type SQL, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { underPath } from '../scope.ts';

export interface AlertFilter {
  /** Path of the asking officer's unit: nothing outside it is listed. */
  path: string;
  state?: string;
  level?: string;
  /** Position after which the page begins. */
  after?: { createdAt: number; id: string };
  limit: number;
}

export function alertQueries(db: Db, t: Tables) {
  const { alert, alertStep, commission, officer } = t;
  const p = sql.placeholder;
  const byId = db.prepared(
    'alerts.byId',
    db
      .select({ alert, path: commission.path })
      .from(alert)
      .innerJoin(commission, eq(commission.code, alert.commission))
      .where(eq(alert.id, p('id'))),
  );
  const latest = db.prepared(
    'alerts.latest',
    db
      .select()
      .from(alert)
      .where(and(eq(alert.rule, p('rule')), eq(alert.entity, p('entity'))))
      .orderBy(desc(alert.createdAt), desc(alert.lastSeq))
      .limit(1),
  );
  const steps = db.prepared(
    'alerts.steps',
    db
      .select({
        version: alertStep.version,
        at: alertStep.at,
        action: alertStep.action,
        note: alertStep.note,
        officer: alertStep.officer,
        by: {
          login: officer.login,
          surname: officer.surname,
          givenName: officer.givenName,
          patronymic: officer.patronymic,
        },
      })
      .from(alertStep)
      .leftJoin(officer, eq(officer.id, alertStep.officer))
      .where(eq(alertStep.alert, p('alert')))
      .orderBy(alertStep.version),
  );

  return {
    /** The alert with its unit's path, or null. */
    async byId(id: string) {
      return (await byId({ id }))[0] ?? null;
    },
    /** The newest alert of a rule about the same entity, whatever its state. */
    async latest(rule: string, entity: string) {
      return (await latest({ rule, entity }))[0] ?? null;
    },
    /** Those of a rule that nobody looks into yet. */
    async untouched(rule: string) {
      return db
        .select()
        .from(alert)
        .where(and(eq(alert.rule, rule), inArray(alert.state, ['new', 'acknowledged'])));
    },
    /** What people did with it, oldest first. */
    async steps(id: string) {
      return steps({ alert: id });
    },
    /** Newest first; one row more than asked tells whether there is a next page. */
    async page({ path, state, level, after, limit }: AlertFilter) {
      const where: (SQL | undefined)[] = [underPath(commission.path, path)];
      if (state !== undefined) where.push(eq(alert.state, state));
      if (level !== undefined) where.push(eq(alert.level, level));
      if (after)
        where.push(
          or(
            lt(alert.createdAt, after.createdAt),
            and(eq(alert.createdAt, after.createdAt), lt(alert.id, after.id)),
          ),
        );
      return db
        .select({ alert, path: commission.path })
        .from(alert)
        .innerJoin(commission, eq(commission.code, alert.commission))
        .where(and(...where))
        .orderBy(desc(alert.createdAt), desc(alert.id))
        .limit(limit + 1);
    },
    /** Of these alerts, those under a path: what may be told to somebody who follows. */
    async within(ids: readonly string[], path: string) {
      if (ids.length === 0) return [];
      return db
        .select({ id: alert.id, rule: alert.rule, level: alert.level })
        .from(alert)
        .innerJoin(commission, eq(commission.code, alert.commission))
        .where(and(inArray(alert.id, [...ids]), underPath(commission.path, path)));
    },
    /** Logins and names of these officers. */
    async officers(ids: readonly string[]) {
      if (ids.length === 0) return [];
      return db
        .select({
          id: officer.id,
          login: officer.login,
          surname: officer.surname,
          givenName: officer.givenName,
          patronymic: officer.patronymic,
        })
        .from(officer)
        .where(inArray(officer.id, [...ids]));
    },
    /** Somebody by login who may be given alerts, with their unit's path. */
    async assignable(login: string) {
      const rows = await db
        .select({ id: officer.id, role: officer.role, state: officer.state, path: commission.path })
        .from(officer)
        .innerJoin(commission, eq(commission.code, officer.commission))
        .where(eq(officer.login, login));
      return rows[0] ?? null;
    },
  };
}
