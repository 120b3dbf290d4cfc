// Accounts of officers: registered by one official, activated by another, changed and disabled with an entry each. Nobody
// here chooses a password for anybody: an issued one is random, shown once, and opens only its own replacement.
import type { Change } from '#db/store.ts';
import type {
  ActivatedOfficer,
  ChangeClearance,
  ChangeRole,
  NewOfficer,
  OfficerCard,
  OfficerItem,
  OfficerPage,
  OfficerQuery,
} from '#server/contract/officers.ts';
import type { Level } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { bishkekDay, isCalendarDay } from '#server/lib/dates.ts';
import type { Hasher } from '#server/lib/passwords.ts';
import {
  awaitsFirstChange,
  changeOfficer,
  endSessions,
  flagsFor,
  forgetDevices,
  locateOfficer,
  showCard,
  showItem,
  versionRow,
} from './records.ts';
import { activationHash, resetApproval } from './reset.ts';
import { mayIssue, roleFits, temporaryPassword } from './rules.ts';

export interface OfficersDeps {
  gate: Gate;
  hasher: Hasher;
  /** @returns that many random bytes */
  random: (bytes: number) => Buffer;
  /** How long an issued password lives. */
  temporaryHours: number;
}

type OfficerRow = Parameters<typeof showItem>[0] & { id: string };
const hourMs = 3_600_000;

const staleAt = (officer: { version: number }, expected: number): Refusal | null =>
  officer.version === expected ? null : refuse('stale', { facts: { currentVersion: officer.version } });
const ownAccount = () => refuse('own-request', { detail: 'Another official must do this to your account' });
const closed = () => refuse('wrong-state', { detail: 'The account is disabled; register a new one' });

export type Officers = ReturnType<typeof createOfficers>;

export function createOfficers({ gate, hasher, random, temporaryHours }: OfficersDeps) {
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

  /** Registers a login in state `issued`: it opens nothing until a second official activates it. */
  function registerOfficer(ctx: Context, input: NewOfficer): Promise<Outcome<OfficerItem>> {
    const { now } = ctx;
    return gate.change(ctx, 'officer.add', {
      locate: async (reader) => {
        const unit = await reader.commissions.byCode(input.commission);
        return unit && { record: unit, unit: unit.path, flags: flagsFor(ctx, null) };
      },
      decide: async (unit, reader) => {
        if (!ctx.actor || !mayIssue(ctx.actor, input.role, unit.path)) return refuse('denied');
        if (!roleFits(input.role, unit.level as Level)) return wrongSeat();
        const fault = clearanceFault(input.clearance, now);
        if (fault) return fault;
        if (await reader.officers.loginTaken(input.login))
          return refuse('invalid-input', { field: 'login', detail: 'login: already used; choose another' });
        const officer = {
          id: random(16).toString('hex'),
          login: input.login,
          surname: input.surname,
          givenName: input.givenName,
          patronymic: input.patronymic ?? '',
          role: input.role,
          commission: unit.code,
          state: 'issued',
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
          version: 1,
        };
        return {
          kind: 'change',
          changes: [{ op: 'insert', table: 'officer', row: officer }, versionRow(officer, now)],
          value: showItem(officer),
          about: { detail: { officer: officer.id, role: officer.role, unit: unit.code } },
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
      locate: (reader) => locateOfficer(ctx, reader, id, activationHash(id)),
      decide: async (officer, reader) => {
        if (officer.id === ctx.actor?.id) return ownAccount();
        if (officer.createdBy === ctx.actor?.id && ctx.actor.role !== 'system')
          return refuse('own-request', { detail: 'A second official activates an account' });
        const stale = staleAt(officer, expectedVersion);
        if (stale) return stale;
        if (officer.state !== 'issued' && !(officer.state === 'active' && awaitsFirstChange(officer)))
          return refuse('wrong-state', {
            detail: 'The account is already in use; a lost phone asks for a reset',
          });
        const password = temporaryPassword(random);
        const passwordHash = await hasher.hash(password);
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
          // Sessions from before a reset must not come back to life with the account.
          ...(await endSessions(reader, id, now, 'activated-anew')),
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

  /** The shape of every change of an account: version checked, nobody's own, disabled accounts stay closed. */
  function changeAccount<V>(
    ctx: Context,
    act: 'officer.disable' | 'officer.role' | 'officer.clearance',
    id: string,
    expectedVersion: number,
    decide: (
      officer: Parameters<typeof changeOfficer>[0],
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

  const after = (officer: OfficerRow, set: Partial<OfficerRow>) =>
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

  /** A lost phone or forgotten password: two officials approve, then somebody activates anew in person. */
  function requestReset(
    ctx: Context,
    id: string,
    input: { expectedVersion: number; reason: string },
  ): Promise<Outcome<{ approval: string }>> {
    const wanted = resetApproval(id, input.expectedVersion);
    return gate.change(ctx, 'officer.reset-request', {
      locate: (reader) => locateOfficer(ctx, reader, id, wanted.payloadHash),
      decide: (officer) => {
        if (officer.id === ctx.actor?.id) return ownAccount();
        const stale = staleAt(officer, input.expectedVersion);
        if (stale) return stale;
        if (officer.state !== 'active')
          return refuse('wrong-state', { detail: 'Only an account in use can be reset' });
        const approval = random(16).toString('hex');
        const row = wanted.row({ approval, officer, requestedBy: ctx.actor!.id, now: ctx.now });
        return {
          kind: 'change',
          changes: [{ op: 'insert', table: 'approval', row }],
          value: { approval },
          about: { purpose: 'incident', detail: { officer: id, approval, reason: input.reason } },
        };
      },
    });
  }

  return {
    listOfficers,
    viewOfficer,
    registerOfficer,
    activateOfficer,
    disableOfficer,
    changeRole,
    changeClearance,
    endOfficerSessions,
    requestReset,
  };
}

const wrongSeat = () =>
  refuse('invalid-input', { field: 'role', detail: 'role: does not exist at a commission of this level' });

function clearanceFault({ until }: { until: string }, now: number): Refusal | null {
  if (isCalendarDay(until) && until >= bishkekDay(now)) return null;
  return refuse('invalid-input', {
    field: 'clearance.until',
    detail: 'clearance.until: give a day that is not past',
  });
}
