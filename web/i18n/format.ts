/**
 * Dates, times and numbers in the language that is on, for templates: what the page prints must come from here.
 * Accepts what the API sends: an ISO instant or milliseconds for a moment, `YYYY-MM-DD` for a day.
 */
import * as dates from '../../server/lib/dates.ts';
import * as fillers from './fill.ts';
import * as spans from './relative.ts';
import { currentLang } from './words.svelte.ts';

export type Moment = string | number;

const ms = (at: Moment): number => (typeof at === 'number' ? at : Date.parse(at));

/** `05.03.2026` for a moment, in Bishkek. */
export const date = (at: Moment): string => dates.formatDate(ms(at));
/** `17:04` */
export const time = (at: Moment): string => dates.formatTime(ms(at));
/** `05.03.2026 17:04` */
export const dateTime = (at: Moment): string => dates.formatDateTime(ms(at));
/** `05.03.2026 17:04:09`, for the audit trail. */
export const dateTimeSeconds = (at: Moment): string => dates.formatDateTimeSeconds(ms(at));
/** «2026-жылдын 5-марты», «5 марта 2026 г.», "5 March 2026" for a moment. */
export const longDate = (at: Moment): string => dates.formatLongDate(ms(at), currentLang());
/** `05.03.2026` for a day `YYYY-MM-DD`; a year alone (`1951`) stays a year. */
export const day = (ymd: string): string => (dates.isCalendarDay(ymd) ? dates.formatDay(ymd) : ymd);
/** The long form of a day `YYYY-MM-DD`. */
export const longDay = (ymd: string): string => dates.formatLongDay(ymd, currentLang());
/** «5 мүнөт мурун»; `now` in milliseconds. */
export const relative = (at: Moment, now: number): string => spans.relativeTime(ms(at), now, currentLang());
/** «1 саат 05 мүн» for seconds. */
export const duration = (seconds: number): string => spans.formatDuration(seconds, currentLang());
/** `12 345` */
export const number = (value: number): string => fillers.formatNumber(value, currentLang());
/** Several names as one line; only the first keeps its capital, unless it is an abbreviation's. */
export const inOneLine = (names: readonly string[]): string => fillers.inOneLine(names);
