/**
 * The officers of the demo: names, log-in names and posts. Enough for every role twice, as the accounts file
 * promises, and some colleagues more, so that the days of traffic look like an office. No passwords here, ever.
 */
import { latin } from './grammar.ts';
import type { TraditionMix } from './oblasts.ts';
import { people } from './people.ts';
import { prng } from './prng.ts';
import type { Commission, PersonName } from './types.ts';

export type OfficerRole =
  | 'security-officer'
  | 'auditor'
  | 'central-admin'
  | 'territorial-admin'
  | 'precinct-member'
  | 'supervisor'
  | 'approver'
  | 'protection-officer';

export interface DemoOfficer {
  /** Role and number, as `territorial-admin-2`; two stand out: `newcomer` and `insider`. */
  key: string;
  role: OfficerRole;
  /** Code of the commission the officer belongs to. */
  commission: string;
  name: PersonName;
  login: string;
  /** In the accounts file as past first log-in, in it as the newcomer, or not in it at all. */
  account: 'ready' | 'newcomer' | 'none';
}

const OFFICE_MIX: TraditionMix = [
  ['kyrgyz', 84],
  ['uzbek', 6],
  ['russian', 6],
  ['dungan', 1],
  ['uyghur', 1],
  ['tatar', 2],
];

/** Names of people of working age, endless, no surname and given name twice. */
export function* officerNames(seed: string): Generator<PersonName, never, undefined> {
  const rng = prng(`${seed}/officers`);
  const crowd = people(rng);
  const given = new Set<string>();
  for (;;) {
    const members = crowd.household(crowd.tradition(OFFICE_MIX)).filter(({ age }) => age >= 24 && age <= 62);
    const person = members[rng.next() % Math.max(1, members.length)];
    if (!person) continue;
    const { surname, givenName, patronymic, sex } = person;
    if (given.has(`${surname} ${givenName}`)) continue;
    given.add(`${surname} ${givenName}`);
    yield { surname, givenName, patronymic, sex };
  }
}

/** `aygul.toktobekova`, with 2, 3 … after it when that is in `taken`. Adds the result to `taken`. */
export function loginFor(name: PersonName, taken: Set<string>): string {
  const base = `${latin(name.givenName)}.${latin(name.surname)}`;
  let login = base;
  for (let suffix = 2; taken.has(login); suffix++) login = `${base}${suffix}`;
  taken.add(login);
  return login;
}

/**
 * All officers of the demo. The home territory is the one with most precincts, the other the next; they need at
 * least three and two precincts, which every country of units.ts has.
 */
export function demoOfficers(seed: string, units: readonly Commission[]): DemoOfficer[] {
  const [home, other] = busiestTerritories(units);
  const [h1, h2, h3] = home.precincts;
  const [o1, o2] = other.precincts;
  if (!h1 || !h2 || !h3 || !o1 || !o2)
    throw new Error('the demo needs territories of three and of two precincts');
  const posts: [key: string, role: OfficerRole, commission: string, account: DemoOfficer['account']][] = [
    ['security-officer-1', 'security-officer', 'CEC', 'ready'],
    ['security-officer-2', 'security-officer', 'CEC', 'ready'],
    ['auditor-1', 'auditor', 'CEC', 'ready'],
    ['auditor-2', 'auditor', 'CEC', 'ready'],
    ['central-admin-1', 'central-admin', 'CEC', 'ready'],
    ['central-admin-2', 'central-admin', 'CEC', 'ready'],
    ['territorial-admin-1', 'territorial-admin', home.code, 'ready'],
    ['territorial-admin-2', 'territorial-admin', home.code, 'ready'],
    ['precinct-member-1', 'precinct-member', h1, 'ready'],
    ['precinct-member-2', 'precinct-member', h1, 'ready'],
    ['precinct-member-3', 'precinct-member', o1, 'ready'],
    ['supervisor-1', 'supervisor', 'CEC', 'ready'],
    ['supervisor-2', 'supervisor', home.code, 'ready'],
    ['approver-1', 'approver', 'CEC', 'ready'],
    ['approver-2', 'approver', 'CEC', 'ready'],
    ['approver-3', 'approver', home.code, 'ready'],
    ['protection-officer-1', 'protection-officer', 'CEC', 'ready'],
    ['protection-officer-2', 'protection-officer', 'CEC', 'ready'],
    ['newcomer', 'precinct-member', h1, 'newcomer'],
    ['territorial-admin-3', 'territorial-admin', other.code, 'none'],
    ['territorial-admin-4', 'territorial-admin', other.code, 'none'],
    ['precinct-member-4', 'precinct-member', h2, 'none'],
    ['precinct-member-5', 'precinct-member', h2, 'none'],
    ['precinct-member-6', 'precinct-member', h3, 'none'],
    ['precinct-member-7', 'precinct-member', o1, 'none'],
    ['precinct-member-8', 'precinct-member', o2, 'none'],
    ['insider', 'territorial-admin', home.code, 'none'],
  ];
  const names = officerNames(seed);
  const taken = new Set<string>();
  return posts.map(([key, role, commission, account]) => {
    const name = names.next().value;
    return { key, role, commission, account, name, login: loginFor(name, taken) };
  });
}

interface TerritoryPrecincts {
  code: string;
  precincts: string[];
}

function busiestTerritories(units: readonly Commission[]): [TerritoryPrecincts, TerritoryPrecincts] {
  const precincts = new Map<string, string[]>();
  for (const { code, level, parent } of units) {
    if (level === 'TEC') precincts.set(code, []);
    if (level === 'PEC' && parent !== null) precincts.get(parent)?.push(code);
  }
  const [home, other] = [...precincts]
    .map(([code, list]) => ({ code, precincts: list }))
    .sort((a, b) => b.precincts.length - a.precincts.length || a.code.localeCompare(b.code));
  if (!home || !other) throw new Error('the demo needs two territories');
  return [home, other];
}
