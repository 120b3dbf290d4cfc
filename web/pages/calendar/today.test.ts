/** Claims: today is marked once, where it falls; a date of today carries the mark itself. */
import { describe, expect, it } from 'vitest';
import { withToday } from './today.ts';

const date = (event: string, onDay: string) => ({ event, onDay, act: '', proposed: true, version: 0 });
const kinds = (today: string) =>
  withToday(
    { today, dates: [date('freeze', '2026-11-12'), date('control-list', '2026-10-23')] },
    '2026-11-22',
  ).map((row) => row.key);

describe('the calendar', () => {
  it('marks today between the dates around it', () => {
    expect(kinds('2026-11-01')).toEqual(['control-list', 'today', 'freeze', 'voting']);
    expect(kinds('2026-01-01')[0]).toBe('today');
    expect(kinds('2027-01-01').at(-1)).toBe('today');
  });

  it('adds no line of its own on a day that has a date', () => {
    expect(kinds('2026-11-12')).toEqual(['control-list', 'freeze', 'voting']);
    expect(kinds('2026-11-22')).toEqual(['control-list', 'freeze', 'voting']);
  });

  it('counts the days before voting', () => {
    const [first] = withToday({ today: '2026-11-20', dates: [date('freeze', '2026-11-12')] }, '2026-11-22');
    expect(first).toMatchObject({ before: 10, past: true });
  });
});
