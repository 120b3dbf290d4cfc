// The views of the explorer an officer keeps under names of their own, for themselves alone. A name is free text and could
// speak of a person: it lies sealed in the database, and no entry repeats it. Filters that name a person, a case or a
// desk cannot be kept: such a view would outlive the erasure of what it is about.
import { randomUUID } from 'node:crypto';
import type { SavedView, SavedViewRequest } from '#server/contract/audit.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import type { Sealer } from '#server/lib/secrets.ts';
import { timesOf } from './rules.ts';

const viewsAtMost = 30;
const place = (id: string) => ({ table: 'savedView', column: 'sealed', id });

export function createViews({ gate, seal }: { gate: Gate; seal: Sealer }) {
  const opened = (id: string, sealed: Uint8Array): SavedView => {
    const { name, filter } = JSON.parse(seal.open(place(id), sealed).toString('utf8')) as SavedViewRequest;
    return { id, name, filter };
  };

  return {
    async listViews(ctx: Context): Promise<Outcome<{ items: SavedView[] }>> {
      return gate.read<null, { items: SavedView[] }>(ctx, 'audit.views', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const rows = await reader.audit.savedViews(ctx.actor!.id);
          return {
            kind: 'release',
            value: { items: rows.map(({ id, sealed }) => opened(id, sealed)) },
            about: { detail: { count: rows.length } },
          };
        },
      });
    },

    async saveView(ctx: Context, { name, filter }: SavedViewRequest): Promise<Outcome<SavedView>> {
      return gate.change<null, SavedView>(ctx, 'audit.view-save', {
        locate: async () => ({ record: null, unit: null }),
        async decide(_, reader) {
          const times = timesOf(filter);
          if ('kind' in times) return { ...times, field: `filter.${times.field}`, about: {} };
          const kept = await reader.audit.savedViews(ctx.actor!.id);
          if (kept.length >= viewsAtMost)
            return {
              ...refuse('invalid-input', {
                field: 'name',
                detail: `You keep ${viewsAtMost} views already: remove one first`,
              }),
              about: {},
            };
          const id = randomUUID();
          const view = { name: name.trim(), filter };
          const sealed = seal.seal(place(id), Buffer.from(JSON.stringify(view)));
          return {
            kind: 'change',
            changes: [
              {
                op: 'insert',
                table: 'savedView',
                row: { id, officer: ctx.actor!.id, createdAt: ctx.now, sealed },
              },
            ],
            value: { id, ...view },
            about: { detail: { view: id } },
          };
        },
      });
    },

    /** Somebody else's view does not exist. */
    async removeView(ctx: Context, id: string): Promise<Outcome<null>> {
      return gate.change<null, null>(ctx, 'audit.view-remove', {
        async locate(reader) {
          const kept = await reader.audit.savedViews(ctx.actor!.id);
          return kept.some((view) => view.id === id) ? { record: null, unit: null } : null;
        },
        decide: () => ({
          kind: 'change',
          changes: [{ op: 'delete', table: 'savedView', key: { id, officer: ctx.actor!.id } }],
          value: null,
          about: { detail: { view: id } },
        }),
      });
    },
  };
}

export type Views = ReturnType<typeof createViews>;
