// How an account comes to be usable: registered by one official, activated in person by another, and again after a reset
// that two approve. Nobody chooses a password for anybody: an issued one is random, shown once, and opens only its own
// replacement.
import type { Change } from '#db/store.ts';
import type { ActivatedOfficer, NewOfficer, RegisteredOfficer } from '#server/contract/officers.ts';
import type { Level } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import { endSessions, voidFactors } from '#server/gate/credentials.ts';
import type { Details } from '#server/gate/leaf.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { HashingBusy } from '#server/lib/passwords.ts';
import { centreOf } from './asks.ts';
import {
  clearanceFault,
  nameFault,
  type OfficersDeps,
  ownAccount,
  placedUnit,
  staleAt,
  wrongSeat,
} from './deps.ts';
import { grantApproval } from './duty.ts';
import {
  awaitsFirstChange,
  changeOfficer,
  flagsFor,
  locateOfficer,
  showItem,
  versionRow,
} from './records.ts';
import { activationHash, resetApproval } from './reset.ts';
import { mayIssue, needsGrant, roleFits, temporaryPassword } from './rules.ts';

const hourMs = 3_600_000;

export function createOfficerIssue({ gate, hasher, random, temporaryHours, briefing, macs }: OfficersDeps) {
  /**
   * Registers a login that opens nothing until a second official activates it. A role with powers of its own waits in
   * state `requested` until another official has granted it; the request is made in the same commit.
   */
  function registerOfficer(ctx: Context, input: NewOfficer): Promise<Outcome<RegisteredOfficer>> {
    const { now } = ctx;
    return gate.change(ctx, 'officer.add', {
      locate: async (reader) => {
        const unit = placedUnit(macs, await reader.commissions.byCode(input.commission));
        return unit && { record: unit, unit: unit.path, flags: flagsFor(ctx, null) };
      },
      decide: async (unit, reader) => {
        if (!ctx.actor || !mayIssue(ctx.actor, input.role, unit.path)) return refuse('denied');
        if (!roleFits(input.role, unit.level as Level)) return wrongSeat();
        const fault = nameFault(input) ?? clearanceFault(input.clearance, now);
        if (fault) return fault;
        if (await reader.officers.loginTaken(input.login))
          return refuse('invalid-input', { field: 'login', detail: 'login: already used; choose another' });
        // `init` and the demo register the first officers; there is nobody yet to ask.
        const level = unit.level as Level;
        const asks = ctx.actor.role !== 'system' && needsGrant(null, { role: input.role, level });
        const officer = {
          id: random(16).toString('hex'),
          login: input.login,
          surname: input.surname,
          givenName: input.givenName,
          patronymic: input.patronymic ?? '',
          role: input.role,
          commission: unit.code,
          state: asks ? 'requested' : 'issued',
          createdBy: ctx.actor.id,
          activatedBy: null,
          passwordHash: null,
          passwordSetAt: null,
          passwordTemporary: 1,
          passwordExpiresAt: null,
          totpSeed: null,
          totpConfirmedAt: null,
          totpStep: 0,
          briefingVersion: null,
          briefingHash: null,
          clearanceOrder: input.clearance.order,
          clearanceLevel: input.clearance.level,
          clearanceUntil: input.clearance.until,
          absentFrom: null,
          absentUntil: null,
          trustedSince: null,
          version: 1,
        };
        const changes: Change[] = [
          { op: 'insert', table: 'officer', row: officer },
          versionRow(officer, now),
        ];
        const approval = asks ? random(16).toString('hex') : null;
        const detail: Details = { officer: officer.id, role: officer.role, unit: unit.code };
        if (approval !== null) {
          const centre = centreOf(ctx.actor.path);
          const { insert, said } = grantApproval(officer, input).request(ctx, approval, centre);
          changes.push(insert);
          Object.assign(detail, said);
        }
        return {
          kind: 'change',
          changes,
          value: { ...showItem(officer, briefing.hash), approval },
          about: { detail },
        };
      },
    });
  }

  /** In person, by another official than the one who registered the account; the password appears in this reply only. */
  function activateOfficer(
    ctx: Context,
    id: string,
    expectedVersion: number,
  ): Promise<Outcome<ActivatedOfficer>> {
    const { now } = ctx;
    return gate.change(ctx, 'officer.activate', {
      locate: (reader) => locateOfficer(ctx, reader, id, () => activationHash(id)),
      decide: async (officer) => {
        if (officer.id === ctx.actor?.id) return ownAccount();
        if (officer.createdBy === ctx.actor?.id && ctx.actor.role !== 'system')
          return refuse('own-request', { detail: 'A second official activates an account' });
        const stale = staleAt(officer, expectedVersion);
        if (stale) return stale;
        if (officer.state === 'requested')
          return refuse('second-person-required', {
            detail: 'A second official has not granted this role yet',
          });
        if (officer.state !== 'issued' && !(officer.state === 'active' && awaitsFirstChange(officer)))
          return refuse('wrong-state', {
            detail: 'The account is already in use; a lost phone asks for a reset',
          });
        const password = temporaryPassword(random);
        let passwordHash: string;
        try {
          passwordHash = await hasher.hash(password);
        } catch (error) {
          if (!(error instanceof HashingBusy)) throw error;
          return refuse('too-many', { facts: { retryAfterSeconds: 2 } });
        }
        const expiresAt = now + temporaryHours * hourMs;
        const changes = [
          ...changeOfficer(
            officer,
            {
              state: 'active',
              activatedBy: ctx.actor!.id,
              passwordHash,
              passwordSetAt: now,
              passwordTemporary: 1,
              passwordExpiresAt: expiresAt,
              totpSeed: null,
              totpConfirmedAt: null,
              totpStep: 0,
            },
            now,
          ),
          // Nothing from before a reset comes back to life with the account: no session, no factor.
          ...voidFactors(id),
          endSessions(id, now, 'activated-anew'),
        ];
        const version = officer.version + 1;
        return {
          kind: 'change',
          changes,
          value: { login: officer.login, temporaryPassword: password, expiresAt, version },
          about: { detail: { officer: id, expiresAt } },
        };
      },
    });
  }

  /** A lost phone or forgotten password: two officials approve, then somebody activates anew in person. */
  function requestReset(
    ctx: Context,
    id: string,
    input: { expectedVersion: number; reason: string },
  ): Promise<Outcome<{ approval: string }>> {
    const { expectedVersion: version } = input;
    return gate.change(ctx, 'officer.reset-request', {
      locate: (reader) =>
        locateOfficer(ctx, reader, id, (officer) => resetApproval({ ...officer, version }).payloadHash),
      decide: (officer) => {
        if (officer.id === ctx.actor?.id) return ownAccount();
        const stale = staleAt(officer, input.expectedVersion);
        if (stale) return stale;
        if (officer.state !== 'active')
          return refuse('wrong-state', { detail: 'Only an account in use can be reset' });
        const approval = random(16).toString('hex');
        const { insert, said } = resetApproval(officer).request(ctx, approval, officer.commission);
        return {
          kind: 'change',
          changes: [insert],
          value: { approval },
          about: {
            purpose: 'incident',
            detail: { officer: id, ...said, reason: input.reason },
          },
        };
      },
    });
  }

  return { registerOfficer, activateOfficer, requestReset };
}
