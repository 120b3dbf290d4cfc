// The explorer's queries over `trail`: which entries a filter selects, newest first, and how many there are an hour. Any one
// filter is answered from one index, in order, on either engine and whatever its statistics say: one filter leads, and the
// others are written so that no index is chosen for them. An entry's row, its leaf and its people are fetched afterwards,
// for the entries of one page only (trail-rows.ts).
import { and, type Column, desc, eq, gte, inArray, lt, type SQL, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { pathRange, underPath, underPathPrepared } from '../scope.ts';
import { type SeqRange, type TimeCount, trailHours } from './trail-hours.ts';

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

/** The filter that is answered from its index; the narrowest of those asked, by what they are. */
type Lead =
  | { by: 'caseId' | 'session' | 'address' | 'actor' | 'outcome' | 'act' | 'voter'; value: string }
  | { by: 'units'; path: string }
  | { by: 'seq' };

/** The units a filter is about: their path, and their codes where there are not simply all of them. */
interface Units {
  path: string | null;
  codes: readonly string[];
}

export function trailQueries(db: Db, t: Tables) {
  const { trail, trailVoter, commission } = t;
  const hours = trailHours(db, t);
  const under = db.prepared(
    'trail.units',
    db.select({ code: commission.code }).from(commission).where(underPathPrepared(commission.path)),
  );

  /** Null where they share nothing. */
  async function unitsOf(filter: TrailFilter): Promise<Units | null> {
    const path = unitOf(filter);
    if (path === undefined) return null;
    // Looked up first: where PostgreSQL must guess how many there are, it may read what leads once for each.
    const codes = path === null || isRoot(path) ? [] : await under(pathRange(path));
    return { path, codes: codes.map(({ code }) => code) };
  }

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
  function others(filter: TrailFilter, { path, codes }: Units, lead: Lead): SQL[] {
    const where: SQL[] = [];
    // `x || ''` is x, and no index's: what leads is decided here and not by guesses about how often a value occurs.
    const plain = (column: Column) => sql`(${column} || '')`;
    for (const by of ['caseId', 'session', 'address', 'outcome', 'act'] as const) {
      const value = filter[by];
      if (value !== undefined && lead.by !== by) where.push(sql`${plain(trail[by])} = ${value}`);
    }
    if (filter.actors !== undefined && lead.by !== 'actor')
      where.push(inArray(plain(trail.actor), [...filter.actors]));
    if (path !== null && lead.by !== 'units')
      where.push(
        isRoot(path) ? sql`${trail.commission} is not null` : inArray(plain(trail.commission), [...codes]),
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

  return {
    ranges: hours.ranges,
    firstSince: hours.firstSince,
    latest: hours.latest,
    momentOf: hours.momentOf,
    /** Seqs of the newest entries a filter selects, newest first. */
    async select(filter: TrailFilter, limit: number): Promise<number[]> {
      const units = await unitsOf(filter);
      if (units === null) return [];
      const found: number[] = [];
      for (const seqs of await hours.ranges(filter)) {
        const newest: number[] = [];
        for (const lead of leadsOf(filter, units.path))
          newest.push(...(await selectBy(lead, others(filter, units, lead), seqs, limit - found.length)));
        newest.sort((a, b) => b - a);
        found.push(...newest.slice(0, limit - found.length));
        if (found.length === limit) break;
      }
      return found;
    },

    /**
     * Entries an hour (or a minute) among those a filter selects between two seqs. The caller takes slices: one over millions
     * of entries would hold up everybody else who reads.
     */
    async count(filter: TrailFilter, seqs: SeqRange, sliceMs: number): Promise<TimeCount[]> {
      const units = await unitsOf(filter);
      if (units === null) return [];
      const counts: TimeCount[] = [];
      const slice = sql<number>`${trail.at} / ${sql.raw(String(sliceMs))}`;
      const numbers = {
        slice: slice.mapWith(Number),
        total: sql<number>`count(*)`.mapWith(Number),
        refused: sql<number>`sum(case when ${trail.outcome} <> 'done' then 1 else 0 end)`.mapWith(Number),
      };
      for (const lead of leadsOf(filter, units.path)) {
        const rest = others(filter, units, lead);
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

    /**
     * The same from what is counted already, of the whole hours between a filter's times; null where a filter asks more than act,
     * outcome and whether a unit is named.
     */
    async countHours(filter: TrailFilter): Promise<TimeCount[] | null> {
      const { actors, session, voter, caseId, address, before, act, outcome, from, to } = filter;
      const path = unitOf(filter);
      if (path === undefined) return [];
      const more = [actors, session, voter, caseId, address, before].some((asked) => asked !== undefined);
      if (more || (path !== null && !isRoot(path))) return null;
      return hours.count({ act, outcome, inUnit: path !== null, from, to });
    },
  };

  function leading(lead: Lead, seqs: SeqRange): SQL {
    if (lead.by === 'seq') return seqsBetween(seqs);
    if (lead.by === 'units')
      return and(
        seqsBetween(seqs),
        // Not their codes: told how many, PostgreSQL would rather read all entries.
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
