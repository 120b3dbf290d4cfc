// Role and unit. Less, or the same elsewhere, takes effect at once by one official's hand. More — a role with powers of its
// own, or the same role at a higher commission — is asked for here and granted by a second official, who is neither the
// one who asked, nor the officer, nor who made the account. Either way open sessions end and open requests are void.
import type { Change, Reader, Row } from '#db/store.ts';
import type { ChangeRole, OfficerItem, RequestGrant } from '#server/contract/officers.ts';
import type { Level, Role } from '#server/contract/vocabulary.ts';
import type { Execution } from '#server/gate/approval.ts';
import type { Context } from '#server/gate/context.ts';
import { endSessions, tellOwner } from '#server/gate/credentials.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { askOf, centreOf } from './asks.ts';
import { changeAccount, itemAfter } from './change-account.ts';
import { type OfficersDeps, ownAccount, placedUnit, staleAt, wrongSeat } from './deps.ts';
import { changeOfficer, locateOfficer } from './records.ts';
import { mayIssue, needsGrant, roleFits } from './rules.ts';

export interface Duty {
  role: Role;
  /** Unit code. */
  commission: string;
}

/** The second official's part: role and unit as they were when asked, so that a grant never lands on another duty. */
export function grantApproval(
  officer: Pick<Row<'officer'>, 'id' | 'login' | 'role' | 'commission'>,
  to: Duty,
) {
  const { id, login } = officer;
  const former = { formerRole: officer.role, formerUnit: officer.commission };
  return askOf(
    { kind: 'officer-grant', officer: id, login, role: to.role, unit: to.commission, ...former },
    1,
    'review',
  );
}

type GrantPayload = {
  officer: string;
  role: Role;
  unit: string;
  formerRole: string;
  formerUnit: string;
};

function movedTo(
  voidRequests: OfficersDeps['voidRequests'],
  officer: Row<'officer'>,
  to: Duty,
  now: number,
): { set: Partial<Row<'officer'>>; changes: Change[] } {
  const set = {
    role: to.role,
    commission: to.commission,
    ...(officer.state === 'requested' && { state: 'issued' }),
  };
  const changes = [
    ...changeOfficer(officer, set, now),
    endSessions(officer.id, now, 'duty-changed'),
    ...voidRequests(officer.id, now),
    tellOwner(officer.id, now, 'duty-changed'),
  ];
  return { set, changes };
}

/** Carries out a grant in the very commit of the approval. */
export const grantExecutor =
  (voidRequests: OfficersDeps['voidRequests']) =>
  async (reader: Reader, payload: string, by: { at: number }): Promise<Execution> => {
    const wanted = JSON.parse(payload) as GrantPayload; // written by grantApproval, its hash was checked
    const as = (await reader.officers.byId(wanted.officer))?.officer;
    if (
      !as ||
      as.state === 'disabled' ||
      as.role !== wanted.formerRole ||
      as.commission !== wanted.formerUnit
    )
      return refuse('wrong-state', { detail: 'The officer’s duty changed since the request; ask anew' });
    const to = { role: wanted.role, commission: wanted.unit };
    const { changes } = movedTo(voidRequests, as, to, by.at);
    const units = { fromUnit: as.commission, toUnit: to.commission };
    return { changes, about: { detail: { officer: as.id, from: as.role, to: to.role, ...units } } };
  };

export function createOfficerDuty(deps: OfficersDeps) {
  const { gate, random, voidRequests, briefing, macs } = deps;

  /** The unit wanted, or why this official cannot give that duty. */
  async function wantedUnit(ctx: Context, reader: Reader, to: Duty) {
    const unit = placedUnit(macs, await reader.commissions.byCode(to.commission));
    if (!ctx.actor || !unit?.path.startsWith(ctx.actor.path))
      return refuse('invalid-input', { field: 'commission', detail: 'commission: not one of yours' });
    if (!mayIssue(ctx.actor, to.role, unit.path)) return refuse('denied');
    if (!roleFits(to.role, unit.level as Level)) return wrongSeat();
    return unit;
  }

  async function widens(reader: Reader, officer: Row<'officer'>, to: { role: Role; level: Level }) {
    if (officer.state === 'requested') return needsGrant(null, to);
    // Threat: a commission made to look higher than it is: a move from there would seem to give nothing.
    const unit = placedUnit(macs, await reader.commissions.byCode(officer.commission));
    return needsGrant({ role: officer.role as Role, level: (unit?.level ?? 'PEC') as Level }, to);
  }

  /** Takes effect at the officer's next request: sessions end, and roles are read from the row, never from a token. */
  function changeRole(ctx: Context, id: string, input: ChangeRole): Promise<Outcome<OfficerItem>> {
    return changeAccount(gate, ctx, 'officer.role', id, input.expectedVersion, async (officer, reader) => {
      const unit = await wantedUnit(ctx, reader, input);
      if ('kind' in unit) return unit;
      if (await widens(reader, officer, { role: input.role, level: unit.level as Level }))
        return refuse('second-person-required', {
          detail: 'This gives more than the officer has: ask for the grant; a second official decides',
          facts: { action: 'officer.grant-request' },
        });
      const { set, changes } = movedTo(voidRequests, officer, input, ctx.now);
      return {
        changes,
        value: itemAfter(officer, set, briefing),
        detail: { from: officer.role, to: input.role, fromUnit: officer.commission, toUnit: unit.code },
      };
    });
  }

  /** Asks a second official for a duty that gives more; nothing changes until they approve. */
  function requestGrant(
    ctx: Context,
    id: string,
    input: RequestGrant,
  ): Promise<Outcome<{ approval: string }>> {
    return gate.change(ctx, 'officer.grant-request', {
      locate: (reader) =>
        locateOfficer(ctx, reader, id, (officer) => grantApproval(officer, input).payloadHash),
      decide: async (officer, reader) => {
        if (officer.id === ctx.actor?.id) return ownAccount();
        const stale = staleAt(officer, input.expectedVersion);
        if (stale) return stale;
        if (officer.state === 'disabled')
          return refuse('wrong-state', { detail: 'The account is disabled; ask to enable it first' });
        const unit = await wantedUnit(ctx, reader, input);
        if ('kind' in unit) return unit;
        if (!(await widens(reader, officer, { role: input.role, level: unit.level as Level })))
          return refuse('wrong-state', {
            detail: 'This gives no more than the officer has: change it directly',
          });
        const approval = random(16).toString('hex');
        const centre = centreOf(ctx.actor!.path);
        const { insert, said } = grantApproval(officer, input).request(ctx, approval, centre);
        const detail = { officer: id, ...said, to: input.role, toUnit: unit.code, reason: input.reason };
        return {
          kind: 'change',
          changes: [insert],
          value: { approval },
          about: { detail },
        };
      },
    });
  }

  return { changeRole, requestGrant };
}
