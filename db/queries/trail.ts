// The explorer's queries over `trail`: which entries a filter selects, newest first, and how many there are an hour. Any one
// filter is answered from one index, in order, on either engine and whatever its statistics say: one filter leads, and the
// others are written so that no index is chosen for them. An entry's row, its
// leaf and its people are fetched afterwards, for the entries of one page only.
import { and, type Column, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { underPath } from '../scope.ts';

export interface TrailFilter {
  /** Entries of units at or under this path only; absent: every entry, also of no unit. */
  path?: string;
  /** A second unit path that must hold too: what the reader asked for. */
  within?: string;
  /** Officer ids; an empty list matches nothing. */
  actors?: readonly string[];
  act?: string;
  outcome?: string;
  session?: string;
  /** Epoch ms, inclusive and exclusive. */
  from?: number;
  to?: number;
  voter?: string;
  caseId?: string;
  address?: string;
  /** Entries older than this seq. */
  before?: number;
}

/** Seqs from inclusive to exclusive. */
export interface SeqRange {
  from: number;
  until: number;
}

export interface TimeCount {
  /** Epoch ms of the hour's (or minute's) first moment. */
  at: number;
  total: number;
  refused: number;
}

/** The filter that is answered from its index; the narrowest of those asked, by what they are. */
type Lead =
  | { by: 'caseId' | 'session' | 'address' | 'actor' | 'outcome' | 'act' | 'voter'; value: string }
  | { by: 'units'; path: string }
  | { by: 'seq' };

export const hourMs = 3_600_000;

export function trailQueries(db: Db, t: Tables) {
  const { trail, trailVoter, trailHour, commission } = t;

  /** Leads of which every matching entry has exactly one; the same order on every page. */
  function leadsOf(filter: TrailFilter, unit: string | null): Lead[] {
    if (filter.voter !== undefined) return [{ by: 'voter', value: filter.voter }];
    if (filter.caseId !== undefined) return [{ by: 'caseId', value: filter.caseId }];
    if (filter.session !== undefined) return [{ by: 'session', value: filter.session }];
    if (filter.address !== undefined) return [{ by: 'address', value: filter.address }];
    if (filter.actors !== undefined) return filter.actors.map((value) => ({ by: 'actor', value }));
    if (filter.outcome !== undefined && filter.outcome !== 'done')
      return [{ by: 'outcome', value: filter.outcome }];
    if (unit !== null && !isRoot(unit)) return [{ by: 'units', path: unit }];
    if (filter.act !== undefined) return [{ by: 'act', value: filter.act }];
    if (filter.outcome !== undefined) return [{ by: 'outcome', value: filter.outcome }];
    return [{ by: 'seq' }];
  }

  /** Every condition but the leading one. */
  function others(filter: TrailFilter, unit: string | null, lead: Lead): SQL[] {
    const where: SQL[] = [];
    // `x || ''` is x, and no index's: what leads is decided here and not by guesses about how often a value occurs.
    const plain = (column: Column) => sql`(${column} || '')`;
    for (const by of ['caseId', 'session', 'address', 'outcome', 'act'] as const) {
      const value = filter[by];
      if (value !== undefined && lead.by !== by) where.push(sql`${plain(trail[by])} = ${value}`);
    }
    if (filter.actors !== undefined && lead.by !== 'actor')
      where.push(inArray(plain(trail.actor), [...filter.actors]));
    if (unit !== null && lead.by !== 'units')
      where.push(
        isRoot(unit)
          ? sql`${trail.commission} is not null`
          : inArray(
              plain(trail.commission),
              db
                .select({ code: commission.code })
                .from(commission)
                .where(underPath(commission.path, unit)) as never,
            ),
      );
    if (filter.from !== undefined) where.push(gte(trail.at, filter.from));
    if (filter.to !== undefined) where.push(lt(trail.at, filter.to));
    return where;
  }

  /**
   * One value of an index's first column, between two seqs. Said twice, the value is still one to SQLite, while PostgreSQL keeps
   * its order apart from that of seq: told `=`, it may walk back through all entries hoping to meet one soon.
   */
  const within = (column: Column, value: SQL | string, seq: Column, { from, until }: SeqRange) =>
    and(sql`${column} in (${value}, ${value})`, gte(seq, from), lt(seq, until))!;
  const seqsBetween = ({ from, until }: SeqRange) => and(gte(trail.seq, from), lt(trail.seq, until))!;

  /** Newest first. */
  async function selectBy(lead: Lead, rest: readonly SQL[], seqs: SeqRange, limit: number) {
    const from = db.select({ seq: trail.seq }).from(trail);
    switch (lead.by) {
      case 'seq':
        return seqsOf(
          await from
            .where(and(seqsBetween(seqs), ...rest))
            .orderBy(desc(trail.seq))
            .limit(limit),
        );
      case 'voter':
        return seqsOf(
          await db
            .select({ seq: trailVoter.seq })
            .from(trailVoter)
            .innerJoin(trail, eq(trail.seq, trailVoter.seq))
            .where(and(within(trailVoter.voter, lead.value, trailVoter.seq, seqs), ...rest))
            .orderBy(desc(trailVoter.voter), desc(trailVoter.seq))
            .limit(limit),
        );
      case 'units': {
        // Each unit's newest, then the newest of those: a territory is some dozens of short walks through one index.
        const newestOfUnit = from
          .where(and(within(trail.commission, sql`"commission"."code"`, trail.seq, seqs), ...rest))
          .orderBy(desc(trail.commission), desc(trail.seq))
          .limit(limit);
        const units = await db
          .select({
            seqs: sql<string | null>`(select string_agg(cast(x.seq as text), ',') from ${newestOfUnit} x)`,
          })
          .from(commission)
          .where(underPath(commission.path, lead.path));
        return units.flatMap(({ seqs }) => (seqs === null ? [] : seqs.split(',').map(Number)));
      }
      default: {
        const column = trail[lead.by];
        return seqsOf(
          await from
            .where(and(within(column, lead.value, trail.seq, seqs), ...rest))
            .orderBy(desc(column), desc(trail.seq))
            .limit(limit),
        );
      }
    }
  }

  /**
   * Between which seqs everything lies that a filter's times and `before` let in; null where nothing does. Entries follow
   * each other by seq, not by time, so this is a hull: each entry's own time is still asked for.
   */
  async function span({ from, to, before }: TrailFilter): Promise<SeqRange | null> {
    const until = before ?? Number.MAX_SAFE_INTEGER;
    if (from === undefined && to === undefined) return { from: 0, until };
    const [row] = await db
      .select({
        first: sql<number | null>`min(${trailHour.first})`,
        last: sql<number | null>`max(${trailHour.last})`,
      })
      .from(trailHour)
      .where(hoursBetween(from, to));
    if (!row || row.first === null || row.last === null) return null;
    return { from: Number(row.first), until: Math.min(until, Number(row.last) + 1) };
  }

  /** Hours that hold any moment from inclusive to exclusive. */
  const hoursBetween = (from: number | undefined, to: number | undefined) =>
    and(
      from === undefined ? undefined : gte(trailHour.hour, Math.floor(from / hourMs)),
      to === undefined ? undefined : lt(trailHour.hour, Math.ceil(to / hourMs)),
    );

  return {
    span,
    /** Seqs of the newest entries a filter selects, newest first. */
    async select(filter: TrailFilter, limit: number): Promise<number[]> {
      const unit = unitOf(filter);
      const seqs = unit === undefined ? null : await span(filter);
      if (unit === undefined || seqs === null) return [];
      const found: number[] = [];
      for (const lead of leadsOf(filter, unit))
        found.push(...(await selectBy(lead, others(filter, unit, lead), seqs, limit)));
      return found.sort((a, b) => b - a).slice(0, limit);
    },

    /**
     * Entries an hour (or a minute) among those a filter selects between two seqs. The caller takes slices: one over millions
     * of entries would hold up everybody else who reads.
     */
    async count(filter: TrailFilter, seqs: SeqRange, sliceMs: number): Promise<TimeCount[]> {
      const unit = unitOf(filter);
      if (unit === undefined) return [];
      const counts: TimeCount[] = [];
      const slice = sql<number>`${trail.at} / ${sql.raw(String(sliceMs))}`;
      const numbers = {
        slice: slice.mapWith(Number),
        total: sql<number>`count(*)`.mapWith(Number),
        refused: sql<number>`sum(case when ${trail.outcome} <> 'done' then 1 else 0 end)`.mapWith(Number),
      };
      for (const lead of leadsOf(filter, unit)) {
        const rest = others(filter, unit, lead);
        const rows =
          lead.by === 'voter'
            ? db
                .select(numbers)
                .from(trailVoter)
                .innerJoin(trail, eq(trail.seq, trailVoter.seq))
                .where(and(within(trailVoter.voter, lead.value, trailVoter.seq, seqs), ...rest))
            : db
                .select(numbers)
                .from(trail)
                .where(and(leading(lead, seqs), ...rest));
        for (const { slice: at, ...row } of await rows.groupBy(slice))
          counts.push({ at: at * sliceMs, ...row });
      }
      return counts;
    },

    /** The same of the whole log, hour by hour; exact where the times asked for are whole hours. */
    async countHours(from: number | undefined, to: number | undefined): Promise<TimeCount[]> {
      const rows = await db.select().from(trailHour).where(hoursBetween(from, to));
      return rows.map(({ hour, entries, refused }) => ({ at: hour * hourMs, total: entries, refused }));
    },
  };

  function leading(lead: Lead, seqs: SeqRange): SQL {
    if (lead.by === 'seq') return seqsBetween(seqs);
    if (lead.by === 'units')
      return and(
        seqsBetween(seqs),
        inArray(
          trail.commission,
          db
            .select({ code: commission.code })
            .from(commission)
            .where(underPath(commission.path, lead.path)) as never,
        ),
      )!;
    return within(trail[lead.by as 'act'], (lead as { value: string }).value, trail.seq, seqs);
  }
}

/** The narrower of the two unit paths; null: none is asked for; undefined: they share nothing. */
function unitOf({ path, within }: TrailFilter): string | null | undefined {
  if (path === undefined || within === undefined) return path ?? within ?? null;
  if (within.startsWith(path)) return within;
  return path.startsWith(within) ? path : undefined;
}

/** Every unit lies under it, so nothing but having a unit is asked. */
const isRoot = (path: string) => /^\/[^/]+\/$/.test(path);

const seqsOf = (rows: readonly { seq: number }[]) => rows.map(({ seq }) => seq);
