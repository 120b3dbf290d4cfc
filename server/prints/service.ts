// What leaves the system: a precinct's list, asked for with a purpose, approved by two others, rendered for its requester
// and fetched once (R37, R58). Rendering is one entry, under a checkpoint the file itself prints; the download is a
// second one carrying the file's hash, durable before the first byte.
import { randomUUID } from 'node:crypto';
import type { Row } from '#db/store.ts';
import type { ApprovalItem, ListRequest } from '#server/contract/approvals.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import {
  type ApprovalDesk,
  countedOut,
  type FoundApproval,
  newRequest,
  unfetchable,
  usedUp,
} from '#server/gate/request.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import type { Lang } from '#server/lib/dates.ts';
import { sha256 } from '#server/lib/digest.ts';
import type { Rendered, RenderJob } from './render/in-worker.ts';

const approvalMs = 24 * 3_600_000;
const claimMs = 60_000;
/** What a list tells of each voter on it. */
const listedFields = ['surname', 'givenName', 'patronymic', 'birthDate', 'address'];
/** Exports one officer may ask for in a day. */
const exportsADay = 3;

export interface PrintDeps extends ApprovalDesk {
  gate: Gate;
  /** Off only for measuring. */
  limits: boolean;
  render(job: RenderJob): Promise<Rendered>;
  /** From the audit room: the newest checkpoint with a quorum of witnesses, where one is asked for. */
  witnessed(): Promise<{ witnessed?: string | null }>;
  /** From the audit room: an approved bundle of evidence, fetched like a list. */
  fetchEvidence(ctx: Context, approval: string): Promise<Outcome<ListFile>>;
}

interface Payload {
  precinct: string;
  list: ListRequest['list'];
  lang: Lang;
  purpose: ListRequest['purpose'];
}

export interface ListFile {
  bytes: Uint8Array;
  mediaType: string;
  fileName: string;
  sha256: string;
}

