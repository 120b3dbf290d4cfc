// The shape every change of an account has: the version that was seen, nobody's own, and a disabled account stays closed.
import type { Change, Row } from '#db/store.ts';
import type { OfficerItem } from '#server/contract/officers.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Details } from '#server/gate/leaf.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { ownAccount, staleAt } from './deps.ts';
import { locateOfficer, showItem } from './records.ts';

type Decide<V> = (
  officer: Row<'officer'>,
  reader: Gate['reader'],
) => Promise<Refusal | { changes: Change[]; value: V; detail: Details }>;

export function changeAccount<V>(
  gate: Gate,
  ctx: Context,
  act: 'officer.disable' | 'officer.role' | 'officer.clearance' | 'officer.absence',
  id: string,
  expectedVersion: number,
  decide: Decide<V>,
): Promise<Outcome<V>> {
  return gate.change(ctx, act, {
    locate: (reader) => locateOfficer(ctx, reader, id),
    decide: async (officer, reader) => {
      if (officer.id === ctx.actor?.id) return ownAccount();
      const stale = staleAt(officer, expectedVersion);
      if (stale) return stale;
      if (officer.state === 'disabled')
        return refuse('wrong-state', { detail: 'The account is disabled; two officials enable it again' });
      const decided = await decide(officer, reader);
      if ('kind' in decided) return decided;
      const about = { detail: { officer: id, ...decided.detail } };
      return { kind: 'change', changes: decided.changes, value: decided.value, about };
    },
  });
}

/** The account as it is after its change. @param briefing the one in force */
export const itemAfter = (
  officer: Row<'officer'>,
  set: Partial<Row<'officer'>>,
  briefing: { hash: string },
): OfficerItem => showItem({ ...officer, ...set, version: officer.version + 1 }, briefing.hash);
