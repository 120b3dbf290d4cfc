// Use cases of the audit trail: read it, search it, open an entry with its proof, take what a page reports. Reading the trail is itself an entry. Nothing here changes the log.
import type { Reader } from '#db/store.ts';
import type { EntryCard, ScreenEvent, TrailPage, TrailQuery, TrailSearch } from '#server/contract/audit.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate, Released } from '#server/gate/gate.ts';
import type { Details, EntryAbout } from '#server/gate/leaf.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { leafHash } from '#server/lib/log/merkle.ts';
import { countTrail } from './histogram.ts';
import { proveEntry } from './proof.ts';
import { relatedTo } from './related.ts';
import { timesOf, trailScope, valueSight } from './rules.ts';
import { showEntry, type TrailRow } from './trail.ts';
import type { StoredTree } from './tree.ts';

export type TrailFilter = Parameters<Reader['audit']['page']>[0];

export interface AuditDeps {
  gate: Gate;
  /** Resolves when the trail shows every entry durable at the call. */
  settled(): Promise<void>;
  /** Entries durable now. */
  size(): number;
  /** A signed note covering at least that many entries. */
  checkpoint(size: number): Promise<{ size: number; note: string }>;
  tree: StoredTree;
  /** The log's verifier key, as text. */
  vkey: string;
  /** How a field's value is shown to somebody who sees voters masked. */
  maskField(field: string, value: string): string;
}

const pageSize = 50;

