// Officers at work without a log-in each: their accounts and open sessions are written, for what measures or tries the server
// under many of them. Log-in has its own tests.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readBriefing } from '#server/access/policy-files.ts';
import { systemContext } from '#server/gate/context.ts';
import type { Installation } from '../commands/installation.ts';

export interface Enrolled {
  officer: string;
  cookie: string;
  /** Ids of the voters of the officer's precinct. */
  voters: string[];
}

const sessionMs = 12 * 3_600_000;

/** Precinct members, spread over the precincts. */
export async function enrol({ store, rooms }: Installation, count: number): Promise<Enrolled[]> {
  const now = Date.now();
  const briefing = readBriefing(join(import.meta.dirname, '..', '..', 'policies'));
  const { default: fastify } = await import('fastify');
  await rooms.access.install(fastify());
  const precincts = (await store.reader.commissions.all()).filter(({ level }) => level === 'PEC');
  const enrolled: Enrolled[] = [];
  for (let i = 0; i < count; i++) {
    const precinct = precincts[i % precincts.length]!.code;
    const officer = `bench-${i}`;
    const token = { sid: randomBytes(32).toString('base64url'), rot: randomBytes(32).toString('base64url') };
    await rooms.gate.change(systemContext('bench', now, `officer-${i}`), 'system.init', {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({
        kind: 'change',
        value: null,
        about: {},
        changes: [
          { op: 'insert', table: 'officer', row: officerRow(officer, precinct, briefing, now) },
          { op: 'insert', table: 'session', row: sessionRow(officer, token, now) },
        ],
      }),
    });
    enrolled.push({
      officer,
      cookie: `__Host-kuzot=${rooms.access.room.tokens.issue(token, now + sessionMs)}`,
      voters: (await store.reader.voters.ofPrecinct(precinct)).map(({ id }) => id),
    });
  }
  return enrolled;
}

function officerRow(
  id: string,
  commission: string,
  briefing: { version: string; hash: string },
  now: number,
) {
  return {
    id,
    login: id,
    surname: 'Өлчөмбаев',
    givenName: 'Өмүр',
    patronymic: '',
    role: 'precinct-member',
    commission,
    state: 'active',
    createdBy: 'system:bench',
    activatedBy: 'system:bench',
    passwordHash: null,
    passwordSetAt: now,
    passwordTemporary: 0,
    passwordExpiresAt: null,
    totpSeed: null,
    totpConfirmedAt: now,
    totpStep: 0,
    briefingVersion: briefing.version,
    briefingHash: briefing.hash,
    clearanceOrder: 'bench',
    clearanceLevel: 'personal',
    clearanceUntil: '2099-12-31',
    version: 1,
  };
}

function sessionRow(officer: string, { sid, rot }: { sid: string; rot: string }, now: number) {
  return {
    id: sid,
    officer,
    rotation: rot,
    stage: 'open',
    startedAt: now,
    seenAt: now,
    endsAt: now + sessionMs,
    lockedAt: null,
    endedAt: null,
    endReason: null,
    factorAt: now,
    stepUpFor: null,
    stepUpAt: null,
    network: '127.0.0.1',
    workstation: '',
  };
}
