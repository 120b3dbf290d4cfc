/** Finding what is sealed without opening it: equal texts meet, and nothing else does. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createBlindIndex, indexedWith } from './blind-index.ts';

const place = { table: 'application', column: 'passport_index' };
const keys = new Map([[1, randomBytes(32)]]);
const index = createBlindIndex(() => keys);

test('equal texts of one column meet; other texts, columns and keys do not', () => {
  const stored = index.of(place, 'ID1234567');
  expect(index.of(place, 'ID1234567')).toBe(stored);
  expect(stored).toMatch(/^1\.[\w-]{22}$/);
  const others = [
    index.of(place, 'ID1234568'),
    index.of({ ...place, column: 'other' }, 'ID1234567'),
    index.of({ ...place, table: 'other' }, 'ID1234567'),
    createBlindIndex(() => new Map([[1, randomBytes(32)]])).of(place, 'ID1234567'),
  ];
  expect(new Set([stored, ...others]).size).toBe(5);
});

test('13.3.4 a key added meanwhile stores, and what the earlier one stored is still looked for', () => {
  const before = index.of(place, 'ID1');
  keys.set(2, randomBytes(32));
  const after = index.of(place, 'ID1');
  expect([indexedWith(before), indexedWith(after)]).toEqual([1, 2]);
  expect(index.all(place, 'ID1')).toEqual([before, after]);
});

test('what is no index has no version', () => {
  for (const text of ['', '1', '0.aaaaaaaaaaaaaaaaaaaaaa', '1.a', 'x.aaaaaaaaaaaaaaaaaaaaaa'])
    expect(indexedWith(text)).toBeNull();
});
