// Queries of second factors: passkeys, the challenge of a session, recovery codes, and what their owner is told of changes.
import { and, asc, count, desc, eq, gte, isNull, lt, min, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

export function factorQueries(db: Db, t: Tables) {
  const { passkey, passkeyChallenge, recoveryCode, credentialNotice } = t;
  const passkeys = db.prepared(
    'factors.passkeys',
    db
      .select()
      .from(passkey)
      .where(eq(passkey.officer, sql.placeholder('officer')))
      .orderBy(asc(passkey.createdAt), asc(passkey.id))
      .limit(50),
  );
  const unused = db.prepared(
    'factors.unused',
    db
      .select({ left: count() })
      .from(recoveryCode)
      .where(and(eq(recoveryCode.officer, sql.placeholder('officer')), isNull(recoveryCode.usedAt))),
  );
  const made = db.prepared(
    'factors.made',
    db
      .select({ made: count(), madeAt: min(recoveryCode.madeAt) })
      .from(recoveryCode)
      .where(eq(recoveryCode.officer, sql.placeholder('officer'))),
  );
  const notices = db.prepared(
    'factors.notices',
    db
      .select({ at: credentialNotice.at, what: credentialNotice.what })
      .from(credentialNotice)
      .where(
        and(
          eq(credentialNotice.officer, sql.placeholder('officer')),
          gte(credentialNotice.at, sql.placeholder('since')),
        ),
      )
      .orderBy(desc(credentialNotice.at), asc(credentialNotice.what))
      .limit(10),
  );

  return {
    /** An officer's passkeys, oldest first. */
    async passkeys(officer: string) {
      return passkeys({ officer });
    },
    /** One passkey by the id of its row; null for an unknown one. */
    async passkey(id: string) {
      return (await db.select().from(passkey).where(eq(passkey.id, id)))[0] ?? null;
    },
    /** @param credential credential id, base64url */
    async passkeyOf(credential: string) {
      return (await db.select().from(passkey).where(eq(passkey.credential, credential)))[0] ?? null;
    },
    /** What the session's authenticator was last asked to sign. */
    async challenge(session: string) {
      return (
        (await db.select().from(passkeyChallenge).where(eq(passkeyChallenge.session, session)))[0] ?? null
      );
    },
    /** Challenges nobody answered in time. A bounded batch. */
    async staleChallenges(before: number) {
      return db
        .select({ session: passkeyChallenge.session, challenge: passkeyChallenge.challenge })
        .from(passkeyChallenge)
        .where(lt(passkeyChallenge.expiresAt, before))
        .limit(1_000);
    },
    async recoveryCode(officer: string, hash: string) {
      const rows = await db
        .select()
        .from(recoveryCode)
        .where(and(eq(recoveryCode.officer, officer), eq(recoveryCode.hash, hash)));
      return rows[0] ?? null;
    },
    /** How many codes the officer was given last, how many are left, and when they were made. */
    async recoveryCodes(officer: string) {
      const [[all], [free]] = await Promise.all([made({ officer }), unused({ officer })]);
      return { made: all?.made ?? 0, left: free?.left ?? 0, madeAt: all?.madeAt ?? null };
    },
    /** What was changed of an officer's credentials since, newest first. */
    async notices(officer: string, since: number) {
      return notices({ officer, since });
    },
  };
}
