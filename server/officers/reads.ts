// Looking at accounts: the list within the asker's units, and one account with its history.
import type { OfficerCard, OfficerPage, OfficerQuery } from '#server/contract/officers.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { flagsFor, locateOfficer, showCard, showItem } from './records.ts';

export function createOfficerReads({ gate }: { gate: Gate }) {
  function listOfficers(ctx: Context, query: OfficerQuery): Promise<Outcome<OfficerPage>> {
    const { limit = 50, ...rest } = query;
    const filter = { path: ctx.actor?.path ?? '', limit, ...rest };
    return gate.read(ctx, 'officer.list', {
      locate: async () => ({ record: filter, unit: filter.path, flags: flagsFor(ctx, null) }),
      release: async (scope, reader) => {
        const [rows, count] = await Promise.all([reader.officers.page(scope), reader.officers.count(scope)]);
        const items = rows.slice(0, limit).map(showItem);
        const next = rows.length > limit ? (items.at(-1)?.id ?? null) : null;
        return {
          kind: 'release',
          value: { items, next, count },
          about: { detail: { ...rest, shown: items.length } },
        };
      },
    });
  }

  function viewOfficer(ctx: Context, id: string): Promise<Outcome<OfficerCard>> {
    return gate.read(ctx, 'officer.view', {
      locate: (reader) => locateOfficer(ctx, reader, id),
      release: async (officer, reader) => {
        const [history, sessions] = await Promise.all([
          reader.officers.history(id),
          reader.access.sessions(id),
        ]);
        const open = sessions.filter((s) => s.endedAt === null && ctx.now < s.endsAt).length;
        return {
          kind: 'release',
          value: showCard(officer, history, open),
          about: { detail: { officer: id } },
        };
      },
    });
  }

  return { listOfficers, viewOfficer };
}
