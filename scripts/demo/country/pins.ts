/**
 * Personal numbers: sex digit, DDMMYYYY, five digits; unique by construction without remembering what was given.
 * There is no published checksum, and none is invented here. The numbers belong to nobody.
 */
import type { Prng } from './prng.ts';
import type { Sex } from './types.ts';

const DAY_MS = 86_400_000;

/** The country stands still on this day: ages are counted at it. */
export const COUNTRY_DATE = '2026-01-01';
const COUNTRY_DAY = Date.parse(COUNTRY_DATE) / DAY_MS;

const FIRST_DAY = Date.parse('1929-01-01') / DAY_MS;
const DAYS = COUNTRY_DAY - FIRST_DAY;

/** Coprime to 100,000, so the five digits of one day run through all values before any repeats. */
const STEP = 61_843;
const SERIALS = 100_000;

const ISO_DATES: readonly string[] = Array.from({ length: DAYS }, (_, day) =>
  new Date((FIRST_DAY + day) * DAY_MS).toISOString().slice(0, 10),
);
const PIN_DATES: readonly string[] = ISO_DATES.map(
  (date) => `${date.slice(8, 10)}${date.slice(5, 7)}${date.slice(0, 4)}`,
);

/** A birthday (an index of days, see `isoDate`) of somebody who is `age` years old (18 to 95) on the country's date. */
export function birthday(rng: Prng, age: number): number {
  return DAYS - Math.floor(age * 365.2425) - rng.int(1, 364);
}

/** YYYY-MM-DD of a day made by `birthday`. */
export function isoDate(day: number): string {
  const date = ISO_DATES[day];
  if (date === undefined) throw new RangeError('the day lies outside the country’s calendar');
  return date;
}

export interface Pins {
  /** The next unused number for that sex and day; throws after 100,000 of one sex born on one day. */
  next(sex: Sex, day: number): string;
}

export function pins(rng: Prng): Pins {
  const given = new Uint32Array(DAYS * 2);
  const start = Uint32Array.from(given, () => rng.next() % SERIALS);
  return {
    next(sex, day) {
      const key = day * 2 + (sex === 'F' ? 0 : 1);
      const count = given[key] ?? 0;
      if (count >= SERIALS) throw new RangeError('too many people of one sex born on one day');
      given[key] = count + 1;
      const serial = String((((start[key] ?? 0) + count * STEP) % SERIALS) + SERIALS).slice(1);
      return `${sex === 'F' ? '1' : '2'}${PIN_DATES[day] ?? ''}${serial}`;
    },
  };
}
