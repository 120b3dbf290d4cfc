/** Claims: no row is missing or drawn twice wherever one scrolls, the room kept is that of the rows not drawn, and few are drawn. */
import { expect, test } from 'vitest';
import { rowsInView } from './rows-in-view.svelte.ts';

const window = 900;
const heights = new Map(Array.from({ length: 5_000 }, (_, i) => [i, 40 + (i % 7) * 10]));
const total = [...heights.values()].reduce((sum, height) => sum + height, 0);

test('wherever one scrolls, what is seen is drawn and the page is as high as all rows', () => {
  for (let scrolled = 0; scrolled < total; scrolled += 3_777) {
    const { first, end, above, below } = rowsInView(5_000, heights, 600 - scrolled, window);
    let drawn = 0;
    for (let i = first; i < end; i++) drawn += heights.get(i)!;
    expect(above + drawn + below).toBe(total);
    expect(end - first).toBeLessThan(100);
    const begins = 600 - scrolled + above;
    expect(begins).toBeLessThanOrEqual(Math.max(0, 600 - scrolled));
    expect(end === 5_000 || begins + drawn > window).toBe(true);
  }
});

test('rows not measured yet count as the mean, and few rows are all drawn', () => {
  expect(rowsInView(10, new Map(), 300, window)).toEqual({ first: 0, end: 10, above: 0, below: 0 });
  const { end, below } = rowsInView(1_000, new Map([[0, 50]]), 0, window);
  expect(end).toBe(42);
  expect(below).toBe((1_000 - 42) * 50);
  expect(rowsInView(0, new Map(), 0, window)).toEqual({ first: 0, end: 0, above: 0, below: 0 });
});
