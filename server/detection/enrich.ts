// Turns an audit entry (leaf and event) into the flat fields detection rules are written in. Pure; what it cannot know from
// the entry alone it asks a `Places` for. It must read only what an entry says: no clock, no voter table.
//
// One entry is one event; where it touched up to fifty voters, `voter.id` holds them all (an array counts for each of its
// elements), so that a rule counting acts does not count voters. An application that changed the list yields one more
// event, `voter.correct`, per voter changed; so does an approved restoration, with `change.kind: restore`.
//
// Field                    from                                      made by
// event.action             leaf.act                                  gate
// event.outcome            leaf.outcome                              gate
// user.id role unit        leaf.actor, role, commission              gate
// session.id               leaf.session                              gate
// purpose                  leaf.purpose                              gate
// host.id, host.address    detail.workstation, detail.address        gate
// reason                   detail.reason                             gate (refusals), access
// voter.id voter.count     event.subjects, leaf.n                    every room that names subjects
// voter.precinct           detail.precinct, else detail.unit         voters, applications, prints
// voter.foreign            precinct's path against the actor's unit  (here)
// change.kind              detail.changeKind                         applications.apply, restoration
// change.field             detail.changes[].field, else leaf.fields  applications.apply, restoration
// application.id           event.case (of application.*)             applications
// application.kind         detail.applicationKind                    applications
// application.approved     detail.approved                           applications.apply
// application.same_person  detail.samePerson                         applications.decide, apply
// approval.id              detail.approval                           approvals, prints, voters
// approval.kind, .verdict  detail.approvalKind, detail.verdict       approvals
// calendar.frozen          detail.frozen                             applications.decide, apply; list.import
// target.user.id           detail.officer                            officers
// query.matches            detail.matches                            voters.search
// list.kind                detail.list                               prints
import { type FieldChange, openSubjects } from '#server/gate/leaf.ts';

export interface StoredEntry {
  seq: number;
  leaf: Record<string, unknown>;
  /** The event's parts; empty once erased. */
  event: {
    subjects?: ({ id: string } | { commitment: string })[];
    case?: { id: string };
    detail?: { json: Record<string, unknown> };
  };
}

/** Paths of units by code; null for a code nobody knows. */
export type Places = (code: string) => string | null;

export interface Enriched {
  seq: number;
  /** Epoch ms at which it happened. */
  timeMs: number;
  fields: Record<string, string | number | readonly string[]>;
}

/** More voters than this are a count, not a list. */
export const votersListed = 50;

export function enrich(entry: StoredEntry, places: Places): Enriched[] {
  const { seq, leaf, event } = entry;
  const timeMs = typeof leaf.t === 'number' ? leaf.t : null;
  if (timeMs === null || typeof leaf.act !== 'string') return [];
  const detail = event.detail?.json ?? {};
  const voters = [...new Set(openSubjects(event))];
  const fields: Enriched['fields'] = {};
  const put = (name: string, value: unknown) => {
    if (typeof value === 'string' || typeof value === 'number') fields[name] = value;
    // Rules compare text: `voter.foreign: "true"`.
    else if (typeof value === 'boolean') fields[name] = String(value);
  };
  put('event.action', leaf.act);
  put('event.outcome', leaf.outcome);
  put('user.id', leaf.actor);
  put('user.role', leaf.role);
  put('user.unit', leaf.commission);
  put('session.id', leaf.session);
  put('purpose', leaf.purpose);
  put('host.id', detail.workstation);
  put('host.address', detail.address);
  put('reason', detail.reason);
  put('change.kind', detail.changeKind);
  put('application.kind', detail.applicationKind);
  put('application.approved', detail.approved);
  put('application.same_person', detail.samePerson);
  put('approval.id', detail.approval);
  put('approval.kind', detail.approvalKind);
  put('approval.verdict', detail.verdict);
  put('calendar.frozen', detail.frozen);
  put('target.user.id', detail.officer);
  put('query.matches', detail.matches);
  put('list.kind', detail.list);
  if (leaf.act.startsWith('application.')) put('application.id', event.case?.id);
  const changed = fieldsOf(detail, leaf);
  if (changed.length > 0) fields['change.field'] = changed;

  put('voter.count', leaf.n);
  if (voters.length === 1) fields['voter.id'] = voters[0]!;
  else if (voters.length > 1 && voters.length <= votersListed) fields['voter.id'] = voters;
  const precinct = detail.precinct ?? detail.unit;
  if (typeof precinct === 'string' && precinct !== '') {
    fields['voter.precinct'] = precinct;
    const foreign = isForeign(precinct, leaf.commission, places);
    if (foreign !== null) fields['voter.foreign'] = String(foreign);
  }
  return [{ seq, timeMs, fields }, ...listChanges({ seq, timeMs, fields }, leaf, detail, voters)];
}

/** The changes of the list that an entry brought about, one per voter: what `voter.correct` rules look at. */
function listChanges(
  { seq, timeMs, fields }: Enriched,
  leaf: Record<string, unknown>,
  detail: Record<string, unknown>,
  voters: readonly string[],
): Enriched[] {
  const kind = detail.changeKind;
  if (leaf.outcome !== 'done' || typeof kind !== 'string' || kind === 'none') return [];
  const restores = kind === 'restore';
  if (leaf.act !== 'application.apply' && !restores) return [];
  return voters.map((voter) => ({
    seq,
    timeMs,
    fields: {
      ...fields,
      'event.action': 'voter.correct',
      'voter.id': voter,
      'voter.count': 1,
    },
  }));
}

function fieldsOf(detail: Record<string, unknown>, leaf: Record<string, unknown>): string[] {
  if (Array.isArray(detail.changes))
    return (detail.changes as FieldChange[]).map((change) => change.field).filter(Boolean);
  return Array.isArray(leaf.fields) ? leaf.fields.filter((field) => typeof field === 'string') : [];
}

/** Whether a precinct lies outside the unit the officer belonged to; null where either is not known. */
function isForeign(precinct: string, unit: unknown, places: Places): boolean | null {
  if (typeof unit !== 'string') return null;
  const there = places(precinct);
  const here = places(unit);
  return there === null || here === null ? null : !there.startsWith(here);
}
