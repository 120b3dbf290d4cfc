/**
 * Spans of time in words: "5 мүнөт мурун", "через 2 дня", "1 h 05 min". Pure: the moment compared with is passed
 * in. Written by hand because Chromium has no Kyrgyz data for Intl.RelativeTimeFormat and answers in English.
 */
import type { Lang, Plural } from './catalogue.ts';
import { fill } from './fill.ts';

type Unit = 'minute' | 'hour' | 'day' | 'month' | 'year';

const UNITS: readonly (readonly [Unit, number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const PAST: Record<Lang, Record<Unit, Plural>> = {
  ky: {
    minute: { other: '{count} мүнөт мурун' },
    hour: { other: '{count} саат мурун' },
    day: { other: '{count} күн мурун' },
    month: { other: '{count} ай мурун' },
    year: { other: '{count} жыл мурун' },
  },
  ru: {
    minute: { one: '{count} минуту назад', few: '{count} минуты назад', other: '{count} минут назад' },
    hour: { one: '{count} час назад', few: '{count} часа назад', other: '{count} часов назад' },
    day: { one: '{count} день назад', few: '{count} дня назад', other: '{count} дней назад' },
    month: { one: '{count} месяц назад', few: '{count} месяца назад', other: '{count} месяцев назад' },
    year: { one: '{count} год назад', few: '{count} года назад', other: '{count} лет назад' },
  },
  en: {
    minute: { one: '{count} minute ago', other: '{count} minutes ago' },
    hour: { one: '{count} hour ago', other: '{count} hours ago' },
    day: { one: '{count} day ago', other: '{count} days ago' },
    month: { one: '{count} month ago', other: '{count} months ago' },
    year: { one: '{count} year ago', other: '{count} years ago' },
  },
};

const FUTURE: Record<Lang, Record<Unit, Plural>> = {
  ky: {
    minute: { other: '{count} мүнөттөн кийин' },
    hour: { other: '{count} сааттан кийин' },
    day: { other: '{count} күндөн кийин' },
    month: { other: '{count} айдан кийин' },
    year: { other: '{count} жылдан кийин' },
  },
  ru: {
    minute: { one: 'через {count} минуту', few: 'через {count} минуты', other: 'через {count} минут' },
    hour: { one: 'через {count} час', few: 'через {count} часа', other: 'через {count} часов' },
    day: { one: 'через {count} день', few: 'через {count} дня', other: 'через {count} дней' },
    month: { one: 'через {count} месяц', few: 'через {count} месяца', other: 'через {count} месяцев' },
    year: { one: 'через {count} год', few: 'через {count} года', other: 'через {count} лет' },
  },
  en: {
    minute: { one: 'in {count} minute', other: 'in {count} minutes' },
    hour: { one: 'in {count} hour', other: 'in {count} hours' },
    day: { one: 'in {count} day', other: 'in {count} days' },
    month: { one: 'in {count} month', other: 'in {count} months' },
    year: { one: 'in {count} year', other: 'in {count} years' },
  },
};

const NOW: Record<Lang, string> = { ky: 'азыр эле', ru: 'только что', en: 'just now' };
const SOON: Record<Lang, string> = { ky: 'бир аздан кийин', ru: 'сейчас', en: 'in a moment' };

/** How far `at` lies from `now`, both milliseconds since 1970, in the largest whole unit. */
export function relativeTime(at: number, now: number, lang: Lang): string {
  const seconds = Math.abs(now - at) / 1000;
  for (const [unit, size] of UNITS) {
    if (seconds >= size) {
      const forms = at <= now ? PAST : FUTURE;
      return fill(forms[lang][unit], lang, { count: Math.floor(seconds / size) });
    }
  }
  return at <= now ? NOW[lang] : SOON[lang];
}

/** A length of time, whole seconds → "45 с", "12 мин", "1 ч 05 мин" (no-break spaces inside). */
export function formatDuration(seconds: number, lang: Lang): string {
  const words = { ky: ['саат', 'мүн', 'сек'], ru: ['ч', 'мин', 'с'], en: ['h', 'min', 's'] }[lang];
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}\u00a0${words[2]}`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}\u00a0${words[1]}`;
  const rest = String(minutes % 60).padStart(2, '0');
  return `${formatThousands(Math.floor(minutes / 60))}\u00a0${words[0]} ${rest}\u00a0${words[1]}`;
}

function formatThousands(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, '\u00a0');
}

/** A countdown, whole seconds → "1:05". */
export function formatCountdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