export function createTrail({ gate, settled, size, checkpoint, tree, vkey, maskField }: AuditDeps) {
  /**
   * What was asked, as the store's filter, within what the reader may see; or what is wrong with it. The unit asked for must
   * lie in the reader's reach: outside it does not exist.
   */
  async function readFilter(
    ctx: Context,
    reader: Reader,
    input: Omit<TrailSearch, 'histogram' | 'limit'>,
  ): Promise<TrailFilter | Refusal> {
    const times = timesOf(input);
    if ('kind' in times) return times;
    const scope = trailScope(ctx);
    const unit = input.commission === undefined ? null : await reader.commissions.byCode(input.commission);
    if (unit === undefined) return refuse('not-found');
    return {
      ...(scope !== null && { path: scope }),
      ...(unit && { within: unit.path }),
      ...(input.actor !== undefined && { actors: await actorsOf(reader, input.actor) }),
      ...(input.act !== undefined && { act: input.act }),
      ...(input.outcome !== undefined && { outcome: input.outcome }),
      ...(input.session !== undefined && { session: input.session }),
      ...times,
      ...(input.voter !== undefined && { voter: input.voter }),
      ...(input.case !== undefined && { caseId: input.case }),
      ...(input.address !== undefined && { address: input.address }),
      ...(input.after !== undefined && { before: input.after }),
    };
  }

  /** Where the unit asked for lies: the policy decides on it. */
  async function locateUnit(reader: Reader, commission: string | undefined) {
    if (commission === undefined) return { record: null, unit: null };
    const unit = await reader.commissions.byCode(commission);
    return unit && { record: null, unit: unit.path };
  }

  async function find(
    ctx: Context,
    reader: Reader,
    input: TrailSearch,
    about: EntryAbout,
  ): Promise<Released<TrailPage>> {
    const filter = await readFilter(ctx, reader, input);
    if ('kind' in filter) return { ...filter, about };
    // Whoever asks sees everything that was durable when they asked.
    await settled();
    const limit = input.limit ?? pageSize;
    const rows = await reader.audit.page(filter, limit + 1);
    const page = rows.slice(0, limit);
    const sight = valueSight(ctx);
    return {
      kind: 'release',
      value: {
        items: page.map((row) => showEntry(row, sight, maskField)),
        next: rows.length > limit ? page.at(-1)!.trail.seq : null,
        ...(input.histogram && { histogram: await countTrail(reader, filter, size()) }),
      },
      about: { ...about, detail: { ...about.detail, shown: page.length } },
    };
  }

  return {
    readFilter,

    async viewTrail(ctx: Context, input: TrailQuery): Promise<Outcome<TrailPage>> {
      return gate.read<null, TrailPage>(ctx, 'audit.view', {
        locate: (reader) => locateUnit(reader, input.commission),
        release: (_, reader) => find(ctx, reader, input, { detail: askedFor(input) }),
      });
    },

    async searchTrail(ctx: Context, input: TrailSearch): Promise<Outcome<TrailPage>> {
      return gate.read<null, TrailPage>(ctx, 'audit.search', {
        locate: (reader) => locateUnit(reader, input.commission),
        release: (_, reader) =>
          find(ctx, reader, input, {
            query: canonicalJson({ ...input }),
            ...(input.voter !== undefined && { subjects: [input.voter] }),
            ...(input.case !== undefined && { caseId: input.case }),
          }),
      });
    },

    /** One entry with its leaf and the proof that it is in the log. An entry of no unit is the central commission's. */
    async viewEntry(ctx: Context, seq: number): Promise<Outcome<EntryCard>> {
      return gate.read<TrailRow, EntryCard>(ctx, 'audit.view', {
        async locate(reader) {
          await settled();
          const [row] = await reader.audit.bySeqs([seq]);
          if (!row) return null;
          const unit = row.trail.commission && (await reader.commissions.byCode(row.trail.commission));
          if (unit) return { record: row, unit: unit.path };
          return trailScope(ctx) === null ? { record: row, unit: null } : null;
        },
        async release(row, reader) {
          const signed = await checkpoint(seq + 1);
          const scope = trailScope(ctx);
          const related = await relatedTo(reader, row, scope === null ? {} : { path: scope });
          const sight = valueSight(ctx);
          return {
            kind: 'release',
            about: { detail: { seq, shown: related.length } },
            value: {
              ...showEntry(row, sight, maskField),
              leaf: Buffer.from(row.leaf).toString('utf8'),
              leafHash: leafHash(row.leaf).toString('hex'),
              proof: await proveEntry(tree, seq, signed),
              vkey,
              related: related.map(({ by, row }) => ({
                by,
                entry: showEntry(row, sight, maskField),
              })),
            },
          };
        },
      });
    },

    /** What a page could see of copying or printing (R29); best effort, and an entry like any other. */
    async recordScreen(ctx: Context, { kind, page }: ScreenEvent): Promise<Outcome<null>> {
      return gate.change<null, null>(ctx, kind === 'copy' ? 'screen.copy' : 'screen.print', {
        locate: async () => ({ record: null, unit: null }),
        decide: () => ({
          kind: 'change',
          changes: [],
          value: null,
          about: page === undefined ? {} : { detail: { page } },
        }),
      });
    },

    /** Raw entries as a C2SP bundle; for auditors, who keep a copy of their own. */
    async readBundle(ctx: Context, path: string, idx: number, width: number): Promise<Outcome<Buffer>> {
      return gate.read<Buffer, Buffer>(ctx, 'audit.tile', {
        async locate() {
          const bundle = await tree.bundle(idx, width);
          return bundle && { record: bundle, unit: null };
        },
        release: (bundle) => ({ kind: 'release', value: bundle, about: { detail: { tile: path } } }),
      });
    },
  };
}

export type Trail = ReturnType<typeof createTrail>;

async function actorsOf(reader: Reader, asked: string): Promise<string[]> {
  const called = await reader.audit.officersCalled(asked.toLowerCase());
  // Nobody's login: an id, or the system by its own name.
  return called.length > 0 ? called : [asked];
}

/** The question as its entry says it, each part by a name that means the same everywhere. */
function askedFor({ from, to, ...rest }: TrailQuery): Details {
  return { ...rest, ...(from !== undefined && { since: from }), ...(to !== undefined && { until: to }) };
}
