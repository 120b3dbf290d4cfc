// What destroying one person's data changes, as data: one commit makes all of it and its entry durable together. It decides
// nothing about whether it may be done.
import { createHmac, randomBytes } from 'node:crypto';
import type { Change, Reader } from '#db/store.ts';
import type { Traces } from '#server/gate/openings.ts';
import { eraseEvents, eraseNotes, eraseTrail, findPerson, type Person } from './traces.ts';

export interface Destroyed {
  person: Person;
  changes: Change[];
  /** Entries below this were looked at. */
  size: number;
  /** Openings of the log that go; the entry says so and `audit verify` counts on it. */
  openings: number;
  counts: Record<string, number>;
}

/**
 * @param keep the approval that orders it: it stays, without saying whose data it was
 * @param after what an earlier destruction of the same person knew of them, and the first entry it did not look at
 */
export async function destroyPerson(
  reader: Reader,
  id: string,
  keep: string | null,
  after: { traces: Traces; size: number } | null = null,
): Promise<Destroyed> {
  const { destructions } = reader;
  const person = await findPerson(reader, id);
  const { voter, versions, applications, ownSurnames } = person;
  const traces = after ? together(person.traces, after.traces) : person.traces;
  const cases = traces.cases;
  const { steps, attachments, blocks } = await destructions.rows(id, cases);
  const ids = [id, ...cases];
  const approvals = (await destructions.approvalsNaming(ids)).filter((approval) => approval.id !== keep);
  const votes = await destructions.votesOf(approvals.map((approval) => approval.id));
  const alerts = await destructions.alertsNaming(ids);
  const size = await destructions.logSize();
  const events = await eraseEvents(reader, traces, size, after?.size);

  const changes: Change[] = [];
  if (versions.length) changes.push({ op: 'delete', table: 'voterVersion', key: { voter: id } });
  if (blocks.length) changes.push({ op: 'delete', table: 'block', key: { voter: id } });
  for (const { application } of steps)
    changes.push({ op: 'delete', table: 'applicationStep', key: { application } });
  for (const attachment of attachments)
    changes.push({ op: 'delete', table: 'attachment', key: { id: attachment.id } });
  for (const { id, version } of applications)
    changes.push({ op: 'delete', table: 'application', key: { id }, expect: { version } });
  for (const { approval, officer } of votes)
    changes.push({ op: 'delete', table: 'approvalVote', key: { approval, officer } });
  for (const { id, version } of approvals)
    changes.push({ op: 'delete', table: 'approval', key: { id }, expect: { version } });
  for (const alert of alerts) {
    const entity = ids.reduce((text, one) => text.replaceAll(one, 'erased'), alert.entity);
    changes.push({
      op: 'update',
      table: 'alert',
      key: { id: alert.id },
      expect: { version: alert.version },
      set: { voter: null, entity },
    });
  }
  for (const surname of ownSurnames)
    changes.push(
      // It may never have been in the dictionary: put it there, so that taking it out meets a row.
      { op: 'ensure', table: 'surname', row: { fold: surname } },
      { op: 'delete', table: 'surname', key: { fold: surname } },
    );
  if (voter) changes.push({ op: 'delete', table: 'voter', key: { id }, expect: { version: voter.version } });
  const gone = new Set(approvals.map((approval) => approval.id));
  changes.push(
    ...events.changes,
    ...(await eraseTrail(reader, traces)),
    ...(await eraseNotes(reader, traces, gone)),
  );
  return {
    person: { ...person, traces },
    changes,
    size,
    openings: events.openings,
    counts: {
      alerts: alerts.length,
      applications: applications.length,
      approvals: approvals.length,
      attachments: attachments.length,
      entries: events.entries,
      openings: events.openings,
      records: voter ? 1 : 0,
      versions: versions.length,
    },
  };
}

function together(a: Traces, b: Traces): Traces {
  return {
    voter: a.voter,
    cases: [...new Set([...a.cases, ...b.cases])],
    texts: [...new Set([...a.texts, ...b.texts])],
    names: [...a.names, ...b.names],
  };
}

/** A mark by which a copy is known to hold what was destroyed; it tells nothing to whoever does not have the id. */
export function markOf(voter: string): { salt: string; mark: string } {
  const salt = randomBytes(32).toString('hex');
  return { salt, mark: markWith(salt, voter) };
}

export function markWith(salt: string, voter: string): string {
  return createHmac('sha256', Buffer.from(salt, 'hex')).update(voter, 'utf8').digest('hex');
}
