import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mostWrong, Selection, sampleSize, seedOf, wrongAtRate } from './recipe.ts';

/** Worked by another program, with exact fractions. */
const vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors.json'), 'utf8')) as {
  draws: {
    leafHash: string;
    digits: string;
    n: number;
    population: number[];
    seed: string;
    drawn: number[];
  }[];
  sizes: { population: number; confidence: number; rate: number; n: number }[];
  most: { population: number; n: number; wrong: number; confidence: number; most: number }[];
};

function drawn(seed: string, population: readonly number[], n: number): number[] {
  const selection = new Selection(seed, n);
  for (const seq of population) selection.add(seq);
  return selection.drawn();
}

describe('the recipe', () => {
  test.each(vectors.draws)('draws $n as the vectors do', ({ leafHash, digits, n, population, ...due }) => {
    const seed = seedOf(leafHash, digits);
    expect(seed).toBe(due.seed);
    expect(drawn(seed, population, n)).toEqual(due.drawn);
  });

  test('is sorting by hash, whatever the population, its order of arrival and its size', () => {
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(1_000_000), { maxLength: 3_000 }),
        fc.integer({ min: 1, max: 500 }),
        fc.string({ unit: fc.constantFrom(...'123456'), minLength: 20, maxLength: 40 }),
        (population, n, digits) => {
          const seed = sha(`kuzot-sample-1\n${sha('leaf')}\n${digits}\n`);
          const due = population
            .map((seq) => [sha(`${seed}\n${seq}\n`), seq] as const)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .slice(0, n)
            .map(([, seq]) => seq);
          expect(drawn(seedOf(sha('leaf'), digits), population, n)).toEqual(due);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('another digit, or another fixing, draws otherwise', () => {
    const population = Array.from({ length: 2_000 }, (_, i) => i);
    const one = drawn(seedOf('aa', '123456'), population, 20);
    expect(drawn(seedOf('aa', '123455'), population, 20)).not.toEqual(one);
    expect(drawn(seedOf('ab', '123456'), population, 20)).not.toEqual(one);
  });

  test('every entry is as likely as any other', () => {
    const hits = new Array<number>(10).fill(0);
    for (let i = 0; i < 4_000; i++) hits[drawn(seedOf('aa', String(i)), [...hits.keys()], 1)[0]!]!++;
    // 400 expected each; five standard deviations are 95.
    for (const n of hits) expect(Math.abs(n - 400)).toBeLessThan(95);
  });
});

describe('how many', () => {
  test.each(vectors.sizes)('$population at $confidence % and $rate ‰: $n', ({ n, ...asked }) => {
    expect(sampleSize(asked.population, asked.confidence, asked.rate)).toBe(n);
  });

  test('is enough, and one fewer would not be', () => {
    const missed = (population: number, wrong: number, n: number) => {
      let chance = 1;
      for (let i = 0; i < n; i++) chance *= (population - wrong - i) / (population - i);
      return chance;
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.constantFrom(90, 95, 99),
        fc.constantFrom(10, 20, 50, 100),
        (population, confidence, rate) => {
          const n = sampleSize(population, confidence, rate);
          const wrong = wrongAtRate(population, rate);
          expect(n).toBeGreaterThan(0);
          expect(n).toBeLessThanOrEqual(population);
          expect(missed(population, wrong, n)).toBeLessThanOrEqual((100 - confidence) / 100 + 1e-12);
          expect(missed(population, wrong, n - 1)).toBeGreaterThan((100 - confidence) / 100 - 1e-12);
        },
      ),
    );
  });

  test.each(vectors.most)('of $population, $wrong of $n wrong: at most $most', ({ most, ...found }) => {
    expect(mostWrong(found.population, found.n, found.wrong, found.confidence)).toBe(most);
  });
});
