// Does an event still open what its leaf commits to? Asked of every entry by `audit verify`, so nothing here is made anew
// for each. An erased part (a subject's bare commitment, a part or row that is gone) is lawful; a changed one is not, down
// to the byte: one that only looks the same to a parser, or hides under another name what would no longer open, is a
// changed one. Pure; whatever the two texts are, the answer is a finding and never an error.
import { type CanonicalValue, canonicalJson } from '#server/lib/canonical.ts';
import { commitment, type StoredEvent, type StoredSubject, subjectsRoot } from './leaf.ts';

/** Null, or what disagrees. */
export function checkOpenings(leafText: string, eventText: string): string | null {
  const read = readOpenings(leafText, eventText);
  return 'fault' in read ? read.fault : null;
}

/** What is missing of an entry's openings, and how many of others' an act of erasure accounts for. */
export interface Openings {
  missing: number;
  /** `erased` of an act that was carried out. */
  accountedFor: number;
}

const none: StoredEvent = {};

/** @param eventText null where the whole row is gone */
export function readOpenings(leafText: string, eventText: string | null): Openings | { fault: string } {
  const leaf = parseObject(leafText);
  if (leaf === null) return { fault: 'the leaf is not a JSON object' };
  let event = none;
  if (eventText !== null) {
    const parsed = parseObject(eventText);
    if (parsed === null) return { fault: 'the event is not JSON' };
    if (!isEvent(parsed) || JSON.stringify(parsed) !== eventText)
      return { fault: 'the event is not as it was written' };
    event = parsed;
  }
  const { subjects, detail, query } = event;
  if (detail !== undefined && !opensDetail(detail, leaf.detail))
    return { fault: 'the detail does not open its commitment' };
  if (event.case !== undefined && committed(event.case.salt, event.case.id) !== leaf.case)
    return { fault: 'the case does not open its commitment' };
  if (query !== undefined && committed(query.salt, query.text) !== leaf.query)
    return { fault: 'the query does not open its commitment' };
  let missing = 0;
  if (subjects !== undefined) {
    const commitments: string[] = [];
    for (const subject of subjects) {
      if (!('id' in subject)) missing++;
      commitments.push('id' in subject ? committed(subject.salt, subject.id) : subject.commitment);
    }
    if (subjectsRoot(commitments) !== leaf.subjects) return { fault: 'the subjects do not open their root' };
  } else if (leaf.subjects !== undefined) {
    missing += typeof leaf.n === 'number' ? leaf.n : 1;
  }
  if (leaf.case !== undefined && event.case === undefined) missing++;
  if (leaf.query !== undefined && query === undefined) missing++;
  if (leaf.detail !== undefined && detail === undefined) missing++;
  const { erased, outcome } = leaf;
  return { missing, accountedFor: typeof erased === 'number' && outcome === 'done' ? erased : 0 };
}

const saltArea = Buffer.alloc(32);

/** @param salt 64 hex digits, as `isEvent` has seen */
function committed(salt: string, text: string): string {
  saltArea.write(salt, 'hex');
  return commitment(saltArea, text);
}

function opensDetail({ json, salt }: NonNullable<StoredEvent['detail']>, expected: unknown): boolean {
  let text: string;
  try {
    text = canonicalJson(json as CanonicalValue);
  } catch (error) {
    // A value no leaf can have committed to, such as a fraction.
    if (error instanceof TypeError) return false;
    throw error;
  }
  return committed(salt, text) === expected;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const hex32 = /^[0-9a-f]{64}$/;

/** Exactly the parts and keys `draftEntry` and erasure write; any part may be gone. */
function isEvent(event: Record<string, unknown>): event is StoredEvent & Record<string, unknown> {
  // What was parsed from JSON has no other keys than its own, `__proto__` included.
  for (const name in event) {
    const part = event[name];
    if (name === 'detail') {
      if (!holds(part, 'json') || typeof part.json !== 'object' || part.json === null) return false;
    } else if (name === 'case') {
      if (!holds(part, 'id') || typeof part.id !== 'string') return false;
    } else if (name === 'query') {
      if (!holds(part, 'text') || typeof part.text !== 'string') return false;
    } else if (name !== 'subjects' || !Array.isArray(part) || !part.every(isSubject)) {
      return false;
    }
  }
  return true;
}

/** A salt and one thing beside it, under this name. */
function holds(part: unknown, name: string): part is Record<string, unknown> {
  return (
    isObject(part) &&
    keysOf(part) === 2 &&
    name in part &&
    typeof part.salt === 'string' &&
    hex32.test(part.salt)
  );
}

function isSubject(part: unknown): part is StoredSubject {
  if (!isObject(part)) return false;
  if (typeof part.commitment === 'string') return keysOf(part) === 1 && hex32.test(part.commitment);
  return holds(part, 'id') && typeof part.id === 'string';
}

function keysOf(part: object): number {
  let keys = 0;
  for (const _ in part) keys++;
  return keys;
}
