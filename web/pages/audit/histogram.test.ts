/** Claims: no entry is lost or counted twice, hours and days are Bishkek's, and a bar's own times select exactly its entries. */
import { describe, expect, it } from 'vitest';
import { asked, histogramOf } from './histogram.ts';

const at = (text: string) => Date.parse(`${text}+06:00`);
const entry = (text: string, outcome = 'done') => ({ at: at(text), outcome });

describe('the histogram', () => {
  it('counts by hour within two days and leaves no gap', () => {
    const { unit, buckets, most } = histogramOf([
      entry('2026-03-05T09:00:00'),
      entry('2026-03-05T09:59:59', 'denied'),
      entry('2026-03-05T12:00:00', 'conflict'),
    ]);
    expect(unit).toBe('hour');
    expect(buckets.map(({ total, refused }) => [total, refused])).toEqual([
      [2, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
    expect(most).toBe(2);
  });

  it('counts by Bishkek days over longer times', () => {
    const { unit, buckets } = histogramOf([entry('2026-03-05T00:00:00'), entry('2026-03-07T23:59:59')]);
    expect(unit).toBe('day');
    expect(buckets.map(({ total }) => total)).toEqual([1, 0, 1]);
    expect(buckets[0]?.from).toBe(at('2026-03-05T00:00:00'));
  });

  it('keeps at most 62 bars and every entry, however long the time', () => {
    const entries = Array.from({ length: 400 }, (_, i) => ({
      at: at('2025-01-01T10:00:00') + i * 86_400_000,
      outcome: 'done',
    }));
    const { buckets } = histogramOf(entries);
    expect(buckets.length).toBeLessThanOrEqual(62);
    expect(buckets.reduce((sum, { total }) => sum + total, 0)).toBe(400);
  });

  it('is empty without entries', () => {
    expect(histogramOf([]).buckets).toEqual([]);
  });
});

describe('a moment in the address', () => {
  it('is what the server reads back as the same moment', () => {
    for (const text of ['2026-03-05T09:00:00.000', '2026-03-05T09:59:59.999', '2026-03-05T00:00:07.040'])
      expect(Date.parse(`${asked(at(text))}+06:00`)).toBe(at(text));
  });
});
