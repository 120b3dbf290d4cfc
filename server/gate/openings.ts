// Erasing what an event says of one person, and nothing else of it: their opening becomes a bare commitment, so that the
// others on the same entry stay provable; a case, a query or facts that would name them go. Pure; leaves are never touched.
import { fold } from '#server/lib/fold.ts';
import { commitmentOf, openSubjects, type StoredEvent } from './leaf.ts';

/** Everything by which a stored text can name one person. */
export interface Traces {
  /** Voter id. */
  voter: string;
  /** Ids of applications about them. */
  cases: readonly string[];
  /** Identifiers as stored or typed: PINs, coupons, registration numbers. */
  texts: readonly string[];
  /** Folded names of every version; `unique` where nobody else on the list has that surname. */
  names: readonly { surname: string; given: string; patronymic: string; unique: boolean }[];
}

/** Facts of an event that are codes and counts of the act, never of a person. Whatever is not here goes with the person. */
const plainFacts: ReadonlySet<string> = new Set([
  'address',
  'alert',
  'applicationKind',
  'approval',
  'approvalKind',
  'approved',
  'approximate',
  'changeKind',
  'emergency',
  'folded',
  'frozen',
  'level',
  'list',
  'matches',
  'outcome',
  'precinct',
  'proven',
  'rule',
  'ruleVersion',
  'samePerson',
  'shown',
  'unit',
  'where',
  'workstation',
]);

/** @returns the event without the person and how many openings went; null where it says nothing of them */
export function eraseOpenings(eventText: string, traces: Traces): { json: string; openings: number } | null {
  const event = JSON.parse(eventText) as StoredEvent;
  const left: StoredEvent = { ...event };
  let openings = 0;
  const mentioned = (part: unknown) => mentions(JSON.stringify(part), traces);
  const touched = openSubjects(event).includes(traces.voter);
  if (touched)
    left.subjects = event.subjects!.map((subject) => {
      if (!('id' in subject) || subject.id !== traces.voter) return subject;
      openings++;
      return { commitment: commitmentOf(subject) };
    });
  const theirs = event.case !== undefined && traces.cases.includes(event.case.id);
  const drop = (part: 'case' | 'query' | 'detail') => {
    delete left[part];
    openings++;
  };
  if (theirs) drop('case');
  // A search that found them tells their name, or the beginning of it.
  if (event.query && (touched || mentioned(event.query.text) || namesPerson(event.query.text, traces)))
    drop('query');
  if (event.detail) {
    const { json } = event.detail;
    const plain = Object.keys(json).every((key) => plainFacts.has(key));
    if (mentioned(json) || ((touched || theirs) && !plain) || freeTextNames(json, traces)) drop('detail');
  }
  return openings === 0 ? null : { json: JSON.stringify(left), openings };
}

function mentions(text: string, { voter, cases, texts }: Traces): boolean {
  return [voter, ...cases, ...texts].some((trace) => trace !== '' && text.includes(trace));
}

function freeTextNames(json: Record<string, unknown>, traces: Traces): boolean {
  return Object.entries(json).some(
    ([key, value]) => !plainFacts.has(key) && typeof value === 'string' && namesPerson(value, traces),
  );
}

/** Whether a text names the person: the surname with another name of theirs, or alone where it is nobody else's. */
export function namesPerson(text: string, { names }: Pick<Traces, 'names'>): boolean {
  const words = fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  const says = (name: string) =>
    name !== '' &&
    name.split(/[^\p{L}\p{N}]+/u).every((part) =>
      // Kyrgyz and Russian add their endings behind a name; who searches types its beginning.
      words.some((word) => word.startsWith(part) || (word.length >= 3 && part.startsWith(word))),
    );
  return names.some(
    ({ surname, given, patronymic, unique }) => says(surname) && (unique || says(given) || says(patronymic)),
  );
}
