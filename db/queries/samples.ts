// Queries of the samples room: periods fixed, drawn entries and who may judge them. Whether somebody may is decided elsewhere.
import { and, asc, count, desc, eq, gt, gte, inArray, isNull, lt, lte, or, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function sampleQueries(db: Db, t: Tables) {
  const { sample, sampleItem, checkpoint, officer, commission, approval, approvalVote } = t;
  const waiting = inArray(sampleItem.state, ['open', 'to-sign']);
  /** Late, and not yet told for this due time. */
  const untold = or(isNull(sampleItem.escalatedAt), lt(sampleItem.escalatedAt, sampleItem.dueAt));

  return {
    async newest(limit: number) {
      return db.select().from(sample).orderBy(desc(sample.number)).limit(limit);
    },
    async byNumber(number: number) {
      return (await db.select().from(sample).where(eq(sample.number, number)))[0] ?? null;
    },
    /** The newest sample over any of these entries, or null. */
    async overlapping(first: number, next: number) {
      const rows = await db
        .select({ number: sample.number })
        .from(sample)
        .where(and(lt(sample.first, next), gt(sample.next, first)))
        .orderBy(desc(sample.number))
        .limit(1);
      return rows[0]?.number ?? null;
    },
    /** In the order of the draw. */
    async items(number: number) {
      return db.select().from(sampleItem).where(eq(sampleItem.sample, number)).orderBy(asc(sampleItem.place));
    },
    async item(number: number, seq: number) {
      const rows = await db
        .select({ item: sampleItem, path: commission.path })
        .from(sampleItem)
        .leftJoin(commission, eq(commission.code, sampleItem.commission))
        .where(and(eq(sampleItem.sample, number), eq(sampleItem.seq, seq)));
      return rows[0] ?? null;
    },
    /** How many stand how, by sample; what waits for `officer` apart. */
    async tally(numbers: readonly number[], who: string, now: number) {
      if (numbers.length === 0) return [];
      const mine = or(
        and(eq(sampleItem.state, 'open'), eq(sampleItem.reviewer, who)),
        and(eq(sampleItem.state, 'to-sign'), eq(sampleItem.signer, who)),
      );
      return db
        .select({
          sample: sampleItem.sample,
          state: sampleItem.state,
          finding: sampleItem.finding,
          n: count(),
          overdue: sql<number>`sum(case when ${and(waiting, lte(sampleItem.dueAt, now))} then 1 else 0 end)`,
          mine: sql<number>`sum(case when ${mine} then 1 else 0 end)`,
          /** Given to the officer at any time. */
          given: sql<number>`sum(case when ${or(eq(sampleItem.reviewer, who), eq(sampleItem.signer, who))} then 1 else 0 end)`,
        })
        .from(sampleItem)
        .where(inArray(sampleItem.sample, [...numbers]))
        .groupBy(sampleItem.sample, sampleItem.state, sampleItem.finding);
    },
    /** The earliest signed checkpoint over at least `size` entries, or null. */
    async covering(size: number) {
      const rows = await db
        .select()
        .from(checkpoint)
        .where(gte(checkpoint.size, size))
        .orderBy(asc(checkpoint.size))
        .limit(1);
      return rows[0] ?? null;
    },
    /** Periods whose dice were not thrown in time, not yet told. */
    async undrawn(now: number) {
      return db
        .select()
        .from(sample)
        .where(and(eq(sample.state, 'fixed'), lte(sample.dueAt, now), isNull(sample.escalatedAt)))
        .orderBy(asc(sample.number));
    },
    /** Drawn entries not judged or signed in time, not yet told; the oldest first. */
    async late(now: number, limit: number) {
      return db
        .select()
        .from(sampleItem)
        .where(and(waiting, lte(sampleItem.dueAt, now), untold))
        .orderBy(asc(sampleItem.sample), asc(sampleItem.place))
        .limit(limit);
    },
    /** Active holders of these roles with a clearance on that day. */
    async reviewers(roles: readonly string[], day: string) {
      return db
        .select({
          id: officer.id,
          login: officer.login,
          role: officer.role,
          commission: officer.commission,
          createdBy: officer.createdBy,
          activatedBy: officer.activatedBy,
          path: commission.path,
        })
        .from(officer)
        .innerJoin(commission, eq(commission.code, officer.commission))
        .where(
          and(
            inArray(officer.role, [...roles]),
            eq(officer.state, 'active'),
            gte(officer.clearanceUntil, day),
          ),
        )
        .orderBy(asc(officer.id));
    },
    /** Who made and activated these accounts. */
    async makers(ids: readonly string[]) {
      if (ids.length === 0) return [];
      return db
        .select({ id: officer.id, createdBy: officer.createdBy, activatedBy: officer.activatedBy })
        .from(officer)
        .where(inArray(officer.id, [...ids]));
    },
    /** Everybody who asked for or voted on an approval that one of these officers asked for or voted on. */
    async approvedWith(ids: readonly string[]) {
      if (ids.length === 0) return [];
      const theirs = db
        .select({ id: approvalVote.approval })
        .from(approvalVote)
        .where(inArray(approvalVote.officer, [...ids]));
      return db
        .select({ approval: approval.id, requester: approval.requestedBy, voter: approvalVote.officer })
        .from(approval)
        .innerJoin(approvalVote, eq(approvalVote.approval, approval.id))
        .where(or(inArray(approval.requestedBy, [...ids]), inArray(approval.id, theirs)));
    },
    async paths(codes: readonly string[]) {
      if (codes.length === 0) return [];
      return db
        .select({ code: commission.code, path: commission.path })
        .from(commission)
        .where(inArray(commission.code, [...codes]));
    },
  };
}
