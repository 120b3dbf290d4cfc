// An application as officers are shown it, with the steps open to them now: state, duty and reach from the table and the
// policy, the rest from the very checks that would refuse the step. What is offered is accepted; what is only waiting for
// something says for what.
import type { Reader, Row } from '#db/store.ts';
import type { ApplicationItem } from '#server/contract/applications.ts';
import type { Context } from '#server/gate/context.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { bishkekDay } from '#server/lib/dates.ts';
import { applyToList } from './apply.ts';
import { flagsOf, type LocatedApplication } from './located.ts';
import { isStep, leadsFrom, type StepName, steps } from './rules.ts';
import type { StepDeps } from './step.ts';

/** Why a step the state allows cannot be taken yet, whatever its body says; null where nothing stands in the way. */
export async function hindranceOf(
  deps: StepDeps,
  ctx: Context,
  reader: Reader,
  row: Row<'application'>,
  name: StepName,
): Promise<Refusal | null> {
  if (name === 'receive' || name === 'refuse-late') {
    const late = deps.calendar.isLate(await deps.calendar.facts(reader), row.kind, ctx.now);
    if (name === 'receive')
      return late ? refuse('too-late', { detail: 'The territory records a late refusal instead' }) : null;
    return late ? null : refuse('wrong-state', { detail: 'The last day for applications has not passed' });
  }
  if (name !== 'apply') return null;
  const done = await applyToList(deps, ctx, reader, row);
  return 'kind' in done ? done : null;
}

const answered: ReadonlySet<string> = new Set([
  'draft',
  'replied',
  'archived',
  'withdrawn',
  'redirected',
  'late',
]);

/** The item as a list and an answer to a step show it. */
export async function showItem(
  deps: StepDeps,
  ctx: Context,
  reader: Reader,
  { row, path, intake }: LocatedApplication,
): Promise<ApplicationItem> {
  const applicant = deps.parts.applicant(row);
  const flags = flagsOf(ctx, row, intake);
  const actions: StepName[] = [];
  const waits: ApplicationItem['waits'] = [];
  for (const name of Object.keys(steps)) {
    if (!isStep(name) || !leadsFrom(name, row.state)) continue;
    if (!deps.gate.may(ctx, steps[name].act, { unit: path, flags })) continue;
    const hindrance = await hindranceOf(deps, ctx, reader, row, name);
    if (!hindrance) actions.push(name);
    // A refusal for coming late is no step of an application that came in time.
    else if (name !== 'refuse-late') waits.push({ action: name, why: hindrance.kind });
  }
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
    actions,
    waits,
  };
}
