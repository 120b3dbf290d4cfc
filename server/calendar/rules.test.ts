import { describe, expect, test } from 'vitest';
import { startOfBishkekDay } from '#server/lib/dates.ts';
import { dueDay, isCalendarEvent, isFrozen, isLate, noCalendar, proposals, proposedDay } from './rules.ts';

const at = (day: string, ms = 0) => startOfBishkekDay(day) + ms;
const hour = 3_600_000;
const set = (dates: Record<string, string>) => ({ dates });

describe('the calendar', () => {
  test('proposes the days the guidance lists, counted back from voting day', () => {
    const of = (event: string) => proposedDay('2026-03-01', event);
    expect([of('preliminary-public'), of('control-list'), of('freeze'), of('final-by-precinct')]).toEqual([
      '2025-12-11',
      '2026-01-30',
      '2026-02-19',
      '2026-02-22',
    ]);
    // "No later than 15 days before": in practice the plan prints the sixteenth.
    expect(of('applications-end')).toBe('2026-02-13');
  });

  test('knows its own events and nothing that merely exists on every object', () => {
    for (const event of Object.keys(proposals)) expect(isCalendarEvent(event)).toBe(true);
    for (const event of ['constructor', 'toString', '__proto__', 'hasOwnProperty', '']) {
      expect(isCalendarEvent(event)).toBe(false);
      expect(() => proposedDay('2026-03-01', event)).toThrow(RangeError);
    }
  });

  test('a formula only proposes: without a date set under an act nothing is late or frozen', () => {
    const longAfter = at('2030-01-01');
    expect(isFrozen(noCalendar, longAfter)).toBe(false);
    for (const kind of ['correction', 'institution']) expect(isLate(noCalendar, kind, longAfter)).toBe(false);
  });

  test('the list freezes at 00:00 in Bishkek of the day that was set, not a moment before', () => {
    const facts = set({ freeze: '2026-02-19' });
    expect(isFrozen(facts, at('2026-02-19', -1))).toBe(false);
    expect(isFrozen(facts, at('2026-02-19'))).toBe(true);
    expect(isFrozen(facts, at('2026-03-01'))).toBe(true);
  });

  test('the last day of applications is a whole day; the next one is late', () => {
    const facts = set({ 'applications-end': '2026-02-13', 'institutions-end': '2026-02-17' });
    expect(isLate(facts, 'correction', at('2026-02-13', 24 * hour - 1))).toBe(false);
    expect(isLate(facts, 'correction', at('2026-02-14'))).toBe(true);
    // R26: institutions' forms have a day of their own.
    expect(isLate(facts, 'institution', at('2026-02-14'))).toBe(false);
    expect(isLate(facts, 'institution', at('2026-02-18'))).toBe(true);
  });
});

describe('the day a reply is due (R19)', () => {
  const facts = set({ freeze: '2026-02-19' });
  test.each([
    ['2026-02-01', '2026-02-08', 'seven calendar days'],
    ['2026-02-11', '2026-02-18', 'seven days end on the day before the freeze'],
    ['2026-02-12', '2026-02-18', 'the freeze comes first'],
    ['2026-02-17', '2026-02-18', 'the day before the freeze'],
    ['2026-02-18', '2026-02-18', 'the same day, if the list freezes tomorrow'],
    ['2026-02-19', '2026-02-26', 'seven days again once it is frozen'],
  ])('at the territory on %s: %s (%s)', (day, due) => {
    for (const ms of [0, 12 * hour, 24 * hour - 1]) expect(dueDay(facts, at(day, ms))).toBe(due);
  });

  test('counts days in Bishkek: 23:59 in UTC is tomorrow there', () => {
    expect(dueDay(noCalendar, Date.UTC(2026, 0, 31, 23, 59))).toBe('2026-02-08');
  });
});
