// Queries of the applications room, scoped by the precinct's path.
import {
  and,
  asc,
  count,
  desc,
  eq,
  inArray,
  isNotNull,
  lt,
  ne,
  notInArray,
  type SQL,
  sql,
} from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { underPath } from '../scope.ts';

export interface ApplicationFilter {
  path: string;
  state?: string;
  precinct?: string;
  voter?: string;
  /** Only those due before this day and not answered. */
  overdueOn?: string;
  after?: { createdAt: number; id: string };
  limit: number;
}

/** What the one who takes an application in does; none of them decides it. */
const intakeActions = ['create', 'check-identity', 'receive', 'enter'];

/** States in which nothing is owed any more. */
export const answeredStates = ['replied', 'archived', 'withdrawn', 'redirected', 'late'];

export function applicationQueries(db: Db, t: Tables) {
  const { application, applicationStep, approval, attachment, block, commission, officer } = t;
  const byId = db.prepared(
    'applications.byId',
    db
      .select({ application, path: commission.path })
      .from(application)
      .innerJoin(commission, eq(commission.code, application.precinct))
      .where(eq(application.id, sql.placeholder('id'))),
  );
  const byCoupon = db.prepared(
    'applications.byCoupon',
    db
      .select()
      .from(application)
      .where(eq(application.coupon, sql.placeholder('coupon'))),
  );
  const byNumber = db.prepared(
    'applications.byNumber',
    db
      .select({ id: application.id })
      .from(application)
      .where(eq(application.number, sql.placeholder('number'))),
  );
  const steps = db.prepared(
    'applications.steps',
    db
      .select({
        at: applicationStep.at,
        action: applicationStep.action,
        state: applicationStep.state,
        entry: applicationStep.entry,
        login: officer.login,
        surname: officer.surname,
        givenName: officer.givenName,
        patronymic: officer.patronymic,
      })
      .from(applicationStep)
      .innerJoin(officer, eq(officer.id, applicationStep.officer))
      .where(eq(applicationStep.application, sql.placeholder('application')))
      .orderBy(asc(applicationStep.version)),
  );
  const intake = db.prepared(
    'applications.intake',
    db
      .select({ officer: applicationStep.officer })
      .from(applicationStep)
      .where(
        and(
          eq(applicationStep.application, sql.placeholder('application')),
          inArray(applicationStep.action, intakeActions),
        ),
      ),
  );
  const owed = db.prepared(
    'applications.owed',
    db
      .select({
        id: application.id,
        atTerritoryAt: sql<number>`${application.atTerritoryAt}`.mapWith(Number),
        dueOn: application.dueOn,
      })
      .from(application)
      .where(and(isNotNull(application.atTerritoryAt), notInArray(application.state, answeredStates))),
  );
  const blocksOf = db.prepared(
    'applications.blocksOf',
    db
      .select()
      .from(block)
      .where(eq(block.voter, sql.placeholder('voter')))
      .orderBy(asc(block.since)),
  );
  const approvalById = db.prepared(
    'applications.approvalById',
    db
      .select()
      .from(approval)
      .where(eq(approval.id, sql.placeholder('id'))),
  );

  const attachmentsOf = db.prepared(
    'applications.attachmentsOf',
    db
      .select({
        id: attachment.id,
        application: attachment.application,
        sha256: attachment.sha256,
        mediaType: attachment.mediaType,
        size: attachment.size,
        shelf: attachment.shelf,
        addedAt: attachment.addedAt,
        addedBy: attachment.addedBy,
        surname: officer.surname,
        givenName: officer.givenName,
        patronymic: officer.patronymic,
      })
      .from(attachment)
      .innerJoin(officer, eq(officer.id, attachment.addedBy))
      .where(eq(attachment.application, sql.placeholder('application')))
      .orderBy(asc(attachment.addedAt), asc(attachment.id)),
  );
  const attachmentOf = db.prepared(
    'applications.attachment',
    db
      .select()
      .from(attachment)
      .where(
        and(
          eq(attachment.application, sql.placeholder('application')),
          eq(attachment.id, sql.placeholder('id')),
        ),
      ),
  );

  return {
    /** The application with its precinct's path, or null. */
    async byId(id: string) {
      return (await byId({ id }))[0] ?? null;
    },
    async hasNumber(number: string): Promise<boolean> {
      return (await byNumber({ number })).length > 0;
    },
    async byCoupon(coupon: string) {
      return (await byCoupon({ coupon }))[0] ?? null;
    },
    async steps(id: string) {
      return steps({ application: id });
    },
    /** Ids of everybody who had a hand in taking the application in. */
    async intakeOf(id: string): Promise<ReadonlySet<string>> {
      return new Set((await intake({ application: id })).map((row) => row.officer));
    },
    /** Every application that has reached a territory and is not answered, with its due day. */
    async owed() {
      return owed();
    },
    /** Every block of a voter, open and lifted, oldest first. */
    async blocksOf(voter: string) {
      return blocksOf({ voter });
    },
    async approvalById(id: string) {
      return (await approvalById({ id }))[0] ?? null;
    },
    /** What is attached, oldest first, without the documents themselves. */
    async attachmentsOf(id: string) {
      return attachmentsOf({ application: id });
    },
    /** One document with its sealed content, or null where it is none of this application's. */
    async attachment(application: string, id: string) {
      return (await attachmentOf({ application, id }))[0] ?? null;
    },
    /**
     * How many other applications, under the path, were handed in with a document.
     * @param indexes what its number may stand as (blind index), under every key held
     */
    async withDocument(indexes: string[], except: string, path: string): Promise<number> {
      const [row] = await db
        .select({ n: count() })
        .from(application)
        .innerJoin(commission, eq(commission.code, application.precinct))
        .where(
          and(
            inArray(application.passportIndex, indexes),
            ne(application.id, except),
            underPath(commission.path, path),
          ),
        );
      return Number(row!.n);
    },
    /** Newest first, under the filter's path. */
    async page(filter: ApplicationFilter) {
      const where: SQL[] = [
        inArray(
          application.precinct,
          db
            .select({ code: commission.code })
            .from(commission)
            .where(underPath(commission.path, filter.path)),
        ),
      ];
      if (filter.state) where.push(eq(application.state, filter.state));
      if (filter.voter) where.push(eq(application.voter, filter.voter));
      if (filter.precinct) where.push(eq(application.precinct, filter.precinct));
      if (filter.overdueOn)
        where.push(
          isNotNull(application.dueOn),
          lt(application.dueOn, filter.overdueOn),
          notInArray(application.state, answeredStates),
        );
      if (filter.after)
        where.push(
          sql`(${application.createdAt}, ${application.id}) < (${filter.after.createdAt}, ${filter.after.id})`,
        );
      return await db
        .select({ application, path: commission.path })
        .from(application)
        .innerJoin(commission, eq(commission.code, application.precinct))
        .where(and(...where))
        .orderBy(desc(application.createdAt), desc(application.id))
        .limit(filter.limit);
    },
  };
}
