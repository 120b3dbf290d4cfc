// Looking at accounts: the list within the asker's units, and one account with its history.
import type { OfficerCard, OfficerPage, OfficerQuery } from '#server/contract/officers.ts';
import type { Context } from '#server/gate/context.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { addCalendarDays, bishkekDay } from '#server/lib/dates.ts';
import type { OfficersDeps } from './deps.ts';
import { flagsFor, locateOfficer, showCard, showItem } from './records.ts';

export function createOfficerReads({ gate, briefing }: Pick<OfficersDeps, 'gate' | 'briefing'>) {
  function listOfficers(ctx: Context, query: OfficerQuery): Promise<Outcome<OfficerPage>> {
    const { limit = 50, ...rest } = query;
    const { clearanceWithinDays, briefing: signed, absent, ...plain } = rest;
    const today = bishkekDay(ctx.now);
    const filter = {
      path: ctx.actor?.path ?? '',
      limit,
      ...plain,
      ...(clearanceWithinDays !== undefined && {
        clearedUntil: addCalendarDays(today, clearanceWithinDays),
      }),
      ...(signed && { briefing: { hash: briefing.hash, signed: signed === 'signed' } }),
      ...(absent && { absentOn: today }),
    };
    return gate.read(ctx, 'officer.list', {
      locate: async () => ({ record: filter, unit: filter.path, flags: flagsFor(ctx, null) }),
      release: async (scope, reader) => {
        const [rows, count] = await Promise.all([reader.officers.page(scope), reader.officers.count(scope)]);
        const items = rows.slice(0, limit).map((row) => showItem(row, briefing.hash));
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
        const [history, sessions, signatures, work, approvals] = await Promise.all([
          reader.officers.history(id),
          reader.access.sessions(id),
          reader.officers.signatures(id),
          reader.officers.openWork(id),
          reader.approvals.unfinishedOf(id),
        ]);
        const mayReset =
          officer.id !== ctx.actor?.id &&
          gate.may(ctx, 'officer.reset-request', {
            unit: (await reader.commissions.byCode(officer.commission))?.path ?? '/',
            flags: flagsFor(ctx, officer),
          });
        const [passkeys, codes] = await Promise.all([
          reader.factors.passkeys(id),
          reader.factors.recoveryCodes(id),
        ]);
        const openSessions = sessions.filter((s) => s.endedAt === null && ctx.now < s.endsAt).length;
        const value = showCard(officer, briefing.hash, {
          history,
          openSessions,
          factors: mayReset ? { passkeys: passkeys.length, recoveryCodesLeft: codes.left } : null,
          signatures: signatures.map(({ officer: _officer, ...signature }) => signature),
          openWork: {
            ...work,
            approvals: approvals.slice(0, 100).map((one) => ({ id: one.id, kind: one.kind })),
          },
        });
        return {
          kind: 'release',
          value,
          about: { detail: { officer: id } },
        };
      },
    });
  }

  return { listOfficers, viewOfficer };
}
