// Use cases of the calendar: look at it, set the election and its dates under an act.
import { randomUUID } from 'node:crypto';
import type { Change, Reader } from '#db/store.ts';
import type { Calendar, CalendarSet } from '#server/contract/applications.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { bishkekDay, isCalendarDay } from '#server/lib/dates.ts';
import {
  type CalendarFacts,
  dueDay,
  isCalendarEvent,
  isFrozen,
  noCalendar,
  proposals,
  proposedDay,
} from './rules.ts';

/** The dates in force, for rules of other rooms. */
export async function calendarFacts(reader: Reader): Promise<CalendarFacts & { election: string | null }> {
  const current = await reader.calendar.current();
  if (!current) return { ...noCalendar, election: null };
  return {
    election: current.election.id,
    dates: Object.fromEntries(current.dates.map((date) => [date.event, date.onDay])),
  };
}

type Current = Awaited<ReturnType<Reader['calendar']['current']>>;

export function createCalendar({ gate }: { gate: Gate }) {
  const everywhere = async (reader: Reader) => ({ record: await reader.calendar.current(), unit: null });

  return {
    async viewCalendar(ctx: Context): Promise<Outcome<Calendar>> {
      return gate.read<Current, Calendar>(ctx, 'calendar.view', {
        locate: everywhere,
        release: (current) => ({ kind: 'release', value: show(current, ctx.now), about: {} }),
      });
    },

    async setCalendar(ctx: Context, input: CalendarSet): Promise<Outcome<{ election: string }>> {
      return gate.change<Current, { election: string }>(ctx, 'calendar.set', {
        locate: everywhere,
        async decide(current, reader) {
          const changes: Change[] = [];
          const election = current?.election.id ?? randomUUID();
          if (input.election) {
            if (!isCalendarDay(input.election.votingDay))
              return refuse('invalid-input', { field: 'election.votingDay', detail: 'There is no such day' });
            changes.push(
              current
                ? {
                    op: 'update',
                    table: 'election',
                    key: { id: election },
                    expect: { version: current.election.version },
                    set: { ...input.election, version: current.election.version + 1 },
                  }
                : {
                    op: 'insert',
                    table: 'election',
                    row: { id: election, ...input.election, state: 'open', version: 1 },
                  },
            );
          } else if (!current) {
            return refuse('invalid-input', { field: 'election', detail: 'Name the election first' });
          }
          for (const [i, date] of (input.dates ?? []).entries()) {
            const field = `dates.${i}`;
            if (!isCalendarEvent(date.event))
              return refuse('invalid-input', {
                field: `${field}.event`,
                detail: `One of ${Object.keys(proposals).join(', ')}`,
              });
            if ((input.dates ?? []).findIndex((d) => d.event === date.event) !== i)
              return refuse('invalid-input', { field: `${field}.event`, detail: 'Named twice' });
            if (!date.act.trim())
              return refuse('invalid-input', { field: `${field}.act`, detail: 'Name the act that sets it' });
            if (!isCalendarDay(date.onDay))
              return refuse('invalid-input', { field: `${field}.onDay`, detail: 'There is no such day' });
            const known = current?.dates.find((d) => d.event === date.event);
            if (date.expectedVersion !== undefined && date.expectedVersion !== (known?.version ?? 0))
              return refuse('stale');
            const set = { onDay: date.onDay, act: date.act, setBy: ctx.actor!.id, setAt: ctx.now };
            changes.push(
              known
                ? {
                    op: 'update',
                    table: 'calendarDate',
                    key: { election, event: date.event },
                    expect: { version: known.version },
                    set: { ...set, version: known.version + 1 },
                  }
                : {
                    op: 'insert',
                    table: 'calendarDate',
                    row: { election, event: date.event, ...set, version: 1 },
                  },
            );
          }
          const moved = await dueAgain(reader, current, input);
          const dates = (input.dates ?? []).map((d) => `${d.event} ${d.onDay} ${d.act}`);
          return {
            kind: 'change',
            changes: [...changes, ...moved],
            value: { election },
            about: { detail: { election, dates, dueAgain: moved.length } },
          };
        },
      });
    },
  };
}

/** A freeze that is set or moved moves the due days that hang on it: what is not answered yet becomes due anew (R19). */
async function dueAgain(reader: Reader, current: Current, { dates = [] }: CalendarSet): Promise<Change[]> {
  const freeze = dates.find((date) => date.event === 'freeze')?.onDay;
  if (freeze === undefined) return [];
  const before = Object.fromEntries((current?.dates ?? []).map((date) => [date.event, date.onDay]));
  return (await reader.applications.owed()).flatMap(({ id, atTerritoryAt, dueOn }): Change[] => {
    const due = dueDay({ dates: { ...before, freeze } }, atTerritoryAt);
    if (due === dueOn) return [];
    return [{ op: 'update', table: 'application', key: { id }, expect: { dueOn }, set: { dueOn: due } }];
  });
}

export type CalendarRoom = ReturnType<typeof createCalendar>;

function show(current: Current, now: number): Calendar {
  const today = bishkekDay(now);
  if (!current) return { election: null, dates: [], today, frozen: false };
  const { election } = current;
  const dates = Object.keys(proposals).map((event) => {
    const set = current.dates.find((date) => date.event === event);
    return set
      ? { event, onDay: set.onDay, act: set.act, proposed: false, version: set.version }
      : { event, onDay: proposedDay(election.votingDay, event), act: '', proposed: true, version: 0 };
  });
  const facts = { dates: Object.fromEntries(current.dates.map((date) => [date.event, date.onDay])) };
  return {
    election: {
      id: election.id,
      nameKy: election.nameKy,
      nameRu: election.nameRu,
      nameEn: election.nameEn,
      votingDay: election.votingDay,
    },
    dates: dates.toSorted((a, b) => a.onDay.localeCompare(b.onDay)),
    today,
    frozen: isFrozen(facts, now),
  };
}
