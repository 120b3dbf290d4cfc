// The closed union of expected outcomes. http/problems.ts maps every refusal to one RFC 9457 problem; bugs are thrown,
// never returned.

export const refusals = {
  'not-found': { status: 404, title: 'There is no such record within your reach' },
  denied: { status: 403, title: 'Your duty does not include this' },
  'step-up-required': { status: 403, title: 'Show your second factor for this act' },
  'stage-required': { status: 403, title: 'Finish logging in first' },
  'clearance-expired': { status: 403, title: 'Your clearance has expired' },
  'own-request': { status: 403, title: 'Another person must do this' },
  'bad-credentials': { status: 401, title: 'Login, password or code is not right' },
  unauthenticated: { status: 401, title: 'Log in first' },
  locked: { status: 423, title: 'The session is locked' },
  stale: { status: 409, title: 'Somebody changed this in the meantime' },
  'already-done': { status: 409, title: 'This was already done' },
  used: { status: 409, title: 'The one download of this file was used' },
  expired: { status: 409, title: 'The time to fetch this file has passed' },
  'wrong-state': { status: 409, title: 'This step is not possible now' },
  'second-person-required': { status: 409, title: 'A second person must approve this first' },
  'record-changed': { status: 409, title: 'The record is not what was decided about any more' },
  'taken-back': { status: 409, title: 'An approval it rests on counts no more' },
  'not-listed': { status: 409, title: 'The voter is not on the list any more' },
  'listed-elsewhere': { status: 409, title: 'The voter is on another territory’s list' },
  'pin-taken': { status: 409, title: 'Somebody on the list has this PIN already' },
  'too-late': { status: 409, title: 'The last day for applications has passed' },
  blocked: { status: 409, title: 'The record is blocked while an application is open' },
  frozen: { status: 409, title: 'The list is frozen' },
  'case-required': { status: 422, title: 'Name the open application this is for' },
  'invalid-input': { status: 422, title: 'Something is missing or wrong' },
  'weak-password': { status: 422, title: 'Choose another password' },
  'too-many': { status: 429, title: 'Too many requests; wait a little' },
  'too-broad': { status: 422, title: 'Narrow the search' },
  'too-large': { status: 413, title: 'That is too much at once' },
  'bad-request': { status: 400, title: 'The request is malformed' },
  'bad-origin': { status: 403, title: 'The request came from another site' },
  'simple-type': { status: 403, title: 'Send application/json: a form of another site could send this' },
  'unsupported-type': { status: 415, title: 'Send application/json' },
  busy: { status: 503, title: 'Too busy just now' },
  'log-unavailable': {
    status: 503,
    title: 'The audit log is not accepting entries; nothing can be shown now',
  },
  'internal-error': { status: 500, title: 'Something went wrong here' },
} as const;

export type RefusalKind = keyof typeof refusals;

export interface Refusal {
  kind: RefusalKind;
  /** What is wrong and what to do next, in English; pages translate by kind and `field`. No personal data. */
  detail?: string;
  /** The input field at fault. */
  field?: string;
  /** Machine-readable facts for the page (needed act and hash of a step-up, current version, seconds to wait). */
  facts?: Record<string, string | number | boolean | null>;
}

export type Outcome<V> = { kind: 'done'; value: V; entry: number } | Refusal;

export function refuse(kind: RefusalKind, rest: Omit<Refusal, 'kind'> = {}): Refusal {
  return { kind, ...rest };
}

/** A refusal in words, for terminals. */
export function wordsOf({ kind, detail, facts }: Refusal): string {
  const wait = facts?.retryAfterSeconds === undefined ? '' : ` Wait ${facts.retryAfterSeconds} seconds.`;
  return `${detail ?? refusals[kind].title}.${wait}`;
}
