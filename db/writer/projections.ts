// Builds what the audit explorer reads (`trail`, `trail_voter`, `trail_hour`, `trail_count`) from leaves and events, behind the
// acknowledgement and in order, with its place kept in `cursor`. May fall behind and may be rebuilt; must never hold up an entry.
import { type TrailRow, trailColumns, trailEntry, trailHourMs } from '#server/lib/log/trail-entry.ts';
import type { WriteEngine } from './engine.ts';

const sliceEntries = 1_000;
const votersAtOnce = 500;

/** Building failed for a reason of its own; the log itself is unharmed. */
export class ProjectionFault extends Error {
  override readonly name = 'ProjectionFault';
}

/** Entries of one hour further apart than this stand in runs of their own: somebody moved the clock. */
const runGap = 1_000;
const countRun =
  'insert into trail_hour (hour, first, last, entries, refused) values ' +
  '(?, coalesce((select max(first) from trail_hour where hour = ? and last >= ?), ?), ?, ?, ?) on conflict (hour, first) do update ' +
  'set last = excluded.last, entries = trail_hour.entries + excluded.entries, refused = trail_hour.refused + excluded.refused';
const countAct =
  'insert into trail_count (act, outcome, in_unit, hour, entries) values (?, ?, ?, ?, ?) ' +
  'on conflict (act, outcome, in_unit, hour) do update set entries = trail_count.entries + excluded.entries';

/** What a slice of entries, by rising seq, adds to the counts by hour: the parameters of `countRun` and `countAct`. */
function hoursOf(trail: readonly TrailRow[]): { runs: number[][]; acts: (string | number)[][] } {
  const runs = new Map<number, { first: number; last: number; entries: number; refused: number }>();
  const acts = new Map<string, (string | number)[]>();
  for (const [seq, at, act, outcome, , , commission] of trail) {
    const hour = Math.floor(at / trailHourMs);
    const run = runs.get(hour) ?? { first: seq, last: seq, entries: 0, refused: 0 };
    runs.set(hour, run);
    run.last = seq;
    run.entries++;
    if (outcome !== 'done') run.refused++;
    const inUnit = commission === null ? 0 : 1;
    const key = `${hour} ${inUnit} ${outcome} ${act}`;
    const counted = acts.get(key);
    if (counted === undefined) acts.set(key, [act, outcome, inUnit, hour, 1]);
    else counted[4] = (counted[4] as number) + 1;
  }
  return {
    runs: [...runs].map(([hour, { first, last, entries, refused }]) => [
      hour,
      hour,
      first - runGap,
      first,
      last,
      entries,
      refused,
    ]),
    acts: [...acts.values()],
  };
}

export class Projections {
  readonly #engine: WriteEngine;
  #next: number;

  private constructor(engine: WriteEngine, next: number) {
    this.#engine = engine;
    this.#next = next;
  }

  static async open(engine: WriteEngine): Promise<Projections> {
    const [row] = await engine.query<{ seq: number }>("select seq from cursor where name = 'trail'");
    return new Projections(engine, row?.seq ?? 0);
  }

  /** How many entries are projected: every seq below. */
  get next(): number {
    return this.#next;
  }

  /** Projects the next few entries of a log of `size`; false when there are none. */
  async step(size: number): Promise<boolean> {
    const from = this.#next;
    const until = Math.min(size, from + sliceEntries);
    if (until <= from) return false;
    const engine = this.#engine;
    const rows = await engine.query<{ seq: number; leaf: Buffer; json: string | null }>(
      'select e.seq, e.leaf, v.json from entry e left join event v on v.seq = e.seq ' +
        'where e.seq >= ? and e.seq < ? order by e.seq',
      [from, until],
    );
    const trail: TrailRow[] = [];
    const voters: [string, number][] = [];
    for (const { seq, leaf, json } of rows) {
      const read = trailEntry(seq, leaf.toString(), json);
      if (read === null) continue;
      trail.push(read.row);
      for (const voter of read.voters) voters.push([voter, seq]);
    }
    await engine.relax(true);
    try {
      await this.#inTransaction(async () => {
        if (trail.length > 0) await engine.load('trail', [...trailColumns], trail);
        for (let i = 0; i < voters.length; i += votersAtOnce) {
          await engine.load('trail_voter', ['voter', 'seq'], voters.slice(i, i + votersAtOnce));
        }
        const { runs, acts } = hoursOf(trail);
        for (const run of runs) await engine.query(countRun, run);
        for (const act of acts) await engine.query(countAct, act);
        await this.#moveTo(until);
      }, `entries ${from} to ${until}`);
    } catch (error) {
      // After anything else the connection is dropped, and the next one begins strict.
      if (error instanceof ProjectionFault) await engine.relax(false);
      throw error;
    }
    await engine.relax(false);
    this.#next = until;
    return true;
  }

  /** Forgets everything built; the next steps build it again from the log. */
  async clear(): Promise<void> {
    await this.#inTransaction(async () => {
      await this.#engine.query('delete from trail_voter');
      await this.#engine.query('delete from trail');
      await this.#engine.query('delete from trail_hour');
      await this.#engine.query('delete from trail_count');
      await this.#moveTo(0);
    }, 'what was built cannot be dropped');
    this.#next = 0;
  }

  /** @throws ProjectionFault when the work is at fault, and whatever else when the database is. */
  async #inTransaction(work: () => Promise<void>, what: string): Promise<void> {
    const engine = this.#engine;
    await engine.begin();
    try {
      await work();
    } catch (error) {
      if (engine.classify(error) === 'broken') throw error;
      await engine.rollback();
      throw new ProjectionFault(`${what}: ${error instanceof Error ? error.message : 'unknown fault'}`);
    }
    await engine.commit();
  }

  async #moveTo(seq: number): Promise<void> {
    await this.#engine.query(
      "insert into cursor (name, seq, mark) values ('trail', ?, '') on conflict (name) do update set seq = excluded.seq",
      [seq],
    );
  }
}
