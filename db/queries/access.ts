// Queries of the access room: what every request asks about its session, and what log-in asks about an account. The
// session's standing is asked on every request, so it is two prepared lookups by primary key.
import { and, desc, eq, gte, isNull, lt, not, or, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

/** Rows of the trail looked through for log-ins: bounds the cost for officers with long histories. */
const trailDepth = 400;

export function accessQueries(db: Db, t: Tables) {
  // Two lookups by key and a subselect: on SQLite a join of the three costs three times as much (30 µs against 10).
  const session = db.prepared(
    'access.session',
    db
      .select({
        mac: t.session.mac,
        id: t.session.id,
        officer: t.session.officer,
        rotation: t.session.rotation,
        stage: t.session.stage,
        startedAt: t.session.startedAt,
        seenAt: t.session.seenAt,
        endsAt: t.session.endsAt,
        lockedAt: t.session.lockedAt,
        endedAt: t.session.endedAt,
        factorAt: t.session.factorAt,
        stepUpFor: t.session.stepUpFor,
        stepUpAt: t.session.stepUpAt,
        factorBy: t.session.factorBy,
      })
      .from(t.session)
      .where(eq(t.session.id, sql.placeholder('id'))),
  );
  const duty = db.prepared(
    'access.duty',
    db
      .select({
        createdBy: t.officer.createdBy,
        version: t.officer.version,
        activatedBy: t.officer.activatedBy,
        dutyMac: t.officer.dutyMac,
        passwordHash: t.officer.passwordHash,
        passwordSetAt: t.officer.passwordSetAt,
        passwordTemporary: t.officer.passwordTemporary,
        passwordExpiresAt: t.officer.passwordExpiresAt,
        totpSeed: t.officer.totpSeed,
        credentialsMac: t.officer.credentialsMac,
        login: t.officer.login,
        surname: t.officer.surname,
        givenName: t.officer.givenName,
        patronymic: t.officer.patronymic,
        role: t.officer.role,
        commission: t.officer.commission,
        state: t.officer.state,
        totpConfirmedAt: t.officer.totpConfirmedAt,
        briefingVersion: t.officer.briefingVersion,
        briefingHash: t.officer.briefingHash,
        clearanceOrder: t.officer.clearanceOrder,
        clearanceUntil: t.officer.clearanceUntil,
        absentFrom: t.officer.absentFrom,
        absentUntil: t.officer.absentUntil,
        // Written out: inside a select of one table drizzle drops the names that keep the two apart.
        path: sql<string | null>`(select c.path from commission c where c.code = officer.commission)`,
      })
      .from(t.officer)
      .where(eq(t.officer.id, sql.placeholder('officer'))),
  );
  const account = { officer: t.officer, path: t.commission.path };
  const byLogin = db.prepared(
    'access.byLogin',
    db
      .select(account)
      .from(t.officer)
      .innerJoin(t.commission, eq(t.commission.code, t.officer.commission))
      .where(eq(t.officer.login, sql.placeholder('login'))),
  );
  const byId = db.prepared(
    'access.byId',
    db
      .select(account)
      .from(t.officer)
      .innerJoin(t.commission, eq(t.commission.code, t.officer.commission))
      .where(eq(t.officer.id, sql.placeholder('id'))),
  );
  const device = db.prepared(
    'access.device',
    db
      .select()
      .from(t.device)
      .where(
        and(eq(t.device.officer, sql.placeholder('officer')), eq(t.device.hash, sql.placeholder('hash'))),
      ),
  );
  const devices = db.prepared(
    'access.devices',
    db
      .select({ hash: t.device.hash })
      .from(t.device)
      .where(eq(t.device.officer, sql.placeholder('officer'))),
  );
  const throttle = db.prepared(
    'access.throttle',
    db
      .select()
      .from(t.throttle)
      .where(eq(t.throttle.lane, sql.placeholder('lane'))),
  );
  const history = db.prepared(
    'access.history',
    db
      .select()
      .from(t.passwordHistory)
      .where(eq(t.passwordHistory.officer, sql.placeholder('officer')))
      .orderBy(desc(t.passwordHistory.setAt))
      .limit(50),
  );
  const sessions = db.prepared(
    'access.sessions',
    db
      .select()
      .from(t.session)
      .where(eq(t.session.officer, sql.placeholder('officer')))
      .orderBy(desc(t.session.startedAt))
      .limit(50),
  );
  const unended = db.prepared(
    'access.unended',
    db
      .select({ id: t.session.id, rotation: t.session.rotation })
      .from(t.session)
      .where(and(eq(t.session.officer, sql.placeholder('officer')), isNull(t.session.endedAt))),
  );
  const recent = db
    .select({
      seq: t.trail.seq,
      at: t.trail.at,
      act: t.trail.act,
      outcome: t.trail.outcome,
      address: t.trail.address,
    })
    .from(t.trail)
    .where(eq(t.trail.actor, sql.placeholder('actor')))
    .orderBy(desc(t.trail.seq))
    .limit(trailDepth)
    .as('recent');
  const logins = db.prepared(
    'access.logins',
    db
      .select({ at: recent.at, outcome: recent.outcome, address: recent.address })
      .from(recent)
      .where(eq(recent.act, 'session.login'))
      .orderBy(desc(recent.seq))
      .limit(10),
  );

  return {
    /** One session; null for an unknown id. */
    async session(id: string) {
      return (await session({ id }))[0] ?? null;
    },
    /** The session, its officer and unit path, as every request needs them; null for an unknown id. The officer is read last. */
    async standing(id: string) {
      const row = (await session({ id }))[0];
      if (!row) return null;
      const officer = (await duty({ officer: row.officer }))[0];
      if (!officer || officer.path === null) return null;
      return { ...row, ...officer, path: officer.path };
    },
    /** @param login lower case */
    async byLogin(login: string) {
      return (await byLogin({ login }))[0] ?? null;
    },
    async byId(id: string) {
      return (await byId({ id }))[0] ?? null;
    },
    async knowsDevice(officer: string, hash: string): Promise<boolean> {
      return (await device({ officer, hash })).length > 0;
    },
    async devices(officer: string) {
      return devices({ officer });
    },
    async lane(lane: string) {
      return (await throttle({ lane }))[0] ?? null;
    },
    /** Lanes untouched since: short-lived ones (a network, a factor) and the accounts' own. A bounded batch. */
    async staleLanes(shortBefore: number, accountBefore: number) {
      // `;` is the character after `:`; the names of lanes are written by server/access/account.ts.
      const named = (kind: string) => and(gte(t.throttle.lane, `${kind}:`), lt(t.throttle.lane, `${kind};`));
      const ofAccount = or(named('account'), named('device'))!;
      return db
        .select({ lane: t.throttle.lane, updatedAt: t.throttle.updatedAt })
        .from(t.throttle)
        .where(
          or(
            and(not(ofAccount), lt(t.throttle.updatedAt, shortBefore)),
            lt(t.throttle.updatedAt, accountBefore),
          ),
        )
        .limit(1_000);
    },
    /** Earlier passwords' hashes, newest first. */
    async passwordHistory(officer: string) {
      return history({ officer });
    },
    /** The last fifty sessions of an officer, newest first. */
    async sessions(officer: string) {
      return sessions({ officer });
    },
    /** Sessions nobody has ended yet, over their time or not. */
    async unendedSessions(officer: string) {
      return unended({ officer });
    },
    /** The last log-in attempts on an account, newest first; from the trail, so a moment behind. */
    async lastLogins(actor: string) {
      return logins({ actor });
    },
  };
}
