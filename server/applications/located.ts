// An application as policies see it and as officers are shown it: the facts about it and whoever asks, what its entries
// say, and the next steps computed from the same table the server checks.
import type { Reader, Row } from '#db/store.ts';
import type { ApplicationItem } from '#server/contract/applications.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import { bishkekDay } from '#server/lib/dates.ts';
import type { Flag } from '#server/policy/relation.ts';
import { isStep, leadsFrom, type StepName, steps } from './rules.ts';
import type { SealedParts } from './sealed.ts';

export interface LocatedApplication {
  row: Row<'application'>;
  path: string;
  /** Officers who had a hand in its intake. */
  intake: ReadonlySet<string>;
}

/** The application with the facts policies ask for. */
export async function locateApplication(
  reader: Reader,
  ctx: Context,
  id: string,
): Promise<Located<LocatedApplication> | null> {
  const found = await reader.applications.byId(id);
  if (!found) return null;
  const row = found.application;
  const intake = await reader.applications.intakeOf(id);
  return {
    record: { row, path: found.path, intake },
    unit: found.path,
    flags: flagsOf(ctx, row, intake),
    about: aboutOf(row),
  };
}

export function flagsOf(ctx: Context, row: Row<'application'>, intake: ReadonlySet<string>): Flag[] {
  const flags: Flag[] = [];
  const me = ctx.actor?.id ?? '';
  if (row.takenBy === me || intake.has(me)) flags.push('took-in');
  if (row.decidedBy === me) flags.push('decided');
  return flags;
}

/** What every entry about an application says: the case, its voter, and codes for detection. */
export function aboutOf(row: Row<'application'>) {
  return {
    caseId: row.id,
    subjects: row.voter ? [row.voter] : [],
    detail: { applicationKind: row.kind, precinct: row.precinct, state: row.state },
  };
}

const answered: ReadonlySet<string> = new Set([
  'draft',
  'replied',
  'archived',
  'withdrawn',
  'redirected',
  'late',
]);

/** The item as a list and an answer to a step show it, with the steps this officer may take now. */
export function showItem(
  gate: Gate,
  ctx: Context,
  parts: SealedParts,
  { row, path, intake }: LocatedApplication,
): ApplicationItem {
  const applicant = parts.applicant(row);
  const flags = flagsOf(ctx, row, intake);
  return {
    id: row.id,
    number: row.number,
    kind: row.kind as ApplicationItem['kind'],
    state: row.state as ApplicationItem['state'],
    version: row.version,
    dueOn: row.dueOn,
    coupon: row.coupon,
    precinct: row.precinct,
    territory: row.territory,
    voter: row.voter,
    applicantName: `${applicant.surname} ${applicant.givenName} ${applicant.patronymic ?? ''}`.trim(),
    createdAt: row.createdAt,
    receivedAt: row.receivedAt,
    overdue: row.dueOn !== null && !answered.has(row.state) && bishkekDay(ctx.now) > row.dueOn,
    actions: Object.keys(steps).filter(
      (name): name is StepName =>
        isStep(name) && leadsFrom(name, row.state) && gate.may(ctx, steps[name].act, { unit: path, flags }),
    ),
  };
}
