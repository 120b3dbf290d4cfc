// Who can see a unit's voters, and why: asked of the policies themselves, officer by officer, for every act that shows
// something of a voter and with the facts that must hold. No table of rights stands behind it.
import type { Reader, Row } from '#db/store.ts';
import type { SeeingOfficer } from '#server/contract/policies.ts';
import { actsShowingVoters } from '#server/contract/vocabulary.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';
import { clearanceValid, isAbsent } from '#server/policy/clearance.ts';
import type { PolicyHolder } from '#server/policy/holder.ts';
import { factSets, factsOf, openRelation } from '#server/policy/inputs.ts';
import { type Flag, isRole, type Relation, reachOf } from '#server/policy/relation.ts';

type Officer = Awaited<ReturnType<Reader['officers']['upwards']>>[number];
type Sees = SeeingOfficer['sees'];

/** Which acts a row of an emergency access opens now, by the log; none where nobody opened it. */
export type OpenedActs = (row: Row<'emergency'>, now: number) => Promise<readonly string[]>;

export interface WhoDeps {
  policy: PolicyHolder;
  reader: Reader;
  openedActs: OpenedActs;
  macs: RowMacs;
}

/**
 * @param path of the unit
 * @param scope path of the asking officer's unit: officers outside it are not told
 */
export async function whoSees(
  { policy, reader, openedActs, macs }: WhoDeps,
  path: string,
  scope: string,
  now: number,
): Promise<SeeingOfficer[]> {
  const { rules } = policy.source;
  const known = new Map<string, Sees>();
  /** The smallest sets of facts that open each act. */
  function seen(base: Relation): Sees {
    const key = `${base.role}|${base.reach}|${base.clearance}|${base.flags.join()}`;
    const remembered = known.get(key);
    if (remembered) return remembered;
    const sees: Sees = [];
    for (const act of actsShowingVoters) {
      const least: Flag[][] = [];
      for (const facts of factSets(factsOf(act, rules).filter((flag) => flag !== 'emergency'))) {
        if (least.some((set) => set.every((flag) => facts.includes(flag)))) continue;
        const decision = policy.decide(act, { ...base, flags: [...base.flags, ...facts] });
        if (decision.kind !== 'permit') continue;
        least.push(facts);
        sees.push({ act, policy: decision.policy, facts });
      }
    }
    known.set(key, sees);
    return sees;
  }

  const items = new Map<string, SeeingOfficer>();
  for (const officer of await reader.officers.upwards(path)) {
    if (!officer.path.startsWith(scope) || !isRole(officer.role)) continue;
    const able = openRelation(officer.role, { reach: reachOf(officer.path, path) });
    const sees = seen(able);
    if (sees.length === 0) continue;
    const valid = clearanceValid(officer.clearanceOrder, officer.clearanceUntil, now);
    const today = valid
      ? null
      : policy.decide(sees[0]!.act, { ...able, clearance: 'expired', flags: sees[0]!.facts as Flag[] });
    const away = isAbsent(officer, now) ? 'on-leave' : null;
    // Written past the server: it lets nobody in, and is named so that somebody looks.
    const forged = macs.holds('officer', 'dutyMac', officer) ? null : 'account-forged';
    const hindered = forged ?? (today?.kind === 'deny' ? today.policy : away);
    items.set(officer.id, { ...shown(officer), sees: hindered ? [] : sees, hindered, emergencyUntil: null });
  }
  const claims = [];
  for (const claim of await reader.emergencies.running(now))
    claims.push({ ...claim, acts: await openedActs(claim.emergency, now) });
  // Threat: a row that was made up stands before one that was opened to the same officer.
  const openedFirst = claims.toSorted((a, b) => b.acts.length - a.acts.length);
  for (const { emergency, path: opened, acts } of openedFirst) {
    if (!path.startsWith(opened) || items.has(emergency.officer)) continue;
    const found = await reader.officers.byId(emergency.officer);
    if (!found?.path.startsWith(scope) || !isRole(found.officer.role)) continue;
    const relation = openRelation(found.officer.role, { reach: 'outside', flags: ['emergency'] });
    // Written into the database: it opens nothing, and is named so that somebody looks.
    if (acts.length === 0) {
      const person = shown({ ...found.officer, path: found.path });
      items.set(emergency.officer, {
        ...person,
        sees: [],
        hindered: 'emergency-forged',
        emergencyUntil: null,
      });
      continue;
    }
    const sees = seen(relation).filter(({ act }) => acts.includes(act));
    if (sees.length === 0) continue;
    const { officer } = found;
    items.set(officer.id, {
      ...shown({ ...officer, path: found.path }),
      sees: sees.map((row) => ({ ...row, facts: ['emergency', ...row.facts] })),
      hindered: null,
      emergencyUntil: emergency.endsAt,
    });
  }
  return [...items.values()];
}

const shown = (
  officer: Pick<Officer, 'login' | 'surname' | 'givenName' | 'patronymic' | 'role' | 'commission'> & {
    path: string;
  },
) => ({
  login: officer.login,
  name: [officer.surname, officer.givenName, officer.patronymic].filter(Boolean).join(' '),
  role: officer.role as SeeingOfficer['role'], // checked by isRole
  commission: officer.commission,
});
