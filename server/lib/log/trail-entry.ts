// What of an entry can be searched: its row of `trail` and the persons of its rows of `trail_voter`, read from leaf and event. One
// function makes them and is what they are checked against. Pure; whatever the two texts are, nothing is thrown.

/** Columns of `trail`, in the table's order. */
export const trailColumns = [
  'seq',
  'at',
  'act',
  'outcome',
  'actor',
  'role',
  'commission',
  'session',
  'purpose',
  'case_id',
  'address',
  'policy',
  'persons',
] as const;

/** A row of `trail`, in the order of `trailColumns`. */
export type TrailRow = [
  seq: number,
  at: number,
  act: string,
  outcome: string,
  actor: string | null,
  role: string | null,
  commission: string | null,
  session: string | null,
  purpose: string | null,
  caseId: string | null,
  address: string | null,
  policy: string | null,
  persons: number,
];

export interface TrailEntry {
  row: TrailRow;
  /** Each once. */
  voters: string[];
  /** True where an act of erasure took the detail: a row built before it still has the address that stood there. */
  lostDetail: boolean;
}

export const trailHourMs = 3_600_000;

/**
 * @param eventText null where the event was erased
 * @returns null for a leaf that is not one of ours: it stays in the log, where verification shows it
 */
export function trailEntry(seq: number, leafText: string, eventText: string | null): TrailEntry | null {
  const leaf = parseObject(leafText);
  if (leaf === null || typeof leaf.t !== 'number' || typeof leaf.act !== 'string') return null;
  const event = (eventText === null ? null : parseObject(eventText)) ?? {};
  const detail = asObject(asObject(event.detail).json);
  const voters = Array.isArray(event.subjects)
    ? event.subjects.map((subject) => asObject(subject).id).filter((id) => typeof id === 'string')
    : [];
  return {
    row: [
      seq,
      leaf.t,
      leaf.act,
      text(leaf.outcome) ?? '',
      text(leaf.actor),
      text(leaf.role),
      text(leaf.commission),
      text(leaf.session),
      text(leaf.purpose),
      text(asObject(event.case).id),
      text(detail.address),
      text(leaf.policy),
      typeof leaf.n === 'number' ? leaf.n : 0,
    ],
    voters: [...new Set(voters)],
    lostDetail: leaf.detail !== undefined && event.detail === undefined,
  };
}

function parseObject(json: string): Record<string, unknown> | null {
  try {
    return asObject(JSON.parse(json));
  } catch {
    // A leaf need not be JSON to be in the log; what is not has nothing to show.
    return null;
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
