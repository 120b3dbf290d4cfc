/**
 * Claims about what the explorer reads: any filter, alone or with others, gives exactly the entries it names, newest first and
 * page by page; the counts are of all of them; and a rebuild gives the very same projection.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '#server/lib/canonical.ts';
import type { Engine } from '../dialect.ts';
import type { MaintainedStore } from '../open.ts';
import type { TrailFilter } from '../queries/trail.ts';
import type { EntryDraft, NewRow } from '../store.ts';
import { type Place, type Rig, startRig } from './rig.ts';

const start = 1_770_000_000_000;
const hourMs = 3_600_000;

/** Deterministic, so that a failure can be looked at twice. */
function dice(seed: number) {
  let state = seed;
  return (sides: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor(state / 65_536) % sides;
  };
}

interface Made {
  seq: number;
  at: number;
  act: string;
  outcome: string;
  actor: string | null;
  commission: string | null;
  session: string | null;
  caseId: string | null;
  address: string;
  voters: string[];
}

const units = [
  ['CEC', '/CEC/'],
  ['T1', '/CEC/T1/'],
  ['T10', '/CEC/T10/'],
  ['T2', '/CEC/T2/'],
  ['11', '/CEC/T1/11/'],
  ['12', '/CEC/T1/12/'],
  ['21', '/CEC/T2/21/'],
] as const;

function unit([code, path]: (typeof units)[number]): NewRow<'commission'> {
  const named = { nameKy: code, nameRu: code, nameEn: code };
  return { code, level: 'PEC', parent: null, path, ...named, address: '', version: 1 };
}

function makeEntries(count: number): Made[] {
  const roll = dice(7);
  const pick = <T>(...values: T[]) => values[roll(values.length)]!;
  return Array.from({ length: count }, (_, seq) => ({
    seq,
    // Clocks go back: requests end out of order, and once the machine was a day off.
    at: start + seq * 40_000 - roll(5) * 90_000 - (seq % 301 === 300 ? 24 * hourMs : 0),
    act: pick('voter.view', 'voter.view', 'voter.search', 'audit.view'),
    outcome: pick('done', 'done', 'done', 'done', 'denied', 'conflict'),
    actor: pick('o1', 'o2', 'o3', null),
    commission: seq % 50 === 0 ? null : pick(...units.map(([code]) => code), 'gone'),
    session: pick('s1', 's2', null),
    caseId: pick('c1', null, null),
    address: pick('192.0.2.1', '192.0.2.2'),
    voters: seq % 3 === 0 ? [pick('v1', 'v2', 'v3')] : [],
  }));
}

function draft({ seq, at, voters, caseId, address, ...rest }: Made): EntryDraft {
  const leaf = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  return {
    leaf: canonicalJson({ v: 1, t: at, n: voters.length, policy: 'p', request: `r${seq}`, ...leaf } as never),
    event: JSON.stringify({
      detail: { json: { address }, salt: '00' },
      ...(caseId && { case: { id: caseId, salt: '00' } }),
      ...(voters.length > 0 && { subjects: voters.map((id) => ({ id, salt: '00' })) }),
    }),
  };
}

/** What the filter means, said a second time and slowly. */
function selects(filter: TrailFilter, e: Made): boolean {
  const pathOf = new Map<string | null, string>(units.map(([code, path]) => [code, path]));
  const under = (path: string | undefined) =>
    path === undefined ||
    (path === '/CEC/' ? e.commission !== null : (pathOf.get(e.commission)?.startsWith(path) ?? false));
  const is = (asked: string | undefined, has: string | null) => asked === undefined || asked === has;
  return (
    under(filter.path) &&
    under(filter.within) &&
    (filter.actors === undefined || (e.actor !== null && filter.actors.includes(e.actor))) &&
    is(filter.act, e.act) &&
    is(filter.outcome, e.outcome) &&
    is(filter.session, e.session) &&
    is(filter.caseId, e.caseId) &&
    is(filter.address, e.address) &&
    (filter.voter === undefined || e.voters.includes(filter.voter)) &&
    (filter.from === undefined || e.at >= filter.from) &&
    (filter.to === undefined || e.at < filter.to) &&
    (filter.before === undefined || e.seq < filter.before)
  );
}

