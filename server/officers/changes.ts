// Changing accounts in use: clearance, leave, disabling and coming back, ending sessions on suspicion. Effective at the
// officer's next request, because every request reads the row.
import type { Change } from '#db/store.ts';
import type { ChangeAbsence, ChangeClearance, OfficerItem } from '#server/contract/officers.ts';
import type { Context } from '#server/gate/context.ts';
import { endSessions, forgetDevices, tellOwner } from '#server/gate/credentials.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { isAbsent } from '#server/policy/clearance.ts';
import { centreOf } from './asks.ts';
import { changeAccount, itemAfter } from './change-account.ts';
import { absenceFault, clearanceFault, type OfficersDeps, ownAccount, staleAt } from './deps.ts';
import { enableApproval } from './enable.ts';
import { changeOfficer, locateOfficer } from './records.ts';

export function createOfficerChanges({ gate, random, voidRequests, briefing }: OfficersDeps) {
  /** Takes effect at once: sessions end here, and every request reads the state. */
  function disableOfficer(
    ctx: Context,
    id: string,
    input: { expectedVersion: number; reason: string },
  ): Promise<Outcome<OfficerItem>> {
    return changeAccount(gate, ctx, 'officer.disable', id, input.expectedVersion, async (officer) => {
      const set = { state: 'disabled' };
      const changes = [
        ...changeOfficer(officer, set, ctx.now),
        endSessions(id, ctx.now, 'disabled'),
        ...voidRequests(id, ctx.now),
      ];
      return { changes, value: itemAfter(officer, set, briefing), detail: { reason: input.reason } };
    });
  }

  function requestEnable(
    ctx: Context,
    id: string,
    input: { expectedVersion: number; reason: string },
  ): Promise<Outcome<{ approval: string }>> {
    const { expectedVersion: version } = input;
    return gate.change(ctx, 'officer.enable-request', {
      locate: (reader) =>
        locateOfficer(ctx, reader, id, (officer) => enableApproval({ ...officer, version }).payloadHash),
      decide: (officer) => {
        if (officer.id === ctx.actor?.id) return ownAccount();
        const stale = staleAt(officer, input.expectedVersion);
        if (stale) return stale;
        if (officer.state !== 'disabled')
          return refuse('wrong-state', { detail: 'Only a disabled account is enabled again' });
        const approval = random(16).toString('hex');
        const centre = centreOf(ctx.actor!.path);
        const { insert, said } = enableApproval(officer).request(ctx, approval, centre);
        return {
          kind: 'change',
          changes: [insert],
          value: { approval },
          about: { detail: { officer: id, ...said, reason: input.reason } },
        };
      },
    });
  }

  function changeClearance(ctx: Context, id: string, input: ChangeClearance): Promise<Outcome<OfficerItem>> {
    return changeAccount(gate, ctx, 'officer.clearance', id, input.expectedVersion, async (officer) => {
      const { order, level, until } = input.clearance;
      const fault = clearanceFault(input.clearance, ctx.now);
      if (fault) return fault;
      const set = { clearanceOrder: order, clearanceLevel: level, clearanceUntil: until };
      return {
        changes: changeOfficer(officer, set, ctx.now),
        value: itemAfter(officer, set, briefing),
        detail: { order, level, until, before: officer.clearanceUntil },
      };
    });
  }

  /** Leave: from its first through its last day the account opens nothing. Two nulls end it early. Never why: it may be health. */
  function changeAbsence(ctx: Context, id: string, input: ChangeAbsence): Promise<Outcome<OfficerItem>> {
    return changeAccount(gate, ctx, 'officer.absence', id, input.expectedVersion, async (officer) => {
      const { from, until } = input;
      const fault = absenceFault(input, ctx.now);
      if (fault) return fault;
      const set = { absentFrom: from, absentUntil: until };
      const changes = changeOfficer(officer, set, ctx.now);
      if (isAbsent(set, ctx.now)) changes.push(endSessions(id, ctx.now, 'absent'));
      return { changes, value: itemAfter(officer, set, briefing), detail: { from, until } };
    });
  }

  /**
   * On suspicion (R46): every session ends, devices are forgotten, open requests are void, the password must be changed. Said of
   * a disabled account it takes back what was voted under it.
   */
  function endOfficerSessions(ctx: Context, id: string, reason: string): Promise<Outcome<{ ended: number }>> {
    return gate.change(ctx, 'officer.end-sessions', {
      locate: (reader) => locateOfficer(ctx, reader, id),
      decide: async (officer, reader) => {
        if (officer.state !== 'active' && officer.state !== 'disabled')
          return refuse('wrong-state', { detail: 'The account was never in use, or is empty' });
        const sessions = await reader.access.unendedSessions(id);
        const changes: Change[] = [
          endSessions(id, ctx.now, 'suspicion'),
          forgetDevices(id),
          tellOwner(id, ctx.now, 'sessions-ended'),
          ...voidRequests(id, ctx.now),
          {
            op: 'update',
            table: 'officer',
            key: { id },
            set: {
              trustedSince: ctx.now,
              ...(officer.passwordTemporary === 0 && { passwordTemporary: 1, passwordExpiresAt: null }),
            },
          },
        ];
        const about = { detail: { officer: id, ended: sessions.length, reason } };
        return { kind: 'change', changes, value: { ended: sessions.length }, about };
      },
    });
  }

  return {
    disableOfficer,
    requestEnable,
    changeClearance,
    changeAbsence,
    endOfficerSessions,
  };
}
