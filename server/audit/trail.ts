// Turns rows of the trail into what a reader may see of them. Knows nothing of HTTP; decides nothing about access.
import type { Reader } from '#db/store.ts';
import type { TrailItem } from '#server/contract/audit.ts';
import { openSubjects } from '#server/gate/leaf.ts';
import { officerOf, readEntry, shownChanges, shownDetail, type ValueSight } from './rules.ts';

export type TrailRow = Awaited<ReturnType<Reader['audit']['page']>>[number];

const subjectsShown = 50;

/** Sessions as they went: from the first step of the log-in to their end, or to what was done in them last. */
export async function sessionLengths(
  reader: Reader,
  rows: readonly TrailRow[],
): Promise<Map<string, number>> {
  const ids = new Set(rows.map((row) => row.trail.session).filter((id) => id !== null));
  const activity = await reader.audit.sessionActivity([...ids]);
  const last = new Map(activity.map((row) => [row.session, row.at]));
  const lengths = new Map<string, number>();
  for (const { trail, session } of rows) {
    if (trail.session === null || !session) continue;
    const until = session.endedAt ?? Math.max(session.seenAt, last.get(trail.session) ?? 0);
    lengths.set(trail.session, Math.max(0, Math.round((until - session.startedAt) / 1000)));
  }
  return lengths;
}

/** @param mask how a field's value is shown to somebody who sees voters masked */
export function showEntry(
  { trail, leaf, json, past, present, session }: TrailRow,
  sight: ValueSight,
  mask: (field: string, value: string) => string,
  lengths: ReadonlyMap<string, number>,
): TrailItem {
  const entry = readEntry(leaf, json);
  const { detail, event } = entry;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  const fields = Array.isArray(entry.leaf.fields)
    ? entry.leaf.fields.filter((f) => typeof f === 'string')
    : [];
  return {
    seq: trail.seq,
    at: trail.at,
    act: trail.act,
    outcome: trail.outcome,
    officer: officerOf(trail.actor, trail.role, trail.commission, past, present),
    session:
      trail.session !== null && session
        ? {
            id: trail.session,
            startedAt: session.startedAt,
            lengthSeconds: lengths.get(trail.session) ?? 0,
          }
        : null,
    purpose: trail.purpose,
    case: trail.caseId,
    persons: trail.persons,
    fields,
    policy: trail.policy ?? '',
    address: trail.address,
    workstation: text(detail.workstation),
    subjects: openSubjects(event).slice(0, subjectsShown),
    query: sight === 'none' ? null : text(event.query?.text),
    changes: shownChanges(detail, sight, mask),
    detail: shownDetail(detail, sight),
    erased: isErased(entry),
  };
}

/** Whether anything that the leaf commits to is no longer there to be read. */
function isErased({ leaf, event }: ReturnType<typeof readEntry>): boolean {
  const parts = ['case', 'detail', 'query', 'subjects'] as const;
  return (
    parts.some((part) => leaf[part] !== undefined && event[part] === undefined) ||
    (event.subjects ?? []).some((subject) => !('id' in subject))
  );
}
