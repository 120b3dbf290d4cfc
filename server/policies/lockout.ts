// A set of policies nobody could ever change again, log in under, or let the system write its own entries with, is refused
// before anybody is asked. Held against the officers there are.
import type { Reader } from '#db/store.ts';
import { type Role, roles } from '#server/contract/vocabulary.ts';
import { clearanceValid, isAbsent } from '#server/policy/clearance.ts';
import { openRelation } from '#server/policy/inputs.ts';
import { type Flag, isRole, type Policy, type Relation, reachOf } from '#server/policy/relation.ts';

/** The system's own acts without which a server does not start, or goes blind. */
const systemActs = [
  'system.start',
  'rule.change',
  'log.heartbeat',
  'log.gap',
  'system.clock-back',
  'log.rollback',
  'alert.raise',
  'session.refused',
  'policy.differ',
  'rule.differ',
  'emergency.overdue',
  'system.backup-untested',
  'approval.too-few',
  'approval.enough',
  'emergency.forged',
];
/** The way in: in each stage, the acts that lead on. A log-in is asked about in the stage it leads to. */
const steps: [stage: Relation['stage'], acts: string[], locked?: true][] = [
  ['password-change', ['session.login', 'session.password']],
  ['totp-enrol', ['session.login', 'session.totp-enrol', 'session.totp']],
  ['totp', ['session.login', 'session.totp']],
  ['briefing', ['session.briefing', 'session.briefing-view']],
  ['open', ['session.step-up', 'session.view', 'session.lock', 'session.logout']],
  ['open', ['session.unlock', 'session.logout'], true],
];
/** Nothing of this waits for a factor bound to it. */
const factors = ['stale', 'recent'] as const;

/** One of the central commission who is cleared and not on leave. */
export interface CentralOfficer {
  id: string;
  role: Role;
  path: string;
}

/** Policies are the central commission's: whoever decides on them sits there. */
export async function centralOfficers(reader: Reader, now: number): Promise<CentralOfficer[]> {
  return (await reader.officers.upwards(await rootOf(reader))).flatMap((officer) => {
    const { id, role, path, clearanceOrder, clearanceUntil } = officer;
    const able = !isAbsent(officer, now) && clearanceValid(clearanceOrder, clearanceUntil, now);
    return isRole(role) && able ? [{ id, role, path }] : [];
  });
}

/** @returns what would be lost, in English, or null */
export function lockOut(policy: Policy, central: readonly CentralOfficer[]): string | null {
  const may = (act: string, relation: Relation) => policy.decide(act, relation).kind === 'permit';
  for (const act of systemActs)
    if (!may(act, openRelation('system', { reach: 'none', factor: 'stale' })))
      return `the system could not do ${act} any more`;
  for (const [stage, acts, locked = false] of steps)
    for (const act of acts)
      for (const role of roles)
        for (const factor of factors) {
          const relation = { stage, locked, factor, reach: 'none', flags: ['own-account'] } as const;
          if (!may(act, openRelation(role, relation))) return `${role} could not do ${act} any more`;
        }

  const able = (act: string, flags: Flag[]) =>
    central.filter(({ role, path }) => may(act, openRelation(role, { flags, reach: reachOf(path, path) })));
  const proposers = able('policy.propose', []);
  const approvers = able('approval.approve', ['for-policy']).filter(({ id }) =>
    able('approval.view', ['for-policy']).some((other) => other.id === id),
  );
  const pair = proposers.some(({ id }) => approvers.some((other) => other.id !== id));
  return pair ? null : 'no two officers would be left who could propose and approve access policies';
}

async function rootOf(reader: Reader): Promise<string> {
  const root = (await reader.commissions.all()).find(({ parent }) => parent === null);
  return root?.path ?? '/';
}
