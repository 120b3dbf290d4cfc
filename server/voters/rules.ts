// Pure rules about voters: how a typed search becomes folded prefixes, and how one change of a voter becomes changes as
// data with the earlier version kept (R34). Reads nothing, commits nothing.
import type { Change, Row } from '#db/store.ts';
import type { ApplicationState } from '#server/contract/vocabulary.ts';
import type { FieldChange } from '#server/gate/leaf.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { fold, foldedName, mixedAlphabets, unusualSpaces } from '#server/lib/fold.ts';
import { isPin, pinDisagreements } from '#server/lib/pin.ts';

export type Voter = Row<'voter'>;

/** What of a voter an application or a restoration may set. */
export type VoterSet = Partial<
  Pick<
    Voter,
    'pin' | 'surname' | 'givenName' | 'patronymic' | 'birthDate' | 'sex' | 'address' | 'precinct' | 'status'
  >
>;

export type SearchPlan =
  | { kind: 'pin'; pin: string }
  /** Prefixes of the folded name to try in turn; the first that finds anything wins. */
  | { kind: 'names'; prefixes: string[]; words: string[] }
  | { kind: 'too-broad' };

/** At least this many folded characters, or a search reads the list instead of finding a person. */
const minPrefix = 3;

export function planSearch(q: string): SearchPlan {
  const digits = q.replace(/[\s-]/g, '');
  if (isPin(digits)) return { kind: 'pin', pin: digits };
  const folded = fold(q);
  if (folded.length < minPrefix) return { kind: 'too-broad' };
  const words = folded.split(' ').slice(0, 4);
  return { kind: 'names', prefixes: wordOrders(words), words };
}

/** The list is ordered surname, given name, patronymic; people type them in any order. */
function wordOrders(words: string[]): string[] {
  if (words.length === 1) return words;
  const [a, b, ...rest] = words;
  const orders = [words.join(' '), [b, a, ...rest].join(' ')];
  if (words.length === 3) orders.push([rest[0], a, b].join(' '));
  return orders;
}

/** Prefixes for other spellings of the surname, with the remaining words kept. */
export function respell(words: string[], candidates: readonly string[]): string[] {
  const rest = words.slice(1).join(' ');
  return candidates.map((surname) => (rest ? `${surname} ${rest}` : `${surname} `));
}

/** Flags the import would give: a reason to look, never to refuse. */
export function findings(
  v: Pick<Voter, 'pin' | 'scheme' | 'surname' | 'givenName' | 'patronymic' | 'sex' | 'birthDate'>,
): string[] {
  const flags: string[] = [];
  if (v.scheme === 'kg-pin') {
    const sex = v.sex === 'F' || v.sex === 'M' ? v.sex : null;
    for (const part of pinDisagreements(v.pin, sex, v.birthDate || null)) flags.push(`pin-${part}`);
  }
  if ([v.surname, v.givenName, v.patronymic].some(mixedAlphabets)) flags.push('mixed-alphabet');
  if ([v.surname, v.givenName, v.patronymic].some(unusualSpaces)) flags.push('unusual-space');
  if (v.birthDate === '') flags.push('no-birth-date');
  else if (v.birthDate.length === 4) flags.push('birth-year-only');
  if (v.sex === '') flags.push('no-sex');
  return flags;
}

const openCase: ReadonlySet<string> = new Set<ApplicationState>([
  'received',
  'entered',
  'at-territorial',
  'in-review',
  'needs-information',
  'approved',
  'refused',
  'applied',
]);

/** A case carries a purpose from receipt until it is closed or archived; a refused one was closed before its reply. */
export function caseOpen(found: { state: string; outcome: string | null }): boolean {
  return openCase.has(found.state) || (found.state === 'replied' && found.outcome === 'approved');
}

export interface VoterChange {
  changes: Change[];
  fields: FieldChange[];
  after: Voter;
}

/** Columns kept in a superseded version; derived ones (fold, flags) are derived again on restore. */
const kept = [
  'pin',
  'scheme',
  'surname',
  'givenName',
  'patronymic',
  'birthDate',
  'sex',
  'address',
  'precinct',
  'status',
] as const;

/** One change of one voter: the version as it stood is kept, the new one expects it. */
export function changeVoter(
  before: Voter,
  set: VoterSet,
  by: { officer: string; at: number; application: string | null },
): VoterChange {
  const next = { ...before, ...set };
  const fields: FieldChange[] = kept
    .filter((name) => next[name] !== before[name])
    .map((name) => ({ field: name, old: before[name], new: next[name] }));
  const after: Voter = {
    ...next,
    fold: foldedName(next.surname, next.givenName, next.patronymic),
    flags: findings(next).join(','),
    version: before.version + 1,
    changedAt: by.at,
  };
  const { id, ...columns } = after;
  return {
    fields,
    after,
    changes: [
      {
        op: 'insert',
        table: 'voterVersion',
        row: {
          voter: before.id,
          version: before.version,
          row: canonicalJson(Object.fromEntries(kept.map((name) => [name, before[name]]))),
          replacedAt: by.at,
          replacedBy: by.officer,
          application: by.application,
          entry: { entrySeq: 0 },
        },
      },
      { op: 'update', table: 'voter', key: { id }, expect: { version: before.version }, set: columns },
      { op: 'ensure', table: 'surname', row: { fold: fold(next.surname) } },
    ],
  };
}

/** Reads a kept version back as what to set. Throws on a row that is not one of ours. */
export function versionSet(rowJson: string): VoterSet {
  const row = JSON.parse(rowJson) as Record<string, unknown>;
  const set: Record<string, string> = {};
  for (const name of kept) {
    if (name === 'scheme') continue;
    const value = row[name];
    if (typeof value !== 'string') throw new Error(`a kept version lacks ${name}`);
    set[name] = value;
  }
  return set as VoterSet;
}

/** A new row for a voter included by decision (R22), with its derived columns; `surname` feeds the typo dictionary. */
export function includeVoter(
  who: Pick<
    Voter,
    'id' | 'pin' | 'surname' | 'givenName' | 'patronymic' | 'birthDate' | 'sex' | 'address' | 'precinct'
  >,
  at: number,
): { row: Voter; surname: string } {
  const row = { ...who, scheme: 'kg-pin', status: 'listed', version: 1, changedAt: at };
  return {
    row: {
      ...row,
      fold: foldedName(who.surname, who.givenName, who.patronymic),
      flags: findings(row).join(','),
    },
    surname: fold(who.surname),
  };
}
