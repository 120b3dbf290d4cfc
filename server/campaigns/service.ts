// Campaigns and the change of passwords they ask for (R46): opened and closed as acts of named officials; who is due when,
// who has changed, by unit. A campaign is never deleted: its rounds are what later log-ins are measured by.
import { hash } from 'node:crypto';
import type { Reader, Row } from '#db/store.ts';
import type {
  CampaignCard,
  CampaignItem,
  CampaignOfficers,
  CampaignOfficersQuery,
  CampaignPage,
  OpenCampaign,
} from '#server/contract/campaigns.ts';
import type { Role } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { addCalendarDays, bishkekDay, isCalendarDay } from '#server/lib/dates.ts';
import { type Progress, progressIn, type Round, rotationDue, roundsOf, turnOf } from './rules.ts';

/** Further ahead is a slip of the pen. */
const furthestDays = 366;

export interface CampaignDeps {
  gate: Gate;
  /** Days over which the changes before and after are spread. */
  windowDays: number;
}

type Password = Awaited<ReturnType<Reader['campaigns']['passwords']>>[number];

export function createCampaigns({ gate, windowDays }: CampaignDeps) {
  const show = (row: Row<'campaign'>): CampaignItem => {
    const { id, name, basis, opensOn, closedOn, openEntry, closeEntry, version } = row;
    const rounds = roundsOf(row, windowDays).map(({ when, firstDay, days }) => ({
      when,
      firstDay,
      lastDay: addCalendarDays(firstDay, days - 1),
    }));
    return { id, name, basis, opensOn, closedOn, openEntry, closeEntry, version, rounds };
  };

  /** The round that counts now: after the closing that one, else the one before the opening; none when it was called off. */
  const presentRound = (row: Row<'campaign'>): Round | null => roundsOf(row, windowDays).at(-1) ?? null;

  const standing = (one: Password, round: Round, now: number): Progress =>
    progressIn(one.id, one.passwordSetAt ?? 0, now, round);

  async function locate(ctx: Context, reader: Reader, id: string) {
    const row = await reader.campaigns.byId(id);
    return row && { record: row, unit: ctx.actor?.path ?? null, about: { detail: { campaign: id } } };
  }

  function listCampaigns(ctx: Context): Promise<Outcome<CampaignPage>> {
    return gate.read(ctx, 'campaign.list', {
      locate: async () => ({ record: null, unit: null }),
      release: async (_none, reader) => ({
        kind: 'release',
        value: { items: (await reader.campaigns.all()).map(show), windowDays },
        about: {},
      }),
    });
  }

  function openCampaign(ctx: Context, input: OpenCampaign): Promise<Outcome<CampaignItem>> {
    const { now } = ctx;
    return gate.change(ctx, 'campaign.open', {
      locate: async () => ({ record: null, unit: null }),
      decide: async (_none, reader) => {
        const { name, basis, opensOn } = input;
        const today = bishkekDay(now);
        if (!isCalendarDay(opensOn) || opensOn < today || opensOn > addCalendarDays(today, furthestDays))
          return refuse('invalid-input', {
            field: 'opensOn',
            detail: 'opensOn: give a day from today on, at most a year ahead',
          });
        // The same decision recorded twice would ask everybody twice: two at once meet on the id made of it.
        const id = hash('sha256', `${basis.trim().toLowerCase()} ${opensOn}`, 'hex').slice(0, 32);
        if (await reader.campaigns.byId(id))
          return refuse('already-done', { detail: 'This decision’s campaign is recorded already' });
        const row = {
          ...{ id, name, basis, opensOn, closedOn: null },
          ...{ openedBy: ctx.actor!.id, openedAt: now, openEntry: { entrySeq: 0 } },
          ...{ closedBy: null, closedAt: null, closeEntry: null, version: 1 },
        };
        return {
          kind: 'change',
          changes: [{ op: 'insert', table: 'campaign', row }],
          value: (seq) => show({ ...row, openEntry: seq }),
          about: { detail: { campaign: id, name, basis, opensOn } },
        };
      },
    });
  }

  /** Ends with today; everybody's second change begins tomorrow. Before its first day it is called off and asks nothing. */
  function closeCampaign(ctx: Context, id: string, expectedVersion: number): Promise<Outcome<CampaignItem>> {
    const { now } = ctx;
    return gate.change(ctx, 'campaign.close', {
      locate: (reader) => locate(ctx, reader, id),
      decide: (row) => {
        if (row.version !== expectedVersion)
          return refuse('stale', { facts: { currentVersion: row.version } });
        if (row.closedOn !== null) return refuse('already-done', { detail: 'This campaign is closed' });
        const set = {
          closedOn: bishkekDay(now),
          closedBy: ctx.actor!.id,
          closedAt: now,
          version: row.version + 1,
        };
        return {
          kind: 'change',
          changes: [
            {
              op: 'update',
              table: 'campaign',
              key: { id },
              expect: { version: row.version, closedOn: null },
              set: { ...set, closeEntry: { entrySeq: 0 } },
            },
          ],
          value: (seq) => show({ ...row, ...set, closeEntry: seq }),
          about: { detail: { campaign: id, closedOn: set.closedOn } },
        };
      },
    });
  }

  /** How far the present round has come, by territory: counts, no names. */
  function viewCampaign(ctx: Context, id: string): Promise<Outcome<CampaignCard>> {
    return gate.read(ctx, 'campaign.view', {
      locate: (reader) => locate(ctx, reader, id),
      release: async (row, reader) => {
        const round = presentRound(row);
        const counts = { changed: 0, due: 0, waiting: 0 };
        const units = new Map<string, typeof counts>();
        for (const one of round ? await reader.campaigns.passwords(ctx.actor!.path) : []) {
          const standsAt = standing(one, round!, ctx.now);
          const unit = units.get(one.territory) ?? { changed: 0, due: 0, waiting: 0 };
          counts[standsAt] += 1;
          unit[standsAt] += 1;
          units.set(one.territory, unit);
        }
        const behind = [...units].map(([commission, unit]) => ({ commission, ...unit }));
        behind.sort(
          (a, b) => b.due - a.due || b.waiting - a.waiting || (a.commission < b.commission ? -1 : 1),
        );
        const value = { ...show(row), round: round?.when ?? null, counts, units: behind.slice(0, 500) };
        return { kind: 'release', value, about: { detail: { campaign: id, ...counts } } };
      },
    });
  }

  /** Whose turn comes when, those due longest first; a page at a time. */
  function listOfficers(
    ctx: Context,
    id: string,
    query: CampaignOfficersQuery,
  ): Promise<Outcome<CampaignOfficers>> {
    const { standing: wanted, commission, skip = 0, limit = 50 } = query;
    return gate.read(ctx, 'campaign.view', {
      locate: (reader) => locate(ctx, reader, id),
      release: async (row, reader) => {
        const round = presentRound(row);
        const everybody = round ? await reader.campaigns.passwords(ctx.actor!.path) : [];
        const all = everybody
          .filter((one) => commission === undefined || one.territory === commission)
          .map((one) => ({ one, standing: standing(one, round!, ctx.now), turn: turnOf(one.id, round!) }))
          .filter(({ standing }) => wanted === undefined || standing === wanted)
          .sort((a, b) => (a.turn === b.turn ? (a.one.id < b.one.id ? -1 : 1) : a.turn < b.turn ? -1 : 1));
        const items = all.slice(skip, skip + limit).map(({ one, standing, turn }) => ({
          id: one.id,
          login: one.login,
          name: [one.surname, one.givenName, one.patronymic].filter(Boolean).join(' '),
          role: one.role as Role, // written from the closed list
          commission: one.commission,
          passwordSetAt: one.passwordSetAt,
          standing,
          turn,
        }));
        const asked = { ...(wanted && { standing: wanted }), ...(commission && { commission }) };
        return {
          kind: 'release',
          value: { items, count: all.length },
          about: { detail: { campaign: id, ...asked, shown: items.length } },
        };
      },
    });
  }

  return {
    listCampaigns,
    openCampaign,
    closeCampaign,
    viewCampaign,
    listOfficers,
    /** For log-in: whether this officer's password must be changed now. */
    async due(reader: Reader, officer: string, setAt: number, now: number): Promise<boolean> {
      return rotationDue(officer, setAt, now, await reader.campaigns.all(), windowDays);
    },
  };
}

export type Campaigns = ReturnType<typeof createCampaigns>;
