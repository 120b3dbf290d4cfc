// Queries about access policies, detection rules and emergency access.
import { and, count, desc, eq, gt, gte, isNotNull, isNull, lte, or, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { underPath } from '../scope.ts';

export function policyQueries(db: Db, t: Tables) {
  return {
    /** The set in force under a name and its files; null before the first start recorded one. */
    async inForce(name: 'access' | 'detection') {
      const rows = await db
        .select({ inForce: t.policyInForce, files: t.policySet.files })
        .from(t.policyInForce)
        .innerJoin(t.policySet, eq(t.policySet.hash, t.policyInForce.hash))
        .where(eq(t.policyInForce.name, name));
      return rows[0] ?? null;
    },
    async files(hash: string): Promise<string | null> {
      const rows = await db
        .select({ files: t.policySet.files })
        .from(t.policySet)
        .where(eq(t.policySet.hash, hash));
      return rows[0]?.files ?? null;
    },
    async proposal(id: string) {
      const rows = await db
        .select({ proposal: t.policyProposal, files: t.policySet.files })
        .from(t.policyProposal)
        .innerJoin(t.policySet, eq(t.policySet.hash, t.policyProposal.hash))
        .where(eq(t.policyProposal.id, id));
      return rows[0] ?? null;
    },
  };
}

export function emergencyQueries(db: Db, t: Tables) {
  const { emergency, commission, approval, session } = t;
  const shape = {
    emergency,
    path: commission.path,
    approvalState: approval.state,
    approvalExpiresAt: approval.expiresAt,
    sessionEndedAt: session.endedAt,
    sessionEndsAt: session.endsAt,
  };
  const all = () =>
    db
      .select(shape)
      .from(emergency)
      .innerJoin(commission, eq(commission.code, emergency.commission))
      .innerJoin(approval, eq(approval.id, emergency.id))
      .innerJoin(session, eq(session.id, emergency.session));
  const isRunning = (now: number) =>
    and(
      isNotNull(emergency.startsAt),
      isNull(emergency.endedAt),
      gt(emergency.endsAt, now),
      isNull(session.endedAt),
      gt(session.endsAt, now),
    );
  return {
    /** Emergency accesses this officer holds in this session at a time, with the path of the unit. */
    async held(officer: string, inSession: string, now: number) {
      return db
        .select({ emergency, path: commission.path })
        .from(emergency)
        .innerJoin(commission, eq(commission.code, emergency.commission))
        .where(
          and(
            eq(emergency.officer, officer),
            eq(emergency.session, inSession),
            isNotNull(emergency.startsAt),
            isNull(emergency.endedAt),
            gt(emergency.endsAt, now),
          ),
        );
    },
    /** What this officer holds in any session that goes on. */
    async ownRunning(officer: string, now: number) {
      return all().where(and(eq(emergency.officer, officer), isRunning(now)));
    },
    async byId(id: string) {
      return (await all().where(eq(emergency.id, id)))[0] ?? null;
    },
    /** Those under a path, those of this officer, and those they approved; newest first. */
    async page(filter: { path: string | null; officer: string; limit: number }) {
      const mine = or(eq(emergency.officer, filter.officer), eq(emergency.approvedBy, filter.officer));
      return all()
        .where(filter.path === null ? mine : or(mine, underPath(commission.path, filter.path)))
        .orderBy(desc(emergency.askedAt), desc(emergency.id))
        .limit(filter.limit);
    },
    /** What claims to run now in any session that was not ended, whatever approval it has. */
    async running(now: number) {
      return db
        .select({ emergency, path: commission.path })
        .from(emergency)
        .innerJoin(commission, eq(commission.code, emergency.commission))
        .innerJoin(session, eq(session.id, emergency.session))
        .where(isRunning(now));
    },
    /** How much was read under it: entries of its session by its policy in its time. */
    async used(inSession: string, from: number, until: number) {
      const rows = await db
        .select({ entries: count(), persons: sql<number>`coalesce(sum(${t.trail.persons}), 0)` })
        .from(t.trail)
        .where(
          and(
            eq(t.trail.session, inSession),
            eq(t.trail.policy, 'emergency-reads'),
            eq(t.trail.outcome, 'done'),
            gte(t.trail.at, from),
            lte(t.trail.at, until),
          ),
        );
      return { entries: Number(rows[0]!.entries), persons: Number(rows[0]!.persons) };
    },
  };
}