export function createPrints(deps: PrintDeps) {
  const { gate, limits, render, locateApproval, showAsked, fetchEvidence } = deps;
  return {
    async requestList(
      ctx: Context,
      kind: 'print' | 'export',
      input: ListRequest,
    ): Promise<Outcome<ApprovalItem>> {
      const asked = {
        kind,
        lang: input.lang ?? 'ky',
        list: input.list,
        precinct: input.precinct,
        purpose: input.purpose,
      };
      const hash = sha256(canonicalJson(asked));
      return gate.change<Row<'commission'>, ApprovalItem>(ctx, `list.${kind}-request`, {
        async locate(reader) {
          const unit = await reader.commissions.byCode(input.precinct);
          if (!unit) return null;
          return {
            record: unit,
            unit: unit.path,
            hash,
            about: { purpose: input.purpose, detail: { list: input.list, precinct: unit.code } },
          };
        },
        async decide(unit, reader) {
          const about = { purpose: input.purpose, detail: { list: input.list, precinct: unit.code } };
          if (unit.level !== 'PEC')
            return {
              ...refuse('invalid-input', {
                field: 'precinct',
                detail: 'Lists are made for one precinct at a time',
              }),
              about,
            };
          if (limits && kind === 'export') {
            const asked = await reader.approvals.askedSince(
              ctx.actor!.id,
              'export',
              ctx.now - 24 * 3_600_000,
            );
            if (asked >= exportsADay)
              return { ...refuse('too-many', { detail: `At most ${exportsADay} exports a day` }), about };
          }
          const listed = await reader.voters.countOfPrecinct(unit.code);
          const blocked = kind === 'export' ? (await reader.voters.blockedIn(unit.code)).size : 0;
          // Threat: a factor shown for one request used for another of the same wording. The id makes each hash its own.
          const id = randomUUID();
          const { row, insert, said } = newRequest(ctx, {
            id,
            kind,
            payload: canonicalJson({ ...asked, approval: id }),
            persons: listed - blocked,
            purpose: input.purpose,
            commission: unit.code,
            needed: 2,
            lastsMs: approvalMs,
          });
          return {
            kind: 'change',
            changes: [insert],
            value: showAsked(ctx, row),
            about: {
              ...about,
              persons: row.persons,
              detail: { ...about.detail, ...said },
            },
          };
        },
      });
    },

    /** Renders an approved list for its requester and releases it, once. */
    async downloadList(ctx: Context, id: string): Promise<Outcome<ListFile>> {
      const outcome = await release(ctx, id);
      if (outcome.kind !== 'denied') return outcome;
      // What was fetched is no longer approved, so that no rule permits it. Who asked for it is told why.
      const now = await gate.reader.approvals.byId(id);
      const own = now !== null && now.approval.requestedBy === ctx.actor?.id;
      return own && now.approval.state === 'executed'
        ? refuse('used', { detail: 'The file was fetched before: ask for it again' })
        : outcome;
    },
  };

  async function release(ctx: Context, id: string): Promise<Outcome<ListFile>> {
    const known = await gate.reader.approvals.byId(id);
    if (known?.approval.kind === 'evidence') return fetchEvidence(ctx, id);
    const kind = known?.approval.kind === 'export' ? 'export' : 'print';
    const rendered = await authoriseRendering(ctx, id, kind);
    if (rendered.kind !== 'done') return rendered;
    const { note } = await gate.checkpoint(rendered.entry);
    const made = await renderFile(ctx, kind, rendered.value, rendered.entry, note);
    return gate.change<null, ListFile>(ctx, 'download.fetch', {
      locate: async () => ({ record: null, unit: null, flags: ['own-request', 'approved'] }),
      decide() {
        const about = {
          detail: { approval: id, rendering: rendered.entry, list: rendered.value.payload.list },
        };
        if (!('bytes' in made)) return { ...made, about };
        return {
          kind: 'change',
          value: made,
          // One download: the approval is used up with the entry that precedes the first byte.
          changes: [usedUp({ id, version: rendered.value.version }, ctx.now)],
          about: {
            ...about,
            purpose: rendered.value.payload.purpose,
            persons: rendered.value.voters.length,
            artifact: made.sha256,
          },
        };
      },
    });
  }

  interface Prepared {
    payload: Payload;
    unit: Row<'commission'>;
    territory: Row<'commission'> | null;
    voters: Row<'voter'>[];
    /** The approval's version after the rendering claimed it. */
    version: number;
  }

  /** Entry N: consumes the approval and names everybody on the list. Racing downloads meet the approval's version. */
  async function authoriseRendering(
    ctx: Context,
    id: string,
    kind: 'print' | 'export',
  ): Promise<Outcome<Prepared>> {
    return gate.change<FoundApproval, Prepared>(ctx, `list.${kind}`, {
      locate: (reader) => locateApproval(reader, ctx, id),
      async decide({ approval }, reader) {
        const about = { persons: approval.persons, detail: { approval: id, approvalKind: approval.kind } };
        const withheld = unfetchable(approval, kind, ctx.now);
        if (withheld) return { ...withheld, about };
        // Threat: two downloads at once. The first claims the approval; a claim whose rendering failed lapses.
        if (
          approval.state === 'approved' &&
          approval.executedAt !== null &&
          ctx.now - approval.executedAt < claimMs
        )
          return {
            ...refuse('already-done', { detail: 'The file is being rendered; try again in a minute' }),
            about,
          };
        const payload = JSON.parse(approval.payload) as Payload;
        const refused = await countedOut(deps, reader, approval, about);
        if (refused) return refused;
        const unit = await reader.commissions.byCode(payload.precinct);
        if (!unit) return { ...refuse('not-found'), about };
        const territory = unit.parent ? await reader.commissions.byCode(unit.parent) : null;
        const blocked = kind === 'export' ? await reader.voters.blockedIn(unit.code) : new Set<string>();
        const voters = (await reader.voters.ofPrecinct(unit.code)).filter((v) => !blocked.has(v.id));
        return {
          kind: 'change',
          value: { payload, unit, territory, voters, version: approval.version + 1 },
          changes: [
            {
              op: 'update',
              table: 'approval',
              key: { id },
              expect: { state: 'approved', version: approval.version },
              set: { executedAt: ctx.now, version: approval.version + 1 },
            },
          ],
          about: {
            purpose: payload.purpose,
            subjects: voters.map((v) => v.id),
            fields: listedFields,
            detail: {
              approval: id,
              approvalKind: kind,
              list: payload.list,
              precinct: unit.code,
              approved: true,
            },
          },
        };
      },
    });
  }

  async function renderFile(
    ctx: Context,
    kind: 'print' | 'export',
    { payload, unit, territory, voters }: Prepared,
    entry: number,
    note: string,
  ): Promise<ListFile | Refusal> {
    const list = {
      list: payload.list,
      precinct: {
        code: unit.code,
        nameKy: unit.nameKy,
        nameRu: unit.nameRu,
        nameEn: unit.nameEn,
        address: unit.address,
      },
      voters: voters.map((v, i) => ({
        number: i + 1,
        surname: v.surname,
        givenName: v.givenName,
        patronymic: v.patronymic,
        birthDate: v.birthDate,
        address: v.address,
      })),
    };
    const { [territoryName[payload.lang]]: territoryNamed = '' } = territory ?? {};
    const carried = await deps.witnessed();
    const made =
      kind === 'export'
        ? await render({
            kind: 'list-csv',
            input: {
              ...list,
              log: {
                entry,
                checkpoint: stateIn(note),
                ...(carried.witnessed !== undefined && {
                  witnessed: carried.witnessed === null ? 'none' : stateIn(carried.witnessed),
                }),
              },
            },
          })
        : await render({
            kind: 'list-pdf',
            input: {
              ...list,
              territoryName: String(territoryNamed),
              lang: payload.lang,
              watermark: { login: ctx.actor!.login, at: ctx.now, entry },
              checkpointNote: note,
              ...carried,
              copyNumber: 1,
              generatedAt: ctx.now,
            },
          });
    if (made.kind === 'refused')
      return refuse('invalid-input', {
        field: made.fault.field,
        detail: 'The list is too large for one file',
      });
    if (made.kind !== 'rendered')
      return refuse('busy', { detail: 'Many files are being made; try again in a minute' });
    return {
      bytes: made.bytes,
      mediaType: kind === 'export' ? 'text/csv; charset=utf-8' : 'application/pdf',
      fileName: `precinct-${unit.code}-${payload.list}-${entry}.${kind === 'export' ? 'csv' : 'pdf'}`,
      sha256: made.sha256,
    };
  }
}

/** Name of the log, size and root: what one line of a file can carry of a note. */
const stateIn = (note: string) => note.split('\n').slice(0, 3).join(' ');

const territoryName = { ky: 'nameKy', ru: 'nameRu', en: 'nameEn' } as const;

export type Prints = ReturnType<typeof createPrints>;
