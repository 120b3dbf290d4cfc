// Use cases of evidence bundles. Without the events an auditor exports alone, with a factor shown for exactly this selection.
// With them, voters' ids leave: that is asked for, approved by two others and fetched once, like any file (R37). Either way
// the entry that carries the file's hash is durable before the first byte.
import { randomUUID } from 'node:crypto';
import type { Reader } from '#db/store.ts';
import type { ApprovalItem } from '#server/contract/approvals.ts';
import type { EvidenceFilter, EvidenceRequest } from '#server/contract/audit.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type EntryAbout, openSubjects } from '#server/gate/leaf.ts';
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
import { sha256 } from '#server/lib/digest.ts';
import { type Evidence, evidenceBody, evidenceFile, evidenceLine } from './evidence.ts';
import type { SignedNote } from './monitors.ts';
import { readEntry } from './rules.ts';
import type { Trail, TrailFilter } from './service.ts';
import type { StoredTree } from './tree.ts';

/**
 * What a bundle holds at most, because it is made in memory: its body, and about 1 KiB of proof for each entry besides. The
 * whole log leaves by `kuzot audit export`.
 */
export const bundleBounds = { entries: 20_000, bodyBytes: 32 * 1024 * 1024 };
/** Entries read at once: others get their turn in between. */
const entriesAtOnce = 250;
const approvalMs = 24 * 3_600_000;

export interface EvidenceDeps extends ApprovalDesk {
  gate: Gate;
  settled(): Promise<void>;
  /** Entries durable now. */
  size(): number;
  tree: StoredTree;
  /** The log's name, and its key and witness policy as published, last newline included. */
  published: { origin: string; vkeyText: string; policyText: string };
  readFilter: Trail['readFilter'];
  /** The newest checkpoint with a quorum of witnesses, if there is one. */
  witnessed(): SignedNote | null;
  /** Smaller in tests. */
  bounds?: typeof bundleBounds;
}

interface Payload {
  filter: EvidenceFilter;
  /** Entries below this number were there when it was asked for. */
  size: number;
  entries: number;
  /** Filters in force, for those who approve: names, and values where these name no person, case or desk. */
  filters: string[];
}

interface Chosen {
  body: string;
  sha256: string;
  seqs: number[];
  /** Voters the events name. */
  voters: string[];
}

interface Selection {
  filter: TrailFilter;
  asked: EvidenceFilter;
  purpose: EvidenceRequest['purpose'];
  size: number;
  opened: boolean;
}

