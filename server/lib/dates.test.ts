/** Claims: days are Bishkek's whatever the machine's zone, a deadline runs to 24:00, Kyrgyz dates are Kyrgyz. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCalendarDays,
  bishkekDay,
  calendarDaysBetween,
  earlierDay,
  endOfBishkekDay,
  formatDate,
  formatDateTime,
  formatDateTimeSeconds,
  formatDay,
  formatLongDate,
  formatLongDay,
  formatTime,
  isCalendarDay,
  monthName,
  startOfBishkekDay,
} from './dates.ts';

const instant = fc.integer({ min: Date.UTC(2006, 0, 1), max: Date.UTC(2100, 0, 1) });

describe('days in Bishkek', () => {
  it('a day begins at 18:00 UTC of the day before', () => {
    expect(bishkekDay(Date.UTC(2026, 2, 4, 17, 59, 59, 999))).toBe('2026-03-04');
    expect(bishkekDay(Date.UTC(2026, 2, 4, 18))).toBe('2026-03-05');
  });

  it('a deadline runs to 24:00 and not a millisecond further', () => {
    const end = endOfBishkekDay('2026-12-31');
    expect(end).toBe(Date.UTC(2026, 11, 31, 18));
    expect(bishkekDay(end - 1)).toBe('2026-12-31');
    expect(bishkekDay(end)).toBe('2027-01-01');
  });

  it('every instant lies inside its own day', () => {
    fc.assert(
      fc.property(instant, (ms) => {
        const day = bishkekDay(ms);
        return startOfBishkekDay(day) <= ms && ms < endOfBishkekDay(day);
      }),
    );
  });

  it('adding days and counting them agree, over leap years too', () => {
    expect(addCalendarDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addCalendarDays('2026-03-05', -80)).toBe('2025-12-15');
    fc.assert(
      fc.property(instant, fc.integer({ min: -4000, max: 4000 }), (ms, days) => {
        const day = bishkekDay(ms);
        return calendarDaysBetween(day, addCalendarDays(day, days)) === days;
      }),
    );
    expect(earlierDay('2026-03-05', '2026-03-04')).toBe('2026-03-04');
  });

  it('refuses a day the calendar does not have', () => {
    for (const text of ['2026-02-30', '2026-13-01', '05.03.2026', '2026-3-5', '', '2026-03-05T00:00']) {
      expect(isCalendarDay(text)).toBe(false);
      expect(() => formatDay(text)).toThrow(RangeError);
    }
    expect(() => addCalendarDays('2026-03-05', 0.5)).toThrow(RangeError);
    expect(() => bishkekDay(Number.NaN)).toThrow(RangeError);
  });
});

describe('how dates are written', () => {
  const at = Date.UTC(2026, 2, 5, 11, 4, 9);

  it('figures are DD.MM.YYYY and 24 hours in every language', () => {
    expect(formatDate(at)).toBe('05.03.2026');
    expect(formatTime(at)).toBe('17:04');
    expect(formatDateTime(at)).toBe('05.03.2026 17:04');
    expect(formatDateTimeSeconds(at)).toBe('05.03.2026 17:04:09');
    expect(formatTime(Date.UTC(2026, 2, 5, 18))).toBe('00:00');
  });

  it('words follow each language', () => {
    expect(formatLongDate(at, 'ky')).toBe('2026-жылдын 5-марты');
    expect(formatLongDate(at, 'ru')).toBe('5 марта 2026 г.');
    expect(formatLongDate(at, 'en')).toBe('5 March 2026');
    expect(formatLongDay('2026-06-30', 'ky')).toBe('2026-жылдын 30-июну');
    expect(monthName(12, 'ky')).toBe('декабрь');
    expect(() => monthName(13, 'ru')).toThrow(RangeError);
  });

  it('every month has a name in every language', () => {
    for (const lang of ['ky', 'ru', 'en'] as const) {
      const names = new Set<string>();
      for (let month = 1; month <= 12; month += 1) names.add(monthName(month, lang));
      expect(names.size).toBe(12);
      const days = new Set<string>();
      for (let month = 1; month <= 12; month += 1) {
        days.add(formatLongDay(`2026-${String(month).padStart(2, '0')}-01`, lang));
      }
      expect([...days].some((text) => text.includes('undefined'))).toBe(false);
      expect(days.size).toBe(12);
    }
  });
});
