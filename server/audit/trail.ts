// Turns rows of the trail into what a reader may see of them. Knows nothing of HTTP; decides nothing about access.
import type { Reader } from '#db/store.ts';
import type { TrailItem } from '#server/contract/audit.ts';
import { openSubjects } from '#server/gate/leaf.ts';
import { officerOf, readEntry, shownChanges, shownDetail, type ValueSight } from './rules.ts';

export type TrailRow = Awaited<ReturnType<Reader['audit']['page']>>[number];

const subjectsShown = 50;

/** A session as it went, in seconds: from the first step of the log-in to its end, or to what was done in it last. */
function lengthOf({ startedAt, endedAt, seenAt, lastAt }: NonNullable<TrailRow['session']>): number {
  const until = endedAt ?? Math.max(seenAt, lastAt ?? 0);
  return Math.max(0, Math.round((until - startedAt) / 1000));
}

/** @param mask how a field's value is shown to somebody who sees voters masked */
export function showEntry(
  { trail, leaf, json, officer, session }: TrailRow,
  sight: ValueSight,
  mask: (field: string, value: string) => string,
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
    officer: officerOf(trail.actor, trail.role, trail.commission, officer),
    session:
      trail.session !== null && session
        ? {
            id: trail.session,
            startedAt: session.startedAt,
            lengthSeconds: lengthOf(session),
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
