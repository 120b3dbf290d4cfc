// Changing accounts in use: role and unit, clearance, disabling, ending sessions on suspicion. Effective at the officer's
// next request, because every request reads the row.
import type { Change, Row } from '#db/store.ts';
import type { ChangeClearance, ChangeRole, OfficerItem } from '#server/contract/officers.ts';
import type { Level } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { clearanceFault, ownAccount, staleAt, wrongSeat } from './deps.ts';
import { changeOfficer, endSessions, forgetDevices, locateOfficer, showItem } from './records.ts';
import { mayIssue, roleFits } from './rules.ts';

const closed = () => refuse('wrong-state', { detail: 'The account is disabled; register a new one' });

export function createOfficerChanges({ gate }: { gate: Gate }) {
  /** The shape of every change of an account: version checked, nobody's own, disabled accounts stay closed. */
  function changeAccount<V>(
    ctx: Context,
    act: 'officer.disable' | 'officer.role' | 'officer.clearance',
    id: string,
    expectedVersion: number,
    decide: (
      officer: Row<'officer'>,
      reader: Gate['reader'],
    ) => Promise<Refusal | { changes: Change[]; value: V; detail: Record<string, string> }>,
  ): Promise<Outcome<V>> {
    return gate.change(ctx, act, {
      locate: (reader) => locateOfficer(ctx, reader, id),
      decide: async (officer, reader) => {
        if (officer.id === ctx.actor?.id) return ownAccount();
        const stale = staleAt(officer, expectedVersion);
        if (stale) return stale;
        if (officer.state === 'disabled') return closed();
        const decided = await decide(officer, reader);
        if ('kind' in decided) return decided;
        const about = { detail: { officer: id, ...decided.detail } };
        return { kind: 'change', changes: decided.changes, value: decided.value, about };
      },
    });
  }

  const after = (officer: Row<'officer'>, set: Partial<Row<'officer'>>) =>
    showItem({ ...officer, ...set, version: officer.version + 1 });

  /** Takes effect at once: sessions end here, and every request reads the state. */
  function disableOfficer(
    ctx: Context,
    id: string,
    input: { expectedVersion: number; reason: string },
  ): Promise<Outcome<OfficerItem>> {
    return changeAccount(ctx, 'officer.disable', id, input.expectedVersion, async (officer, reader) => {
      const set = { state: 'disabled' };
      const changes = [
        ...changeOfficer(officer, set, ctx.now),
        ...(await endSessions(reader, id, ctx.now, 'disabled')),
      ];
      return { changes, value: after(officer, set), detail: { reason: input.reason } };
    });
  }

  /** Takes effect at the officer's next request: roles are read from the row, never from a token. */
  function changeRole(ctx: Context, id: string, input: ChangeRole): Promise<Outcome<OfficerItem>> {
    return changeAccount(ctx, 'officer.role', id, input.expectedVersion, async (officer, reader) => {
      const unit = await reader.commissions.byCode(input.commission);
      if (!ctx.actor || !unit?.path.startsWith(ctx.actor.path))
        return refuse('invalid-input', { field: 'commission', detail: 'commission: not one of yours' });
      if (!mayIssue(ctx.actor, input.role, unit.path)) return refuse('denied');
      if (!roleFits(input.role, unit.level as Level)) return wrongSeat();
      const set = { role: input.role, commission: unit.code };
      return {
        changes: changeOfficer(officer, set, ctx.now),
        value: after(officer, set),
        detail: { from: officer.role, to: input.role, fromUnit: officer.commission, toUnit: unit.code },
      };
    });
  }

  function changeClearance(ctx: Context, id: string, input: ChangeClearance): Promise<Outcome<OfficerItem>> {
    return changeAccount(ctx, 'officer.clearance', id, input.expectedVersion, async (officer) => {
      const { order, level, until } = input.clearance;
      const fault = clearanceFault(input.clearance, ctx.now);
      if (fault) return fault;
      const set = { clearanceOrder: order, clearanceLevel: level, clearanceUntil: until };
      return {
        changes: changeOfficer(officer, set, ctx.now),
        value: after(officer, set),
        detail: { order, level, until },
      };
    });
  }

  /** On suspicion (R46): every session ends, devices are forgotten, the password must be changed at the next log-in. */
  function endOfficerSessions(ctx: Context, id: string, reason: string): Promise<Outcome<{ ended: number }>> {
    return gate.change(ctx, 'officer.end-sessions', {
      locate: (reader) => locateOfficer(ctx, reader, id),
      decide: async (officer, reader) => {
        if (officer.state !== 'active') return refuse('wrong-state', { detail: 'The account is not in use' });
        const sessions = await endSessions(reader, id, ctx.now, 'suspicion');
        const changes: Change[] = [...sessions, ...(await forgetDevices(reader, id))];
        if (officer.passwordTemporary === 0)
          changes.push({
            op: 'update',
            table: 'officer',
            key: { id },
            set: { passwordTemporary: 1, passwordExpiresAt: null },
          });
        const about = { detail: { officer: id, ended: sessions.length, reason } };
        return { kind: 'change', changes, value: { ended: sessions.length }, about };
      },
    });
  }

  return { disableOfficer, changeRole, changeClearance, endOfficerSessions };
}