export function createEvidence(deps: EvidenceDeps) {
  const { gate, settled, size, tree, published, readFilter, witnessed, locateApproval, showAsked } = deps;
  const bounds = deps.bounds ?? bundleBounds;

  /** Reads the selection page by page, newest first, and makes the body of it; refused as soon as a bound is passed. */
  async function choose(
    ctx: Context,
    reader: Reader,
    selection: Selection,
  ): Promise<({ kind: 'chosen' } & Chosen) | Refusal> {
    const lines: string[] = [];
    const seqs: number[] = [];
    const voters = new Set<string>();
    let bytes = 0;
    for (let before = selection.size; ; before = seqs.at(-1)!) {
      const rows = await reader.audit.page({ ...selection.filter, before }, entriesAtOnce);
      for (const row of rows) {
        const line = evidenceLine(row, selection.opened);
        bytes += Buffer.byteLength(line) + 1;
        lines.push(line);
        seqs.push(row.trail.seq);
        for (const id of votersIn(row)) voters.add(id);
      }
      if (seqs.length > bounds.entries)
        return refuse('too-broad', {
          detail:
            `At most ${bounds.entries} entries go into one bundle, and this selection has more: narrow the filter, or take its ` +
            'days one after another. The whole log leaves by kuzot audit export',
          facts: { most: bounds.entries },
        });
      if (bytes > bounds.bodyBytes)
        return refuse('too-large', {
          detail:
            `One bundle holds at most ${sizeText(bounds.bodyBytes)} of entries, and this selection has more: ` +
            'narrow the filter, or take its days one after another',
          facts: { most: sizeText(bounds.bodyBytes) },
        });
      if (rows.length < entriesAtOnce) break;
      await new Promise((turn) => setImmediate(turn));
    }
    if (seqs.length === 0)
      return refuse('invalid-input', {
        field: 'filter',
        detail: 'The log has no such entry: nothing to export',
      });
    const { id, login, name, role, commission } = ctx.actor!;
    const { text, sha256 } = evidenceBody(
      {
        log: published.origin,
        vkey: published.vkeyText.trimEnd(),
        policy: published.policyText,
        exportedAt: ctx.now,
        exportedBy: { id, login, name, role, commission },
        purpose: selection.purpose,
        filter: selection.asked,
        size: selection.size,
        opened: selection.opened,
      },
      lines.reverse(),
    );
    return { kind: 'chosen', body: text, sha256, seqs: seqs.reverse(), voters: [...voters] };
  }

  function about(asked: EvidenceFilter, purpose: EvidenceRequest['purpose'], chosen?: Chosen): EntryAbout {
    return {
      purpose,
      query: canonicalJson({ ...asked }),
      ...(asked.case !== undefined && { caseId: asked.case }),
      ...(asked.voter !== undefined && { subjects: [asked.voter] }),
      ...(chosen && { artifact: chosen.sha256, detail: { count: chosen.seqs.length } }),
    };
  }

  /** The file, once its entry is durable. */
  async function finish(chosen: Chosen, entry: number): Promise<Evidence> {
    const [own] = await gate.reader.audit.entriesAt([entry]);
    if (!own) throw new Error(`entry ${entry} cannot be read back`);
    const leaf = Buffer.from(own.leaf).toString('utf8');
    return evidenceFile(
      chosen.body,
      chosen.seqs,
      { seq: entry, leaf },
      await gate.checkpoint(entry),
      witnessed(),
      tree,
    );
  }

  async function made(outcome: Outcome<Chosen>): Promise<Outcome<Evidence>> {
    return outcome.kind === 'done'
      ? { ...outcome, value: await finish(outcome.value, outcome.entry) }
      : outcome;
  }

  return {
    /** Entries and officers, no events: at once, after a factor bound to this very selection. */
    async exportEvidence(ctx: Context, { purpose, ...asked }: EvidenceRequest): Promise<Outcome<Evidence>> {
      const outcome = await gate.read<null, Chosen>(ctx, 'audit.evidence', {
        locate: async () => ({
          record: null,
          unit: null,
          hash: hashOf({ ...asked, purpose }),
          about: about(asked, purpose),
        }),
        async release(_, reader) {
          await settled();
          const filter = await readFilter(ctx, reader, asked);
          if ('kind' in filter) return { ...filter, about: about(asked, purpose) };
          const selection = { filter, asked, purpose, size: size(), opened: false };
          const chosen = await choose(ctx, reader, selection);
          if (chosen.kind !== 'chosen') return { ...chosen, about: about(asked, purpose) };
          return { kind: 'release', value: chosen, about: about(asked, purpose, chosen) };
        },
      });
      return made(outcome);
    },

    /** Asks for the same with its events: who is named in them decides two others. */
    async requestOpened(
      ctx: Context,
      { purpose, ...asked }: EvidenceRequest,
    ): Promise<Outcome<ApprovalItem>> {
      const unit = ctx.actor!.path;
      return gate.change<null, ApprovalItem>(ctx, 'audit.evidence-request', {
        locate: async () => ({
          record: null,
          unit,
          hash: hashOf({ ...asked, purpose }),
          about: about(asked, purpose),
        }),
        async decide(_, reader) {
          await settled();
          const refused = (refusal: Refusal) => ({ ...refusal, about: about(asked, purpose) });
          const filter = await readFilter(ctx, reader, asked);
          if ('kind' in filter) return refused(filter);
          const until = size();
          const selection = { filter, asked, purpose, size: until, opened: true };
          const chosen = await choose(ctx, reader, selection);
          if (chosen.kind !== 'chosen') return refused(chosen);
          const payload = canonicalJson({
            entries: chosen.seqs.length,
            filter: { ...asked },
            filters: describeFilter(asked),
            size: until,
          } satisfies Payload as never);
          const { row, insert, said } = newRequest(ctx, {
            id: randomUUID(),
            kind: 'evidence',
            payload,
            persons: chosen.voters.length,
            purpose,
            commission: ctx.actor!.commission,
            needed: 2,
            lastsMs: approvalMs,
          });
          return {
            kind: 'change',
            changes: [insert],
            value: showAsked(ctx, row),
            about: {
              ...about(asked, purpose),
              persons: row.persons,
              detail: {
                ...said,
                ...{ approvalKind: 'evidence', count: chosen.seqs.length },
              },
            },
          };
        },
      });
    },

    /** The approved bundle for the one who asked, once. */
    async fetchOpened(ctx: Context, id: string): Promise<Outcome<Evidence>> {
      const outcome = await gate.change<FoundApproval, Chosen>(ctx, 'audit.evidence-opened', {
        locate: (reader) => locateApproval(reader, ctx, id),
        async decide({ approval }, reader) {
          const asks = { persons: approval.persons, detail: { approval: id, approvalKind: 'evidence' } };
          const refused = (refusal: Refusal) => ({ ...refusal, about: asks });
          const lapsed = unfetchable(approval, 'evidence', ctx.now);
          if (lapsed) return refused(lapsed);
          const withheld = await countedOut(deps, reader, approval, asks);
          if (withheld) return withheld;
          const { filter: asked, size } = JSON.parse(approval.payload) as Payload;
          const filter = await readFilter(ctx, reader, asked);
          if ('kind' in filter) return refused(filter);
          const purpose = approval.purpose as EvidenceRequest['purpose'];
          const selection = { filter, asked, purpose, size, opened: true };
          const chosen = await choose(ctx, reader, selection);
          if (chosen.kind !== 'chosen') return refused(chosen);
          return {
            kind: 'change',
            value: chosen,
            changes: [usedUp(approval, ctx.now)],
            about: {
              ...about(asked, purpose, chosen),
              // Whose ids leave is said of each of them.
              subjects: chosen.voters,
              detail: { approval: id, approvalKind: 'evidence', approved: true, count: chosen.seqs.length },
            },
          };
        },
      });
      return made(outcome);
    },
  };
}

const sizeText = (bytes: number) =>
  bytes < 1024 * 1024 ? `${Math.floor(bytes / 1024)} KiB` : `${Math.floor(bytes / 1024 / 1024)} MiB`;

export type EvidenceCases = ReturnType<typeof createEvidence>;

const hashOf = (asked: object) => sha256(canonicalJson(asked as never));

function votersIn({ leaf, json }: { leaf: Uint8Array; json: string | null }): string[] {
  return openSubjects(readEntry(leaf, json).event);
}

const apart: ReadonlySet<string> = new Set(['voter', 'case', 'address']);

function describeFilter(asked: EvidenceFilter): string[] {
  return Object.entries(asked)
    .map(([name, value]) => (apart.has(name) ? name : `${name}=${value}`))
    .toSorted();
}
