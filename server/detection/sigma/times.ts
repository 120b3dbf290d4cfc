/**
 * Times and spans: `24h` and `90m` of correlations, the time of an event, and the parts of a date that the time
 * modifiers read. A date's parts are read as they are written, without time zones (Sigma modifiers appendix 2.1,
 * "Time Modifiers": not designed to handle timezone conversions).
 */
import type { Scalar } from './fields.ts';

// A month and a year are the Gregorian means, as the reference implementation of Sigma counts them.
const UNIT_MS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_629_746_000,
  y: 31_556_952_000,
};

/** A correlation's `timespan` in milliseconds; null when it is not a positive number with a unit s m h d w M y. */
export function parseTimespan(text: string): number | null {
  const found = /^(\d{1,9})([smhdwMy])$/.exec(text);
  if (!found) return null;
  const ms = Number(found[1]) * UNIT_MS[found[2]!]!;
  return ms > 0 ? ms : null;
}

/** A test's offset such as `0h`, `23h59m59s`, `1d` or `500ms`, in milliseconds; null when it is none. */
export function parseOffset(text: string): number | null {
  if (!/^(\d{1,9}(ms|[smhdwMy]))+$/.test(text)) return null;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+)(ms|[smhdwMy])/g))
    total += Number(number) * UNIT_MS[unit!]!;
  return total;
}

const STAMP =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})([.,]\d+)?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;
// Numbers below this are seconds (until the year 5138), above it milliseconds (since 1973).
const SECONDS_END = 1e11;
// The years 0 to 9999, as ISO 8601 writes them. Microseconds or nanoseconds taken for milliseconds lie beyond: every window over
// them would be a thousand times too short, and nothing would say so.
const FIRST_MS = -62_167_219_200_000;
const LAST_MS = 253_402_300_799_999;

/** The time of an event in milliseconds: ISO 8601 (UTC without a zone) or seconds or milliseconds since 1970. */
export function eventTime(value: unknown): number | null {
  if (typeof value === 'number') {
    const ms = Math.abs(value) < SECONDS_END ? value * 1000 : value;
    return ms >= FIRST_MS && ms <= LAST_MS ? ms : null;
  }
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^-?\d+(\.\d+)?$/.test(text) && !/^\d{4}$/.test(text)) return eventTime(Number(text));
  const found = STAMP.exec(text);
  if (!found) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction, zone] = found;
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999, and 0001-01-01 is what some programs write for no time.
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const part = fraction === undefined ? 0 : Number(`0.${fraction.slice(1)}`) * 1000;
  const ofDay = timeOfDayMs(Number(hour), Number(minute), Number(second), part);
  const ahead = zoneMs(zone);
  if (date.getUTCMonth() !== Number(month) - 1 || ofDay === null || ahead === null) return null;
  return date.getTime() + ofDay - ahead;
}

/** Null when a clock never shows it. 24:00 ends a day, and a leap second (60) is the first of the next minute. */
function timeOfDayMs(hour: number, minute: number, second: number, part: number): number | null {
  if (minute > 59 || second > 60) return null;
  const ms = hour * UNIT_MS.h! + minute * UNIT_MS.m! + second * UNIT_MS.s! + part;
  return hour < 24 || ms === UNIT_MS.d ? ms : null;
}

function zoneMs(zone: string | undefined): number | null {
  const found = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? '');
  if (!found) return 0;
  const [hours, minutes] = [Number(found[2]), Number(found[3] ?? 0)];
  if (hours > 23 || minutes > 59) return null;
  return (found[1] === '-' ? -1 : 1) * (hours * UNIT_MS.h! + minutes * UNIT_MS.m!);
}

export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimePart = (typeof TIME_PARTS)[number];

/** One number of a date field; null when the field is no date or has no time of day. Weeks are ISO 8601 weeks. */
export function timePart(value: Scalar, part: TimePart): number | null {
  const text = typeof value === 'string' && STAMP.test(value.trim()) ? value.trim() : isoOf(value);
  const found = text === null ? null : STAMP.exec(text);
  if (!found) return null;
  const [, year, month, day, hour, minute] = found;
  if (part === 'week') return isoWeek(Number(year), Number(month), Number(day));
  const picked = { minute, hour, day, month, year }[part];
  return picked === undefined ? null : Number(picked);
}

function isoOf(value: Scalar): string | null {
  const ms = eventTime(value);
  return ms === null ? null : new Date(ms).toISOString();
}

function isoWeek(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(year, month - 1, day));
  const weekday = (date.getUTCDay() + 6) % 7;
  date.setUTCDate(date.getUTCDate() - weekday + 3);
  const firstThursday = new Date(Date.UTC(date.getUTCFullYear(), 0, 4));
  const shift = (firstThursday.getUTCDay() + 6) % 7;
  firstThursday.setUTCDate(firstThursday.getUTCDate() - shift + 3);
  return 1 + Math.round((date.getTime() - firstThursday.getTime()) / UNIT_MS.w!);
}
