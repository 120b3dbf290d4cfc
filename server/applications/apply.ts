// The one place where the voter list changes: an approved application is applied (R25, R13). Returns changes as data; the
// earlier version is kept by the voters room's rule, which is passed in.
import { randomUUID } from 'node:crypto';
import type { Change, NewRow, Reader, Row } from '#db/store.ts';
import type { Context } from '#server/gate/context.ts';
import type { FieldChange } from '#server/gate/leaf.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { asksSecondPerson, effectOf, mayChange } from './rules.ts';
import type { StepDeps, StepWork } from './step.ts';

/** The voters room's rules, handed in by the composition root. */
export interface ApplyChange {
  change(
    before: Row<'voter'>,
    set: Partial<Row<'voter'>>,
    by: { officer: string; at: number; application: string | null },
  ): { changes: Change[]; fields: FieldChange[] };
  /** A row for a voter who was missing, with its derived columns. */
  include(
    who: Pick<
      Row<'voter'>,
      'id' | 'pin' | 'surname' | 'givenName' | 'patronymic' | 'birthDate' | 'sex' | 'address' | 'precinct'
    >,
    at: number,
  ): { row: NewRow<'voter'>; surname: string };
}

export async function applyToList(
  { parts, calendar, changeVoter }: StepDeps,
  ctx: Context,
  reader: Reader,
  row: Row<'application'>,
): Promise<StepWork | Refusal> {
  const approval = row.approval ? await reader.applications.approvalById(row.approval) : null;
  const fieldsAsked = parts.change(row).map((c) => c.field);
  if ((row.approval || asksSecondPerson(row.kind, fieldsAsked)) && approval?.state !== 'approved')
    return refuse('second-person-required', {
      detail: 'A second person must approve this change first',
      facts: { approval: row.approval },
    });
  const frozen = calendar.isFrozen(await calendar.facts(reader), ctx.now);
  const effect = effectOf(row.kind, fieldsAsked);
  if (frozen && effect !== 'none' && !row.legalReference)
    return refuse('frozen', {
      detail: 'The list is frozen and the decision names no legal basis: review it again',
    });

  const listed =
    effect === 'none' || effect === 'include'
      ? { changes: [], fields: [], subjects: [] }
      : await changeListed();
  if ('kind' in listed) return listed;
  const included = effect === 'include' ? await include() : { changes: [], fields: [], subjects: [] };
  if ('kind' in included) return included;
  const fields = [...listed.fields, ...included.fields];
  const subjects = [...listed.subjects, ...included.subjects];
  return {
    set: { appliedBy: ctx.actor!.id, appliedAt: ctx.now, ...(included.voter && { voter: included.voter }) },
    changes: [
      ...listed.changes,
      ...included.changes,
      ...(approval
        ? [
            {
              op: 'update' as const,
              table: 'approval' as const,
              key: { id: approval.id },
              expect: { state: 'approved', version: approval.version },
              set: { state: 'executed', executedAt: ctx.now, version: approval.version + 1 },
            },
          ]
        : []),
    ],
    about: {
      ...(subjects.length && { subjects }),
      fields: fields.map((f) => f.field),
      detail: {
        changeKind: effect,
        changes: fields,
        approved: row.outcome === 'approved',
        samePerson: row.takenBy === row.decidedBy,
        frozen,
      },
    },
  };

  interface Effected {
    changes: Change[];
    fields: FieldChange[];
    subjects: string[];
    voter?: string;
  }

  async function changeListed(): Promise<Effected | Refusal> {
    const found = row.voter ? await reader.voters.byId(row.voter) : null;
    if (found?.voter.status !== 'listed')
      return refuse('not-listed', { detail: 'Review the application again, and refuse it' });
    const wanted = parts.change(row);
    const inReach = found.path.startsWith(ctx.actor!.path);
    if (!mayChange(effect, row, { inReach }, wanted.find((c) => c.field === 'precinct')?.new))
      return refuse('listed-elsewhere', { detail: 'Review the application again, and redirect it' });
    const [oldest] = await reader.voters.openBlocks(found.voter.id);
    if (oldest && oldest.application !== row.id)
      return refuse('blocked', {
        detail: 'An earlier application about this voter is still open; this one waits',
      });
    const current = found.voter as unknown as Record<string, string>;
    if (wanted.some((c) => c.old !== current[c.field]))
      return refuse('record-changed', { detail: 'Review the application again' });
    const set: Record<string, string> = Object.fromEntries(wanted.map((c) => [c.field, c.new]));
    if (effect === 'remove') set.status = 'removed';
    if (effect === 'move') {
      const precinct = await reader.commissions.byCode(set.precinct ?? row.precinct);
      if (precinct?.level !== 'PEC')
        return refuse('invalid-input', { field: 'change', detail: 'There is no such precinct' });
      set.precinct = precinct.code;
    }
    if (set.pin !== undefined && (await reader.voters.byPin(set.pin)))
      return refuse('pin-taken', { detail: 'Review the application again; it may be a duplicate' });
    const change = changeVoter.change(found.voter, set, {
      officer: ctx.actor!.id,
      at: ctx.now,
      application: row.id,
    });
    return { ...change, subjects: [found.voter.id] };
  }

  /** R22: a missing voter is included once the biometric registration is confirmed by the decision. */
  async function include(): Promise<Effected | Refusal> {
    const named = Object.fromEntries(parts.change(row).map((c) => [c.field, c.new]));
    const who = { ...parts.applicant(row), ...named };
    if (!who.pin)
      return refuse('invalid-input', {
        field: 'applicant.pin',
        detail: 'Inclusion needs the PIN: ask for it',
      });
    if (await reader.voters.byPin(who.pin))
      return refuse('pin-taken', { detail: 'Review the application again, and refuse it' });
    const id = randomUUID();
    const { row: voter, surname } = changeVoter.include(
      {
        id,
        pin: who.pin,
        surname: who.surname,
        givenName: who.givenName,
        patronymic: who.patronymic ?? '',
        birthDate: who.birthDate ?? '',
        sex: who.sex ?? '',
        address: who.address ?? '',
        precinct: row.precinct,
      },
      ctx.now,
    );
    return {
      voter: id,
      subjects: [id],
      fields: [],
      changes: [
        { op: 'insert', table: 'voter', row: voter },
        { op: 'ensure', table: 'surname', row: { fold: surname } },
      ],
    };
  }
}
