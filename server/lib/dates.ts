/**
 * Calendar days and clock times as the commission writes them: Asia/Bishkek, 24 hours, DD.MM.YYYY, three languages.
 *
 * Neither Node nor Chromium carries Kyrgyz date data: asked for `ky` they answer with American dates and say
 * nothing. So nothing here touches `Intl`, and nothing reads the machine's own time zone or clock.
 * Instants are milliseconds since 1970 (UTC); days are `YYYY-MM-DD`.
 */

export type Lang = 'ky' | 'ru' | 'en';

/** Asia/Bishkek has been UTC+06:00 without summer time since 12 August 2005. */
export const BISHKEK_OFFSET_MS = 6 * 3_600_000;
export const DAY_MS = 86_400_000;

/** A month's name on its own ("март", "March"). */
const MONTHS: Record<Lang, readonly string[]> = {
  ky: 'январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь'.split(' '),
  ru: 'январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь'.split(' '),
  en: 'January February March April May June July August September October November December'.split(' '),
};

/** A month's name after the day: ky takes the possessive ("5-марты"), ru the genitive ("5 марта"). */
const MONTHS_AFTER_DAY: Record<Lang, readonly string[]> = {
  ky: 'январы февралы марты апрели майы июну июлу августу сентябры октябры ноябры декабры'.split(' '),
  ru: 'января февраля марта апреля мая июня июля августа сентября октября ноября декабря'.split(' '),
  en: MONTHS.en,
};

const two = (n: number) => String(n).padStart(2, '0');
const four = (n: number) => String(n).padStart(4, '0');

/** The instant moved so that its UTC fields read as Bishkek's wall clock. */
function wallClock(ms: number): Date {
  const at = new Date(ms + BISHKEK_OFFSET_MS);
  if (Number.isNaN(at.getTime())) throw new RangeError('not an instant in milliseconds');
  return at;
}

/** UTC midnight of a day; throws RangeError for what is no day of the calendar (`2026-02-30`). */
function midnight(ymd: string): number {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(ymd);
  if (!parts) throw new RangeError('a day must be written YYYY-MM-DD');
  const date = new Date(`${ymd}T00:00:00.000Z`);
  // Date accepts 30 February and slides into March: only a round trip proves the day exists.
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== ymd) {
    throw new RangeError('no such day in the calendar');
  }
  return date.getTime();
}

/** True for a `YYYY-MM-DD` that names a day of the calendar. */
export function isCalendarDay(text: string): boolean {
  try {
    midnight(text);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The day in Bishkek at an instant, `YYYY-MM-DD`. */
export function bishkekDay(ms: number): string {
  const at = wallClock(ms);
  return `${four(at.getUTCFullYear())}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
}

/** The instant of 00:00 of that day in Bishkek. */
export function startOfBishkekDay(ymd: string): number {
  return midnight(ymd) - BISHKEK_OFFSET_MS;
}

/**
 * The instant of 24:00 of that day in Bishkek, which is 00:00 of the next: an act is in time while `at < end`.
 * A deadline `dueOn` counts to here.
 */
export function endOfBishkekDay(ymd: string): number {
  return startOfBishkekDay(ymd) + DAY_MS;
}

/** That many calendar days later (earlier when negative); `days` is a whole number. */
export function addCalendarDays(ymd: string, days: number): string {
  if (!Number.isInteger(days)) throw new RangeError('days must be a whole number');
  const date = new Date(midnight(ymd) + days * DAY_MS);
  return `${four(date.getUTCFullYear())}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

/** Whole days from one day to another: positive when `to` is later. */
export function calendarDaysBetween(from: string, to: string): number {
  return (midnight(to) - midnight(from)) / DAY_MS;
}

/** The earlier of two days. `YYYY-MM-DD` sorts as text; both are checked first. */
export function earlierDay(a: string, b: string): string {
  return midnight(a) <= midnight(b) ? a : b;
}

/** `05.03.2026` for a day written `2026-03-05`. The same in all three languages. */
export function formatDay(ymd: string): string {
  midnight(ymd);
  return `${ymd.slice(8, 10)}.${ymd.slice(5, 7)}.${ymd.slice(0, 4)}`;
}

/** `05.03.2026`, the day in Bishkek. */
export function formatDate(ms: number): string {
  return formatDay(bishkekDay(ms));
}

/** `17:04`, 24 hours, Bishkek. */
export function formatTime(ms: number): string {
  const at = wallClock(ms);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

/** `05.03.2026 17:04`, Bishkek. */
export function formatDateTime(ms: number): string {
  return `${formatDate(ms)} ${formatTime(ms)}`;
}

/** `05.03.2026 17:04:09`, Bishkek: for evidence, where the second matters. */
export function formatDateTimeSeconds(ms: number): string {
  return `${formatDateTime(ms)}:${two(wallClock(ms).getUTCSeconds())}`;
}

/** A month's own name, `month` 1 to 12. */
export function monthName(month: number, lang: Lang): string {
  const name = MONTHS[lang][month - 1];
  if (name === undefined) throw new RangeError('a month is a number from 1 to 12');
  return name;
}

/** `2026-жылдын 5-марты` · `5 марта 2026 г.` · `5 March 2026`. */
export function formatLongDay(ymd: string, lang: Lang): string {
  midnight(ymd);
  const year = Number(ymd.slice(0, 4));
  const month = MONTHS_AFTER_DAY[lang][Number(ymd.slice(5, 7)) - 1];
  const day = Number(ymd.slice(8, 10));
  if (lang === 'ky') return `${year}-жылдын ${day}-${month}`;
  if (lang === 'ru') return `${day} ${month} ${year} г.`;
  return `${day} ${month} ${year}`;
}

/** The day in Bishkek at an instant, in words. */
export function formatLongDate(ms: number, lang: Lang): string {
  return formatLongDay(bishkekDay(ms), lang);
}
