// Queries of the approvals room. An officer sees what they asked for; approvers see what lies at or under their unit.
import { and, asc, count, desc, eq, gte, inArray, ne, type SQL, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { underPath } from '../scope.ts';

export interface ApprovalFilter {
  /** Everything under this path … */
  path?: string;
  /** … of these kinds only … */
  kinds?: readonly string[];
  /** … or asked for by this officer. */
  requestedBy?: string;
  state?: string;
  limit: number;
}

export function approvalQueries(db: Db, t: Tables) {
  const { approval, approvalVote, commission, officer } = t;
  const shape = {
    approval,
    path: commission.path,
    requester: {
      login: officer.login,
      surname: officer.surname,
      givenName: officer.givenName,
      patronymic: officer.patronymic,
      createdBy: officer.createdBy,
    },
  };
  const byId = db.prepared(
    'approvals.byId',
    db
      .select(shape)
      .from(approval)
      .innerJoin(commission, eq(commission.code, approval.commission))
      .innerJoin(officer, eq(officer.id, approval.requestedBy))
      .where(eq(approval.id, sql.placeholder('id'))),
  );
  const votes = db.prepared(
    'approvals.votes',
    db
      .select({
        vote: approvalVote.vote,
        reason: approvalVote.reason,
        at: approvalVote.at,
        officer: officer.id,
        login: officer.login,
        surname: officer.surname,
        givenName: officer.givenName,
        patronymic: officer.patronymic,
        createdBy: officer.createdBy,
        path: commission.path,
        role: officer.role,
        state: officer.state,
        clearanceOrder: officer.clearanceOrder,
        clearanceUntil: officer.clearanceUntil,
        trustedSince: officer.trustedSince,
      })
      .from(approvalVote)
      .innerJoin(officer, eq(officer.id, approvalVote.officer))
      .innerJoin(commission, eq(commission.code, officer.commission))
      .where(eq(approvalVote.approval, sql.placeholder('approval')))
      .orderBy(asc(approvalVote.at)),
  );
  return {
    /** The approval with its unit's path and who asked, or null. */
    async byId(id: string) {
      return (await byId({ id }))[0] ?? null;
    },
    async votes(approvalId: string) {
      return votes({ approval: approvalId });
    },
    /** Newest first. */
    async page(filter: ApprovalFilter) {
      const where: SQL[] = [];
      if (filter.path !== undefined) where.push(underPath(commission.path, filter.path));
      if (filter.kinds) where.push(inArray(approval.kind, [...filter.kinds]));
      if (filter.requestedBy) where.push(eq(approval.requestedBy, filter.requestedBy));
      if (filter.state) where.push(eq(approval.state, filter.state));
      return await db
        .select(shape)
        .from(approval)
        .innerJoin(commission, eq(commission.code, approval.commission))
        .innerJoin(officer, eq(officer.id, approval.requestedBy))
        .where(and(...where))
        .orderBy(desc(approval.requestedAt), desc(approval.id))
        .limit(filter.limit);
    },
    /** Those that wait for a decision, oldest first. */
    async waiting(now: number) {
      return await db
        .select(shape)
        .from(approval)
        .innerJoin(commission, eq(commission.code, approval.commission))
        .innerJoin(officer, eq(officer.id, approval.requestedBy))
        .where(and(eq(approval.state, 'pending'), gte(approval.expiresAt, now)))
        .orderBy(asc(approval.requestedAt));
    },
    /** What an officer asked for and nobody has carried out yet. Applications' second persons are asked by the application. */
    async unfinishedOf(officerId: string) {
      return await db
        .select({
          id: approval.id,
          kind: approval.kind,
          state: approval.state,
          version: approval.version,
          commission: approval.commission,
          requestedAt: approval.requestedAt,
        })
        .from(approval)
        .where(
          and(
            eq(approval.requestedBy, officerId),
            inArray(approval.state, ['pending', 'approved']),
            ne(approval.kind, 'application'),
          ),
        )
        .orderBy(asc(approval.requestedAt));
    },
    /** How many of a kind an officer asked for since a time: the daily limit. */
    async askedSince(officerId: string, kind: string, since: number) {
      const rows = await db
        .select({ n: count() })
        .from(approval)
        .where(
          and(eq(approval.requestedBy, officerId), eq(approval.kind, kind), gte(approval.requestedAt, since)),
        );
      return Number(rows[0]!.n);
    },
  };
}
