// Use cases about applications: take in, list, view, and the public status. The steps that follow are in step.ts. Every
// use case passes the gate once; none touches the voter list but `apply`, through the rules of the voters room.
import { randomUUID } from 'node:crypto';
import type { Row } from '#db/store.ts';
import type {
  ApplicationCard,
  ApplicationItem,
  ApplicationQuery,
  NewApplication,
} from '#server/contract/applications.ts';
import type { Context } from '#server/gate/context.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { bishkekDay } from '#server/lib/dates.ts';
import { showAttachment } from './attachments.ts';
import { takesDocuments } from './documents.ts';
import { aboutOf, type LocatedApplication, locateApplication } from './located.ts';
import { numberFor } from './number.ts';
import { showItem } from './offered.ts';
import { effectOf, firstState, mayChange, needsVoter } from './rules.ts';
import type { WantedChange } from './sealed.ts';
import { receipt, type StepDeps } from './step.ts';
import { checkApplicant, checkChange } from './wanted.ts';

export interface ApplicationDeps extends StepDeps {
  /** The voters room's masks, by field: an application never shows what a reveal is asked for. */
  maskField(field: string, value: string): string;
}

type Listed = { application: Row<'application'>; path: string };

export function createApplications(deps: ApplicationDeps) {
  const { gate, parts, calendar, maskField } = deps;

  return {
    async createApplication(ctx: Context, input: NewApplication): Promise<Outcome<ApplicationItem>> {
      const id = randomUUID();
      interface Place {
        precinct: string;
        territory: string;
        path: string;
        election: string;
        voter: Row<'voter'> | null;
      }
      return gate.change<Place, ApplicationItem>(ctx, 'application.create', {
        async locate(reader) {
          const named = input.voter ? await reader.voters.byId(input.voter) : null;
          if (input.voter && !named) return null;
          const code = named?.voter.precinct ?? input.precinct ?? ctx.actor!.commission;
          const unit = await reader.commissions.byCode(code);
          if (!unit) return null;
          // Who asks to be moved here may be listed elsewhere: named by PIN, the record is not shown (R22, R23).
          const pin = input.applicant.pin;
          const moves =
            effectOf(
              input.kind,
              (input.change ?? []).map((c) => c.field),
            ) === 'move';
          const elsewhere = !named && pin && moves ? await reader.voters.byPin(pin) : null;
          const current = await reader.calendar.current();
          return {
            record: {
              precinct: unit.code,
              territory: unit.parent ?? unit.code,
              path: unit.path,
              election: current?.election.id ?? '',
              voter: named?.voter ?? elsewhere?.voter ?? null,
            },
            unit: unit.path,
            about: {
              subjects: input.voter ? [input.voter] : [],
              detail: { applicationKind: input.kind, precinct: code },
            },
          };
        },
        async decide(place, reader) {
          const { voter } = place;
          const about = {
            caseId: id,
            subjects: voter ? [voter.id] : [],
            detail: { applicationKind: input.kind, precinct: place.precinct },
          };
          const unit = await reader.commissions.byCode(place.precinct);
          if (unit?.level !== 'PEC')
            return {
              ...refuse('invalid-input', {
                field: 'precinct',
                detail: 'Name the precinct that takes the application',
              }),
              about,
            };
          const asked = input.change ?? [];
          const fields = asked.map((c) => c.field);
          if (needsVoter(input.kind, fields) && !voter)
            return {
              ...refuse('invalid-input', {
                field: 'voter',
                detail: 'Name the voter, or the PIN of one listed elsewhere',
              }),
              about,
            };
          const today = bishkekDay(ctx.now);
          const wrong = checkApplicant(input.applicant, today) ?? checkChange(input.kind, asked, today);
          if (wrong) return { ...wrong, about };
          const destination = asked.find((c) => c.field === 'precinct')?.new;
          if (destination !== undefined && (await reader.commissions.byCode(destination))?.level !== 'PEC')
            return {
              ...refuse('invalid-input', {
                field: `change.${fields.indexOf('precinct')}.new`,
                detail: 'There is no such precinct',
              }),
              about,
            };
          const listedHere = voter?.precinct === place.precinct;
          if (voter && !mayChange(effectOf(input.kind, fields), place, { inReach: listedHere }, destination))
            return {
              ...refuse('invalid-input', {
                field: 'change',
                detail:
                  'A voter listed elsewhere can only be moved into the precinct that takes the application',
              }),
              about,
            };
          // Nothing of a record that lies elsewhere is kept here, not even as what is to be changed.
          const change: WantedChange[] = asked.map(({ field, new: to }) => ({
            field,
            old: listedHere ? voter[field] : '',
            new: to,
          }));
          const channel = input.channel ?? 'in-person';
          const state = firstState(
            channel,
            calendar.isLate(await calendar.facts(reader), input.kind, ctx.now),
          );
          const draft: Row<'application'> = {
            id,
            number: await numberFor(place.precinct, today, id, reader.applications.hasNumber),
            coupon: null,
            kind: input.kind,
            channel,
            election: place.election,
            precinct: place.precinct,
            territory: place.territory,
            state,
            voter: voter?.id ?? null,
            applicant: parts.seal(id, 'applicant', input.applicant),
            passport: null,
            passportIndex: null,
            representative: input.representative
              ? parts.seal(id, 'representative', input.representative)
              : null,
            change: parts.seal(id, 'change', change),
            legalBasis: input.legalBasis ?? '',
            takenBy: ctx.actor!.id,
            createdAt: ctx.now,
            identityCheckedAt: null,
            photoMatched: 0,
            receivedAt: null,
            enteredAt: null,
            atTerritoryAt: null,
            dueOn: null,
            reviewedBy: null,
            decidedBy: null,
            decidedAt: null,
            outcome: null,
            reason: null,
            legalReference: null,
            approval: null,
            appliedBy: null,
            appliedAt: null,
            repliedAt: null,
            replyMethod: null,
            replyProof: null,
            shelf: null,
            version: 1,
          };
          const received = state === 'received' ? receipt(deps, ctx.now, draft) : null;
          const row = { ...draft, ...received?.set };
          return {
            kind: 'change',
            changes: [
              { op: 'insert', table: 'application', row },
              {
                op: 'insert',
                table: 'applicationStep',
                row: {
                  application: id,
                  version: 1,
                  at: ctx.now,
                  officer: ctx.actor!.id,
                  action: 'create',
                  state,
                  entry: { entrySeq: 0 },
                },
              },
              ...(received?.changes ?? []),
            ],
            value: await showItem(deps, ctx, reader, {
              row,
              path: place.path,
              intake: new Set([ctx.actor!.id]),
            }),
            about: { ...about, fields, detail: { ...about.detail, channel, state } },
          };
        },
      });
    },

    async listApplications(
      ctx: Context,
      query: ApplicationQuery,
    ): Promise<Outcome<{ items: ApplicationItem[]; next: string | null }>> {
      return gate.read<Listed[], { items: ApplicationItem[]; next: string | null }>(ctx, 'application.list', {
        async locate(reader) {
          const limit = query.limit ?? 50;
          const rows = await reader.applications.page({
            path: ctx.actor!.path,
            ...(query.state && { state: query.state }),
            ...(query.precinct && { precinct: query.precinct }),
            ...(query.voter && { voter: query.voter }),
            ...(query.overdue && { overdueOn: bishkekDay(ctx.now) }),
            ...afterOf(query.after),
            limit: limit + 1,
          });
          return { record: rows, unit: null };
        },
        async release(rows, reader) {
          const limit = query.limit ?? 50;
          const shown = rows.slice(0, limit);
          const items: ApplicationItem[] = [];
          for (const { application: row, path } of shown) {
            const intake = await reader.applications.intakeOf(row.id);
            items.push(await showItem(deps, ctx, reader, { row, path, intake }));
          }
          const last = shown.at(-1)?.application;
          return {
            kind: 'release',
            value: {
              items,
              next: rows.length > limit && last ? `${last.createdAt}.${last.id}` : null,
            },
            about: {
              subjects: [...new Set(shown.flatMap(({ application: { voter } }) => (voter ? [voter] : [])))],
              detail: { applications: shown.map(({ application }) => application.id) },
            },
          };
        },
      });
    },

    async viewApplication(ctx: Context, id: string): Promise<Outcome<Omit<ApplicationCard, 'entry'>>> {
      return gate.read<LocatedApplication, Omit<ApplicationCard, 'entry'>>(ctx, 'application.view', {
        locate: (reader) => locateApplication(reader, ctx, id),
        async release(located, reader) {
          const { row } = located;
          const taken = await reader.applications.steps(id);
          const approval = row.approval ? await reader.applications.approvalById(row.approval) : null;
          const blocks = row.voter ? await reader.applications.blocksOf(row.voter) : [];
          const passport = parts.passport(row);
          return {
            kind: 'release',
            about: aboutOf(row),
            value: {
              ...(await showItem(deps, ctx, reader, located)),
              channel: row.channel,
              applicant: parts.applicant(row),
              representative: parts.representative(row),
              sameDocument:
                passport &&
                (await reader.applications.withDocument(
                  parts.passportIndexes(passport),
                  id,
                  ctx.actor!.path,
                )),
              passport: passport && `${passport.series} ${'•'.repeat(passport.number.length)}`.trim(),
              change: parts.change(row).map((c) => ({ ...c, old: maskField(c.field, c.old) })),
              legalBasis: row.legalBasis,
              identityCheckedAt: row.identityCheckedAt,
              enteredAt: row.enteredAt,
              atTerritoryAt: row.atTerritoryAt,
              entryLagSeconds:
                row.receivedAt !== null && row.enteredAt !== null
                  ? Math.round((row.enteredAt - row.receivedAt) / 1000)
                  : null,
              outcome: row.outcome,
              reason: row.reason,
              legalReference: row.legalReference,
              approval: approval && { id: approval.id, state: approval.state },
              decidedAt: row.decidedAt,
              appliedAt: row.appliedAt,
              repliedAt: row.repliedAt,
              replyMethod: row.replyMethod,
              blocking: blocks.some((b) => b.application === id && b.until === null),
              attachments: (await reader.applications.attachmentsOf(id)).map(showAttachment),
              mayAttach:
                takesDocuments(row.state) && gate.may(ctx, 'application.attach', { unit: located.path }),
              steps: taken.map((s) => ({
                at: s.at,
                action: s.action,
                state: s.state,
                by: `${s.surname} ${s.givenName} ${s.patronymic}`.trim(),
                login: s.login,
                entry: s.entry,
              })),
            },
          };
        },
      });
    },

    /** Public: state and dates of one coupon, nothing else (R17). */
    async viewStatus(ctx: Context, coupon: string | null) {
      return gate.read<
        Row<'application'>,
        Record<'state' | 'receivedOn' | 'dueOn' | 'repliedOn', string | null>
      >(ctx, 'status.view', {
        async locate(reader) {
          const row = coupon === null ? null : await reader.applications.byCoupon(coupon);
          return row && { record: row, unit: null };
        },
        release: (row) => ({
          kind: 'release',
          value: {
            state: row.state,
            receivedOn: row.receivedAt === null ? null : bishkekDay(row.receivedAt),
            dueOn: row.dueOn,
            repliedOn: row.repliedAt === null ? null : bishkekDay(row.repliedAt),
          },
          about: { caseId: row.id },
        }),
      });
    },
  };
}

export type Applications = ReturnType<typeof createApplications>;

function afterOf(text: string | undefined): { after?: { createdAt: number; id: string } } {
  const [createdAt, id] = (text ?? '').split('.');
  return createdAt && id && /^\d+$/.test(createdAt) ? { after: { createdAt: Number(createdAt), id } } : {};
}
