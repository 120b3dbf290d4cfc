/** Defends: every word within one edit is found (recall 1.0), nothing further away is, however the index was filled. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildTypoIndex, isWithinOneEdit } from './typos.ts';

/** Optimal string alignment distance, by the textbook table: the slow truth. */
function distance(one: string, other: string): number {
  const rows = Array.from({ length: one.length + 1 }, (_, at) => [
    at,
    ...Array<number>(other.length).fill(0),
  ]);
  rows[0] = Array.from({ length: other.length + 1 }, (_, at) => at);
  const cell = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= one.length; i++) {
    for (let j = 1; j <= other.length; j++) {
      const change = one[i - 1] === other[j - 1] ? 0 : 1;
      let best = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + change);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        best = Math.min(best, cell(i - 2, j - 2) + 1);
      rows[i]![j] = best;
    }
  }
  return cell(one.length, other.length);
}

const word = fc.string({ unit: fc.constantFrom(...'абв'), minLength: 1, maxLength: 7 });
const name = fc.string({ unit: fc.constantFrom(...'абвгдейклмнорстуы '), minLength: 2, maxLength: 16 });

test('the edit check says what the textbook distance says', () => {
  fc.assert(
    fc.property(word, word, (one, other) => {
      expect(isWithinOneEdit(one, other)).toBe(distance(one, other) <= 1);
    }),
    { numRuns: 5000 },
  );
});

test('exactly the words within one edit are found', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), word, (words, query) => {
      const expected = [...new Set(words)].filter((known) => distance(known, query) <= 1).sort();
      expect(buildTypoIndex(words).candidates(query)).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});

test('every one-edit slip of every name leads back to it', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 1, maxLength: 10 }),
      fc.constantFrom(...'абйы'),
      (names, letter) => {
        const index = buildTypoIndex(names);
        for (const known of names) {
          for (let at = 0; at <= known.length; at++) {
            const [before, after] = [known.slice(0, at), known.slice(at)];
            const slips = [
              before + letter + after,
              before + after.slice(1),
              before + letter + after.slice(1),
              before + (after[1] ?? '') + (after[0] ?? '') + after.slice(2),
            ];
            for (const slip of slips) if (slip !== '') expect(index.candidates(slip)).toContain(known);
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('words added one by one are found as those given at once, and none is filed twice', () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 400 }), word, (words, query) => {
      const index = buildTypoIndex([]);
      for (const one of words) index.add(one);
      for (const one of words) index.add(one);
      expect(index.size()).toBe(new Set(words).size);
      expect(index.candidates(query)).toEqual(buildTypoIndex(words).candidates(query));
    }),
    { numRuns: 100 },
  );
});

test('what is no name is neither filed nor looked up', () => {
  const index = buildTypoIndex(['', 'а'.repeat(101), 'асанов']);
  expect(index.size()).toBe(1);
  expect(index.candidates('')).toEqual([]);
  expect(index.candidates('а'.repeat(101))).toEqual([]);
});
