/** Claims about chance: repeatable by seed, fair enough for a country, never empty-handed silently. */
import { describe, expect, it } from 'vitest';
import { prng } from './prng.ts';

const draws = (seed: string): number[] => {
  const rng = prng(seed);
  return Array.from({ length: 5 }, () => rng.next());
};

describe('the seeded generator', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    expect(draws('ала-тоо')).toEqual(draws('ала-тоо'));
    expect(draws('ала-тоо')).not.toEqual(draws('ала-тоо '));
  });

  it('stays what it was when this was written', () => {
    expect(draws('kuzot')).toMatchInlineSnapshot(`
      [
        647732659,
        3325576987,
        3784763219,
        2176537611,
        1318656193,
      ]
    `);
  });

  it('keeps whole numbers within both bounds and reaches both', () => {
    const rng = prng('bounds');
    const seen = new Set(Array.from({ length: 2000 }, () => rng.int(-2, 3)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
  });

  it('weighs choices in proportion', () => {
    const rng = prng('weights');
    let heavy = 0;
    for (let draw = 0; draw < 10_000; draw++) {
      if (
        rng.weighted([
          ['heavy', 9],
          ['never', 0],
          ['light', 1],
        ] as const) === 'heavy'
      )
        heavy++;
    }
    expect(heavy).toBeGreaterThan(8800);
    expect(heavy).toBeLessThan(9200);
  });

  it('shuffles without losing or copying, and leaves the list it was given', () => {
    const list = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = prng('shuffle').shuffle(list);
    expect(shuffled).not.toEqual(list);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(list);
    expect(list[0]).toBe(0);
  });

  it('refuses to pick from nothing', () => {
    expect(() => prng('empty').pick([])).toThrow('empty');
  });
});
