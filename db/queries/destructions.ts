// Queries of the destructions room: everything stored that names one person, and the acts that were carried out. Whole-log
// reads come in slices, so that no other request waits for them.
import { and, asc, desc, eq, gte, inArray, like, lt, ne, or, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { underPath } from '../scope.ts';

export function destructionQueries(db: Db, t: Tables) {
  const {
    alert,
    alertStep,
    application,
    applicationStep,
    approval,
    approvalVote,
    attachment,
    block,
    commission,
    destruction,
    entry,
    event,
    officer,
    trail,
    trailVoter,
    voter,
    voterVersion,
  } = t;
  const p = sql.placeholder;
  const containing = (column: Parameters<typeof like>[0], texts: readonly string[]) =>
    or(...texts.map((text) => like(column, `%${text}%`)));
  const markedFrom = db.prepared(
    'destructions.subjects',
    db
      .selectDistinct({ voter: trailVoter.voter })
      .from(trailVoter)
      .where(sql`${trailVoter.voter} > ${p('after')}`)
      .orderBy(asc(trailVoter.voter))
      .limit(p('limit')),
  );
  const votersFrom = db.prepared(
    'destructions.voters',
    db
      .select({ voter: voter.id })
      .from(voter)
      .where(sql`${voter.id} > ${p('after')}`)
      .orderBy(asc(voter.id))
      .limit(p('limit')),
  );

  return {
    async voter(id: string) {
      return (await db.select().from(voter).where(eq(voter.id, id)))[0] ?? null;
    },
    /** Rows kept of earlier versions, canonical JSON. */
    async versions(id: string) {
      return db
        .select({ version: voterVersion.version, row: voterVersion.row })
        .from(voterVersion)
        .where(eq(voterVersion.voter, id));
    },
    async applications(id: string) {
      return db
        .select({
          id: application.id,
          number: application.number,
          coupon: application.coupon,
          version: application.version,
        })
        .from(application)
        .where(eq(application.voter, id));
    },
    /** How many steps, attachments and blocks these applications and the voter have. */
    async rows(id: string, applications: readonly string[]) {
      const of = [...applications];
      const blocks = await db.select().from(block).where(eq(block.voter, id));
      if (of.length === 0) return { steps: [], attachments: [], blocks };
      return {
        steps: await db
          .selectDistinct({ application: applicationStep.application })
          .from(applicationStep)
          .where(inArray(applicationStep.application, of)),
        attachments: await db
          .select({ id: attachment.id })
          .from(attachment)
          .where(inArray(attachment.application, of)),
        blocks,
      };
    },
    /** Whether anybody else on the list has this folded surname. */
    async hasNamesake(id: string, surname: string) {
      const rows = await db
        .select({ id: voter.id })
        .from(voter)
        .where(
          and(
            gte(voter.fold, surname),
            lt(voter.fold, `${surname} \u{10ffff}`),
            or(eq(voter.fold, surname), like(voter.fold, `${surname} %`)),
            ne(voter.id, id),
          ),
        )
        .limit(1);
      return rows.length > 0;
    },
    /** Approvals whose payload names any of these ids. */
    async approvalsNaming(ids: readonly string[]) {
      return db
        .select({ id: approval.id, kind: approval.kind, version: approval.version, state: approval.state })
        .from(approval)
        .where(containing(approval.payload, ids));
    },
    async alertsNaming(ids: readonly string[]) {
      return db
        .select()
        .from(alert)
        .where(or(inArray(alert.voter, [...ids]), containing(alert.entity, ids)));
    },
    /** Everything officials wrote freely beside a record of ours, with where it stands. */
    async notes() {
      return {
        alertSteps: await db
          .select({ alert: alertStep.alert, version: alertStep.version, text: alertStep.note })
          .from(alertStep)
          .where(ne(alertStep.note, '')),
        alerts: await db
          .select({ id: alert.id, text: sql<string>`${alert.closeNote}` })
          .from(alert)
          .where(sql`${alert.closeNote} is not null`),
        votes: await db
          .select({
            approval: approvalVote.approval,
            officer: approvalVote.officer,
            text: approvalVote.reason,
          })
          .from(approvalVote)
          .where(ne(approvalVote.reason, '')),
      };
    },
    async votesOf(approvals: readonly string[]) {
      if (approvals.length === 0) return [];
      return db
        .select({ approval: approvalVote.approval, officer: approvalVote.officer })
        .from(approvalVote)
        .where(inArray(approvalVote.approval, [...approvals]));
    },
    /** One more than the newest seq. */
    async logSize() {
      const [row] = await db
        .select({ size: sql<number>`coalesce(max(${entry.seq}) + 1, 0)`.mapWith(Number) })
        .from(entry);
      return row!.size;
    },
    /** Events from `from` until `to` in which one of these texts stands: a slice of the whole log. */
    async eventsNaming(from: number, to: number, texts: readonly string[]) {
      return db
        .select({ seq: event.seq, json: event.json })
        .from(event)
        .where(and(gte(event.seq, from), lt(event.seq, to), containing(event.json, texts)))
        .orderBy(asc(event.seq));
    },
    /** Whether the trail already shows an entry of these cases. */
    async casesInTrail(cases: readonly string[]) {
      if (cases.length === 0) return [];
      const rows = await db
        .selectDistinct({ caseId: trail.caseId })
        .from(trail)
        .where(inArray(trail.caseId, [...cases]));
      return rows.flatMap(({ caseId }) => (caseId === null ? [] : [caseId]));
    },
    async inTrail(id: string) {
      const rows = await db
        .select({ seq: trailVoter.seq })
        .from(trailVoter)
        .where(eq(trailVoter.voter, id))
        .limit(1);
      return rows.length > 0;
    },
    /** Ids of all persons stored: of the list, and of what the trail shows; each in order, after an id. */
    async votersAfter(after: string, limit: number) {
      return (await votersFrom({ after, limit })).map((row) => row.voter);
    },
    async subjectsAfter(after: string, limit: number) {
      return (await markedFrom({ after, limit })).map((row) => row.voter);
    },
    /** Acts carried out under a path, newest first, with who asked and who carried them out. */
    async page(path: string, limit: number) {
      return db
        .select({
          destruction,
          by: {
            login: officer.login,
            surname: officer.surname,
            givenName: officer.givenName,
            patronymic: officer.patronymic,
          },
        })
        .from(destruction)
        .innerJoin(commission, eq(commission.code, destruction.commission))
        .leftJoin(officer, eq(officer.id, destruction.executedBy))
        .where(underPath(commission.path, path))
        .orderBy(desc(destruction.entry))
        .limit(limit);
    },
    async all() {
      return db.select().from(destruction).orderBy(asc(destruction.entry));
    },
  };
}