const middle = start + 450 * 40_000;
const singles: TrailFilter[] = [
  {},
  { path: '/CEC/' },
  { path: '/CEC/T1/' },
  { within: '/CEC/T1/12/' },
  { path: '/CEC/T1/', within: '/CEC/T1/11/' },
  { path: '/CEC/T1/', within: '/CEC/T2/' },
  { actors: ['o1'] },
  { actors: ['o1', 'o3'] },
  { actors: [] },
  { act: 'voter.search' },
  { outcome: 'done' },
  { outcome: 'denied' },
  { session: 's2' },
  { from: middle },
  { to: middle },
  { from: middle, to: middle + 2 * hourMs },
  { from: start - 30 * 24 * hourMs, to: start - 29 * 24 * hourMs },
  { voter: 'v2' },
  { caseId: 'c1' },
  { address: '192.0.2.2' },
  { before: 200 },
];
const pairs = singles.flatMap((one, i) => singles.slice(i + 1).map((other) => ({ ...one, ...other })));

describe.each<Engine>(['sqlite', 'postgres'])('the trail on %s', (engine) => {
  const made = makeEntries(900);
  let rig: Rig;
  let place: Place;
  let store: MaintainedStore;
  beforeAll(async () => {
    rig = await startRig(engine);
    place = await rig.fresh();
    store = await place.open();
    await store.commit({
      changes: units.map((one) => ({ op: 'insert', table: 'commission', row: unit(one) })),
      entries: made.slice(0, 1).map(draft),
    });
    for (const one of made.slice(1, 899)) void store.commit({ changes: [], entries: [draft(one)] });
    await store.commit({ changes: [], entries: [draft(made[899]!)] });
    await store.settled();
  });
  afterAll(async () => {
    await place?.remove();
    await rig?.stop();
  });

  const expected = (filter: TrailFilter) => made.filter((e) => selects(filter, e)).reverse();
  const page = async (filter: TrailFilter, limit: number) =>
    (await store.reader.audit.page(filter, limit)).map((row) => row.trail.seq);

  it.each(singles.map((filter) => [JSON.stringify(filter), filter] as const))(
    '%s: exactly its entries, newest first, page by page',
    async (_, filter) => {
      const seqs = expected(filter).map((e) => e.seq);
      expect(await page(filter, 1_000)).toEqual(seqs);
      if (seqs.length > 7) expect(await page({ ...filter, before: seqs[6]! }, 7)).toEqual(seqs.slice(7, 14));
    },
  );

  it('two filters at a time: exactly the entries of both', async () => {
    for (const filter of pairs)
      expect(await page(filter, 60), JSON.stringify(filter)).toEqual(
        expected(filter)
          .slice(0, 60)
          .map((e) => e.seq),
      );
  });

  it('counts by the hour every entry a filter selects, in slices as in one', async () => {
    const { countable } = store.reader.audit;
    for (const { before: _, ...filter } of [...singles, ...pairs]) {
      const counted = new Map<number, [number, number]>();
      for (const [from, until] of [
        [0, 123],
        [123, 700],
        [700, 5_000],
      ] as const)
        for (const { at, total, refused } of await countable.count(filter, { from, until }, hourMs)) {
          const [t, r] = counted.get(at) ?? [0, 0];
          counted.set(at, [t + total, r + refused]);
        }
      const wanted = new Map<number, [number, number]>();
      for (const e of expected(filter)) {
        const hour = Math.floor(e.at / hourMs) * hourMs;
        const [t, r] = wanted.get(hour) ?? [0, 0];
        wanted.set(hour, [t + 1, r + (e.outcome === 'done' ? 0 : 1)]);
      }
      expect([...counted].toSorted(), JSON.stringify(filter)).toEqual([...wanted].toSorted());
    }
  });

  it('has counted already whole hours of any act and outcome, of units or not', async () => {
    const { countable } = store.reader.audit;
    const hour = (at: number) => Math.floor(at / hourMs) * hourMs;
    const asked = [...singles, ...pairs].filter(({ before: _, ...filter }) =>
      Object.entries(filter).every(
        ([name, value]) =>
          ['act', 'outcome', 'from', 'to'].includes(name) ||
          (['path', 'within'].includes(name) && value === '/CEC/'),
      ),
    );
    expect(asked.length).toBeGreaterThan(15);
    for (const { before: _, ...filter } of asked) {
      // The hours cut by `from` and `to` are left out.
      const whole = {
        ...filter,
        ...(filter.from !== undefined && { from: Math.ceil(filter.from / hourMs) * hourMs }),
        ...(filter.to !== undefined && { to: hour(filter.to) }),
      };
      const wanted = new Map<number, [number, number]>();
      for (const e of expected(whole)) {
        const [t, r] = wanted.get(hour(e.at)) ?? [0, 0];
        wanted.set(hour(e.at), [t + 1, r + (e.outcome === 'done' ? 0 : 1)]);
      }
      const counted = await countable.countHours(filter);
      expect(
        counted!.map(({ at, total, refused }) => [at, [total, refused]] as const).toSorted(),
        JSON.stringify(filter),
      ).toEqual([...wanted].toSorted());
    }
    for (const filter of [{ session: 's2' }, { act: 'audit.view', path: '/CEC/T1/' }, { voter: 'v2' }])
      expect(await countable.countHours(filter)).toBeNull();
  });

  it('finds where a moment begins, never later', async () => {
    const { firstSince, countable } = store.reader.audit;
    for (const at of [start, middle, middle + hourMs / 2]) {
      const seq = (await firstSince(at))!;
      const later = made.filter((e) => e.at >= at);
      expect(made[seq]!.at).toBeGreaterThanOrEqual(at);
      // Of those whose clock did not go back.
      expect(seq).toBeLessThanOrEqual(later.find((e) => e.seq % 301 !== 300)!.seq);
    }
    expect(await firstSince(start + 3_000 * 24 * hourMs)).toBeNull();
    expect(await countable.momentOf(7)).toBe(made[7]!.at);
  });

  it('a rebuild gives the identical projection', async () => {
    const all = async () => [
      await place.sql('select * from trail order by seq'),
      await place.sql('select * from trail_voter order by voter, seq'),
      await place.sql('select * from trail_hour order by hour, first'),
      await place.sql('select * from trail_count order by act, outcome, in_unit, hour'),
    ];
    const before = await all();
    expect(before.map((rows) => rows.length)).toEqual([900, 300, expect.any(Number), expect.any(Number)]);
    await place.sql(
      'delete from trail where seq < 10; update trail_hour set entries = 0, refused = 7, last = 1; delete from trail_count',
    );
    await store.rebuildProjections();
    await store.settled();
    expect(await all()).toEqual(before);
  });

  it('a clock once far off is a run of its own, and keeps no other time from being found where it is', async () => {
    const own = await rig.fresh();
    const log = await own.open();
    const skewed = makeEntries(3_200).map((e) => {
      const at = start + e.seq * 40_000;
      if (e.seq === 20) return { ...e, at: start + 60_000 * hourMs };
      // Into the very first hour.
      return { ...e, at: e.seq >= 3_000 && e.seq < 3_004 ? start : at };
    });
    for (const one of skewed.slice(0, -1)) void log.commit({ changes: [], entries: [draft(one)] });
    await log.commit({ changes: [], entries: [draft(skewed.at(-1)!)] });
    await log.settled();
    const { countable, ...audit } = log.reader.audit;
    const runs = await own.sql<{ first: number | string }>(
      `select first from trail_hour where hour = ${Math.floor(start / hourMs)} order by first`,
    );
    expect(runs.map(({ first }) => Number(first))).toEqual([0, 3_000]);
    const hourOf = (at: number) => ({ from: at, to: at + hourMs });
    expect(await countable.ranges(hourOf(start))).toEqual([
      { from: 3_000, until: 3_004 },
      { from: 0, until: expect.any(Number) },
    ]);
    expect(await countable.ranges({ ...hourOf(start), before: 2_000 })).toEqual([
      { from: 0, until: expect.any(Number) },
    ]);
    expect(await countable.ranges({ from: start + 3_100 * 40_000 })).toEqual([
      { from: expect.any(Number), until: 3_200 },
      { from: 20, until: 21 },
    ]);
    for (const filter of [
      { to: start + hourMs },
      { from: start + 3_100 * 40_000 },
      { to: start + 1, act: 'voter.view' },
      { from: start + 3_100 * 40_000, outcome: 'done' },
    ]) {
      const wanted = skewed.filter((e) => selects(filter, e)).map((e) => e.seq);
      for (const limit of [3, 4_000])
        expect((await audit.page(filter, limit)).map((row) => row.trail.seq)).toEqual(
          wanted.toReversed().slice(0, limit),
        );
    }
    await own.remove();
  });
});
