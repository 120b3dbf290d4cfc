// What the projections count by the hour: where in the log a stretch of time lies, and how many entries each hour has, in all
// and by act and outcome, without reading the entries.
import { and, asc, type Column, desc, eq, gte, lt, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';

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

interface Times {
  /** Epoch ms, inclusive and exclusive. */
  from?: number | undefined;
  to?: number | undefined;
}

export const hourMs = 3_600_000;
/** Seqs that may lie between two ranges before it pays to keep them apart. */
const gap = 1_000;
const rangesAtMost = 64;

export function trailHours(db: Db, t: Tables) {
  const { trail, trailHour, trailCount } = t;

  /** Hours that hold any moment of those times. */
  const touching = ({ from, to }: Times) =>
    and(
      from === undefined ? undefined : gte(trailHour.hour, Math.floor(from / hourMs)),
      to === undefined ? undefined : lt(trailHour.hour, Math.ceil(to / hourMs)),
    );
  /** Hours that hold no other. */
  const within = (hour: Column, { from, to }: Times) =>
    and(
      from === undefined ? undefined : gte(hour, Math.ceil(from / hourMs)),
      to === undefined ? undefined : lt(hour, Math.floor(to / hourMs)),
    );

  /** Runs of the hours asked for, joined where they meet, newest first. */
  async function islands(times: Times): Promise<SeqRange[]> {
    const runs = db
      .select({
        first: trailHour.first,
        last: trailHour.last,
        starts:
          sql<number>`case when ${trailHour.first} <= ${gap} + max(${trailHour.last}) over (order by ${trailHour.first}, ${trailHour.last} rows between unbounded preceding and 1 preceding) then 0 else 1 end`.as(
            'starts',
          ),
      })
      .from(trailHour)
      .where(touching(times));
    const rows = await db
      .select({
        from: sql<number>`min(x.first)`.mapWith(Number),
        last: sql<number>`max(x.last)`.mapWith(Number),
      })
      .from(
        sql`(select r.first, r.last, sum(r.starts) over (order by r.first, r.last) as island from ${runs} r) x`,
      )
      .groupBy(sql`x.island`)
      .orderBy(sql`1 desc`);
    const ranges = rows.map(({ from, last }) => ({ from, until: last + 1 }));
    const rest = ranges.splice(rangesAtMost);
    if (rest.length > 0) ranges.push({ from: rest.at(-1)!.from, until: rest[0]!.until });
    return ranges;
  }

  return {
    /**
     * Where in the log everything lies that a filter's times and `before` let in, newest first. Entries follow each other by
     * seq, not by time: each one's own time is still asked for. A clock that was once far off costs a range of its own, not
     * a walk from there to here.
     */
    async ranges({ from, to, before }: Times & { before?: number | undefined }): Promise<SeqRange[]> {
      const end = before ?? Number.MAX_SAFE_INTEGER;
      if (from === undefined && to === undefined) return [{ from: 0, until: end }];
      const [hull] = await db
        .select({
          first: sql<number | null>`min(${trailHour.first})`,
          last: sql<number | null>`max(${trailHour.last})`,
          entries: sql<number>`sum(${trailHour.entries})`.mapWith(Number),
        })
        .from(trailHour)
        .where(touching({ from, to }));
      if (!hull || hull.first === null || hull.last === null) return [];
      const whole = { from: Number(hull.first), until: Number(hull.last) + 1 };
      const dense = whole.until - whole.from <= 2 * hull.entries + gap;
      const ranges = dense ? [whole] : await islands({ from, to });
      return ranges
        .filter((range) => range.from < end)
        .map((range) => ({ from: range.from, until: Math.min(end, range.until) }));
    },

    /** Entries of each whole hour between two moments; the parts of an hour beside them are left out. */
    async count({
      act,
      outcome,
      inUnit,
      ...times
    }: Times & { act: string | undefined; outcome: string | undefined; inUnit: boolean }): Promise<
      TimeCount[]
    > {
      const rows =
        act === undefined && outcome === undefined && !inUnit
          ? await db
              .select({ hour: trailHour.hour, total: trailHour.entries, refused: trailHour.refused })
              .from(trailHour)
              .where(within(trailHour.hour, times))
          : await db
              .select({
                hour: trailCount.hour,
                total: sql<number>`sum(${trailCount.entries})`.mapWith(Number),
                refused:
                  sql<number>`sum(case when ${trailCount.outcome} <> 'done' then ${trailCount.entries} else 0 end)`.mapWith(
                    Number,
                  ),
              })
              .from(trailCount)
              .where(
                and(
                  act === undefined ? undefined : eq(trailCount.act, act),
                  outcome === undefined ? undefined : eq(trailCount.outcome, outcome),
                  inUnit ? eq(trailCount.inUnit, 1) : undefined,
                  within(trailCount.hour, times),
                ),
              )
              .groupBy(trailCount.hour);
      return rows.map(({ hour, total, refused }) => ({ at: hour * hourMs, total, refused }));
    },

    /** When an entry was made, by its own time; where the trail does not show it, the next that it shows. */
    async momentOf(seq: number): Promise<number> {
      const [row] = await db
        .select({ at: trail.at })
        .from(trail)
        .where(gte(trail.seq, seq))
        .orderBy(asc(trail.seq))
        .limit(1);
      return row?.at ?? 0;
    },

    /** Where what was made at or after a moment begins, as the hours have it; null when nothing was. */
    async firstSince(at: number): Promise<number | null> {
      const hours = await db
        .select()
        .from(trailHour)
        .where(gte(trailHour.hour, Math.floor(at / hourMs)))
        .orderBy(asc(trailHour.hour), asc(trailHour.first))
        .limit(runsLooked);
      for (const { first, last } of hours) {
        const [found] = await db
          .select({ seq: trail.seq })
          .from(trail)
          .where(and(gte(trail.seq, first), lt(trail.seq, last + 1), gte(trail.at, at)))
          .orderBy(asc(trail.seq))
          .limit(1);
        if (found) return found.seq;
      }
      // Never later than it should be.
      return hours[0]?.first ?? null;
    },

    /** The entry that carries the greatest time, which need not be the newest; null for an empty log. */
    async latest(): Promise<{ seq: number; at: number } | null> {
      const inLastHour = await db
        .select({ first: trailHour.first, last: trailHour.last })
        .from(trailHour)
        .where(eq(trailHour.hour, sql`(select max(${trailHour.hour}) from ${trailHour})`))
        .orderBy(asc(trailHour.first))
        .limit(runsLooked);
      let latest: { seq: number; at: number } | null = null;
      for (const { first, last } of inLastHour) {
        const [found] = await db
          .select({ seq: trail.seq, at: trail.at })
          .from(trail)
          .where(and(gte(trail.seq, first), lt(trail.seq, last + 1)))
          .orderBy(desc(trail.at), desc(trail.seq))
          .limit(1);
        if (found && found.at >= (latest?.at ?? 0)) latest = found;
      }
      return latest;
    },
  };
}

/** What was made in the moment's own hour may all lie before it; the next hour's does not. */
const runsLooked = 16;
