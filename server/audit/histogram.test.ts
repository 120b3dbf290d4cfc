/** Claims: no entry is lost or counted twice, hours and days are Bishkek's, and long counting stops and says from when on it is whole. */
import { describe, expect, it } from 'vitest';
import { countTrail, histogramOf } from './histogram.ts';

const hourMs = 3_600_000;
const at = (text: string) => Date.parse(`${text}+06:00`);
const count = (text: string, total = 1, refused = 0) => ({ at: at(text), total, refused });

describe('the histogram', () => {
  it('counts by hour within two days and leaves no gap', () => {
    const { unit, buckets, total } = histogramOf(
      [count('2026-03-05T12:00:00', 1, 1), count('2026-03-05T09:00:00', 2, 1)],
      hourMs,
      null,
    );
    expect({ unit, total }).toEqual({ unit: 'hour', total: 3 });
    expect(buckets.map((bucket) => [bucket.total, bucket.refused])).toEqual([
      [2, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
    expect(buckets[0]).toMatchObject({ from: at('2026-03-05T09:00:00'), to: at('2026-03-05T10:00:00') });
  });

  it('counts by Bishkek days over longer times', () => {
    const { unit, buckets } = histogramOf(
      [count('2026-03-05T00:00:00'), count('2026-03-07T23:00:00')],
      hourMs,
      null,
    );
    expect(unit).toBe('day');
    expect(buckets.map(({ total }) => total)).toEqual([1, 0, 1]);
    expect(buckets[0]?.from).toBe(at('2026-03-05T00:00:00'));
  });

  it('counts by minutes where hours would be one bar', () => {
    const { unit, buckets } = histogramOf(
      [count('2026-03-05T09:01:00'), count('2026-03-05T09:31:00', 4)],
      60_000,
      null,
    );
    expect(unit).toBe('minute');
    expect(buckets.length).toBeGreaterThan(20);
    expect(buckets.reduce((sum, { total }) => sum + total, 0)).toBe(5);
  });

  it('keeps at most 62 bars and every entry, however long the time', () => {
    const counts = Array.from({ length: 400 }, (_, i) => ({
      at: at('2025-01-01T10:00:00') + i * 86_400_000,
      total: 2,
      refused: 1,
    }));
    const { buckets, total } = histogramOf(counts, hourMs, null);
    expect(buckets.length).toBeLessThanOrEqual(62);
    expect(buckets.reduce((sum, bucket) => sum + bucket.total, 0)).toBe(800);
    expect(total).toBe(800);
  });

  it('is empty without entries', () => {
    expect(histogramOf([], hourMs, null).buckets).toEqual([]);
  });
});

describe('counting', () => {
  /** A log whose entry n was made in hour n / 10000, and whose every slice takes some of the clock. */
  function slow(msASlice: number) {
    const clock = { now: 0, slices: [] as { from: number; until: number }[] };
    const countable = {
      ranges: async () => [{ from: 0, until: Number.MAX_SAFE_INTEGER }],
      count: async (_: object, seqs: { from: number; until: number }) => {
        clock.now += msASlice;
        clock.slices.push(seqs);
        return [{ at: Math.floor(seqs.from / 10_000) * hourMs, total: seqs.until - seqs.from, refused: 0 }];
      },
      countHours: async () => null,
      momentOf: async (seq: number) => Math.floor(seq / 10_000) * hourMs + 1,
    };
    return { reader: { audit: { countable } } as never, clock };
  }

  it('goes through all of a long log in slices that join, newest first', async () => {
    const { reader, clock } = slow(10);
    const { total, wholeFrom } = await countTrail(reader, { act: 'voter.view' }, 1_000_000, () => clock.now);
    expect({ total, wholeFrom }).toEqual({ total: 1_000_000, wholeFrom: null });
    expect(clock.slices[0]!.until).toBe(1_000_000);
    for (const [i, slice] of clock.slices.slice(1).entries()) expect(slice.until).toBe(clock.slices[i]!.from);
    expect(clock.slices.at(-1)!.from).toBe(0);
  });

  it('stops after three seconds and says from when on its numbers are whole', async () => {
    const { reader, clock } = slow(1_100);
    const { total, wholeFrom } = await countTrail(reader, { act: 'voter.view' }, 1_000_000, () => clock.now);
    expect(total).toBeLessThan(1_000_000);
    expect(clock.slices).toHaveLength(3);
    expect(wholeFrom).toBe(Math.floor(clock.slices.at(-1)!.from / 10_000) * hourMs + hourMs);
  });

  it('says so too where nothing was found until then', async () => {
    const { reader, clock } = slow(1_100);
    const { countable } = (reader as { audit: { countable: { count: unknown } } }).audit;
    const count = countable.count as (filter: object, seqs: object) => Promise<unknown>;
    countable.count = async (filter: object, seqs: object) => {
      await count(filter, seqs);
      return [];
    };
    const { total, wholeFrom } = await countTrail(reader, { session: 's' }, 1_000_000, () => clock.now);
    expect(total).toBe(0);
    expect(wholeFrom).toBe(Math.floor(clock.slices.at(-1)!.from / 10_000) * hourMs + hourMs);
  });

  it('takes whole hours as they were counted and counts only the hours its times cut', async () => {
    const asked: object[] = [];
    const countable = {
      ranges: async (filter: object) => {
        asked.push(filter);
        return [{ from: 0, until: 10 }];
      },
      count: async ({ from }: { from: number }) => [
        { at: Math.floor(from / hourMs) * hourMs, total: 1, refused: 1 },
      ],
      countHours: async () => [{ at: 11 * hourMs, total: 100, refused: 10 }],
    };
    const from = 10 * hourMs + 60_000;
    const to = 20 * hourMs + 1;
    const { total, wholeFrom } = await countTrail(
      { audit: { countable } } as never,
      { act: 'voter.view', from, to },
      1_000_000,
    );
    expect({ total, wholeFrom }).toEqual({ total: 102, wholeFrom: null });
    expect(asked).toEqual([
      { act: 'voter.view', from, to: 11 * hourMs },
      { act: 'voter.view', from: 20 * hourMs, to },
    ]);
  });
});
