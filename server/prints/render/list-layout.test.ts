/** Claims: wrapping loses no letter and exceeds no width; pages keep rows whole and signatures with voters. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layPages, type Measure, PAGE, printable, type Row, words, wrap } from './list-layout.ts';

/** A fixed-pitch face: half the size for each character. */
const measure: Measure = (text, _weight, size) => [...text].length * size * 0.5;
const bottom = PAGE.height - PAGE.bottom;
const row = (height: number): Row => ({ cells: [], height });
const text = fc
  .array(fc.constantFrom('а', 'ң', 'Ө', '-', ' ', '5', '😀'), { maxLength: 60 })
  .map((a) => a.join(''));

describe('wrapping', () => {
  it('keeps every character in order and every line within its width', () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 10, max: 120 }), (bold, plain, width) => {
        const lines = wrap([...words(bold, 'bold'), ...words(plain)], width, 10, measure);
        const kept = lines.map((line) => line.map((part) => part.text).join('')).join('');
        expect(kept.replaceAll(' ', '')).toBe(printable(`${bold} ${plain}`).replaceAll(' ', ''));
        for (const line of lines) {
          const used = line.reduce((sum, part) => sum + measure(part.text, part.weight, 10), 0);
          expect(used).toBeLessThanOrEqual(Math.max(width, 5));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('divides at a hyphen between letters, not inside a house number, and a word only when it must', () => {
    const at = (given: string, width: number) =>
      wrap(words(given), width, 10, measure).map((line) => line.map((part) => part.text).join(''));
    expect(at('Кызыл-Кыштак айылы', 40)).toEqual(['Кызыл-', 'Кыштак', 'айылы']);
    expect(at('123/4-үй 56-батир', 70)).toEqual(['123/4-үй', '56-батир']);
    expect(at('Вольфешлегель', 30)).toEqual(['Вольфе', 'шлегел', 'ь']);
    expect(at('   ', 30)).toEqual([]);
  });
});

describe('what may stand in a cell', () => {
  it('has no character without a shape, and no accents that cover the rows around', () => {
    const unseen = '\u00ad\u061c\u180e\u200b\u202e\u2067\u3164\ufe0f\ufeff\u{e0041}\u2800';
    expect(printable(`${unseen}Аса${unseen}нов`)).toBe('Асанов');
    expect(printable(`А${'\u0301'.repeat(200)}санов`)).toBe('А\u0301\u0301\u0301\ufffdсанов');
    expect(printable('Ай\u0306гүл\u2028Й')).toBe('Ай\u0306гүл Й');
  });
});

describe('pages', () => {
  const heights = fc.array(fc.double({ min: 15, max: 400, noNaN: true }), { maxLength: 120 });

  it('hold every row once, in order, whole, and the closing after the last', () => {
    fc.assert(
      fc.property(heights, fc.double({ min: 0, max: 250, noNaN: true }), (given, closing) => {
        const rows = given.map(row);
        const { pages } = layPages(rows, 200, 80, closing);
        expect(pages.flatMap((page) => page.rows)).toEqual(rows);
        for (const [index, page] of pages.entries()) {
          const end = page.top + page.rows.reduce((sum, r) => sum + r.height, 0);
          expect(page.top).toBe(index === 0 ? 200 : 80);
          // A row higher than the first page's room may still overrun it alone; bounds on text keep rows below that.
          expect(end + (index === pages.length - 1 ? closing : 0)).toBeLessThanOrEqual(bottom);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never leave the signatures on a sheet without voters', () => {
    for (let count = 2; count <= 90; count += 1) {
      const { pages } = layPages(
        Array.from({ length: count }, () => row(20)),
        200,
        80,
        190,
      );
      expect(pages.at(-1)?.rows.length).toBeGreaterThan(0);
    }
  });
});
