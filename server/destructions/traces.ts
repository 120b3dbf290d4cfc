// Finds everything stored that names one person. The log is read in slices with a pause after each, so that no other request
// waits for the end of a scan.
import { setImmediate as pause } from 'node:timers/promises';
import type { Change, Reader, Row } from '#db/store.ts';
import { eraseOpenings, namesPerson, type Traces } from '#server/gate/openings.ts';
import { fold } from '#server/lib/fold.ts';

type Voter = Row<'voter'>;
type Application = Awaited<ReturnType<Reader['destructions']['applications']>>[number];
type Version = Awaited<ReturnType<Reader['destructions']['versions']>>[number];

export interface Person {
  id: string;
  /** Null where the row is gone already and only traces are left. */
  voter: Voter | null;
  versions: Version[];
  applications: Application[];
  traces: Traces;
  /** Folded surnames nobody else has: they leave the typo dictionary too. */
  ownSurnames: string[];
}

/** Shorter identifiers would be found in numbers that are no identifiers. */
const tellingLength = 8;

/** Everything by which a person is known. */
export async function findPerson({ destructions }: Reader, id: string): Promise<Person> {
  const voter = await destructions.voter(id);
  const versions = await destructions.versions(id);
  const applications = await destructions.applications(id);
  const rows: Record<string, unknown>[] = versions.map(({ row }) => JSON.parse(row));
  if (voter) rows.push({ ...voter });
  const text = (row: Record<string, unknown>, name: string) => String(row[name] ?? '');
  const ownSurnames: string[] = [];
  for (const surname of new Set(rows.map((row) => fold(text(row, 'surname')))))
    if (surname !== '' && !(await destructions.hasNamesake(id, surname))) ownSurnames.push(surname);
  const identifiers = [
    ...rows.map((row) => text(row, 'pin')),
    ...applications.flatMap(({ number, coupon }) => [number, coupon ?? '']),
  ];
  return {
    id,
    voter,
    versions,
    applications,
    ownSurnames,
    traces: {
      voter: id,
      cases: applications.map((application) => application.id),
      texts: [...new Set(identifiers)].filter((one) => one.length >= tellingLength),
      names: rows.map((row) => {
        const surname = fold(text(row, 'surname'));
        const [given, patronymic] = [fold(text(row, 'givenName')), fold(text(row, 'patronymic'))];
        return { surname, given, patronymic, unique: ownSurnames.includes(surname) };
      }),
    },
  };
}

const sliceEntries = 500;
/** Parts of an event in which people type freely: names are compared folded, which SQL cannot. */
const freeParts = ['"query":', '"note":', '"reason":'];

export interface Erasure {
  changes: Change[];
  entries: number;
  openings: number;
}

/** What must change in the events from `from` on so that none names the person any more. */
export async function eraseEvents(
  { destructions }: Reader,
  traces: Traces,
  size: number,
  from = 0,
): Promise<Erasure> {
  const found: Erasure = { changes: [], entries: 0, openings: 0 };
  const texts = [traces.voter, ...traces.cases, ...traces.texts, ...(traces.names.length ? freeParts : [])];
  for (let at = from; at < size; at += sliceEntries) {
    const rows = await destructions.eventsNaming(at, Math.min(size, at + sliceEntries), texts);
    for (const { seq, json } of rows) {
      const erased = eraseOpenings(json, traces);
      if (erased === null) continue;
      found.entries++;
      found.openings += erased.openings;
      // Two erasures may meet on one entry: the second must not bring back what the first took.
      found.changes.push({
        op: 'update',
        table: 'event',
        key: { seq },
        expect: { json },
        set: { json: erased.json },
      });
    }
    await pause();
  }
  return found;
}

/** The projections of what was erased. */
export async function eraseTrail({ destructions }: Reader, traces: Traces): Promise<Change[]> {
  const changes: Change[] = [];
  if (await destructions.inTrail(traces.voter))
    changes.push({ op: 'delete', table: 'trailVoter', key: { voter: traces.voter } });
  for (const caseId of await destructions.casesInTrail(traces.cases))
    changes.push({ op: 'update', table: 'trail', key: { caseId }, set: { caseId: null } });
  return changes;
}

/** What officials wrote about the person beside records of others; `gone` approvals go with their votes. */
export async function eraseNotes(
  { destructions }: Reader,
  traces: Traces,
  gone: ReadonlySet<string>,
): Promise<Change[]> {
  const { alertSteps, alerts, votes } = await destructions.notes();
  const says = (text: string) =>
    namesPerson(text, traces) ||
    [traces.voter, ...traces.cases, ...traces.texts].some((trace) => text.includes(trace));
  return [
    ...alertSteps
      .filter(({ text }) => says(text))
      .map(({ alert, version }): Change => {
        return { op: 'update', table: 'alertStep', key: { alert, version }, set: { note: '' } };
      }),
    ...alerts
      .filter(({ text }) => says(text))
      .map(({ id }): Change => ({ op: 'update', table: 'alert', key: { id }, set: { closeNote: null } })),
    ...votes
      .filter(({ approval, text }) => !gone.has(approval) && says(text))
      .map(({ approval, officer }): Change => {
        return { op: 'update', table: 'approvalVote', key: { approval, officer }, set: { reason: '' } };
      }),
  ];
}
