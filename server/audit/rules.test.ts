import { describe, expect, test } from 'vitest';
import { instantOf, shownChanges, shownDetail } from './rules.ts';

describe('moments', () => {
  test.each([
    ['2025-11-04', false, Date.UTC(2025, 10, 3, 18)],
    ['2025-11-04', true, Date.UTC(2025, 10, 4, 18)],
    ['2025-11-04T09:00', false, Date.UTC(2025, 10, 4, 3)],
    ['2025-11-04T09:00:00Z', false, Date.UTC(2025, 10, 4, 9)],
    ['2025-11-04T09:00:00+05:00', true, Date.UTC(2025, 10, 4, 4)],
    ['1762225200000', false, 1_762_225_200_000],
    ['2025-02-30', false, null],
    ['2025-02-30T10:00', false, null],
    ['2025-04-31T00:00Z', true, null],
    ['20251104', false, null],
    ['2025-11-04T99:00', false, null],
  ])('%s (end: %s) is %s', (text, end, at) => {
    expect(instantOf(text, end)).toBe(at);
  });
});

describe('what is shown of an event', () => {
  const mask = (field: string, value: string) => (field === 'pin' ? '••' : value);
  test('free text and values only to those who see values', () => {
    const detail = {
      note: 'about a person',
      approval: 'p1',
      address: '10.0.0.1',
      changes: [{ field: 'pin', old: '1' }],
    };
    expect(shownDetail(detail, 'none')).toEqual({ approval: 'p1' });
    expect(shownDetail(detail, 'masked')).toEqual({ approval: 'p1', note: 'about a person' });
    expect(shownChanges(detail, 'none', mask)).toEqual([{ field: 'pin' }]);
    expect(shownChanges(detail, 'masked', mask)).toEqual([{ field: 'pin', old: '••' }]);
    expect(shownChanges(detail, 'full', mask)).toEqual([{ field: 'pin', old: '1' }]);
  });
  test('nested values are left out, long ones cut', () => {
    const detail = {
      a: { b: 1 },
      list: Array.from({ length: 80 }, () => 'x'),
      long: 'y'.repeat(900),
      n: null,
    };
    const shown = shownDetail(detail, 'full');
    expect(shown).toEqual({ list: Array.from({ length: 50 }, () => 'x'), long: 'y'.repeat(500), n: null });
  });
});
