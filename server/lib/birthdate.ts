/**
 * Birth dates as lists bring them: read by a declared pattern, kept as ISO text. Many older voters have only a year of
 * birth and some have none; both are valid and flagged, nothing is invented for them (no 1 January). What is written
 * but cannot be a birth date is refused with the reason, never repaired.
 */

/** Before this year nobody on a list of living voters was born; placeholders such as 1800-01-01 stop here. */
export const EARLIEST_BIRTH_YEAR = 1880;

export type BirthDate =
  | { kind: 'date'; value: string }
  | { kind: 'year'; value: string }
  | { kind: 'absent' }
  | { kind: 'refused'; reason: BirthDateFault };

/** unreadable: not in the declared pattern; impossible: no such day; out-of-range: in the future, or before 1880. */
export type BirthDateFault = 'date-unreadable' | 'date-impossible' | 'date-out-of-range';

export type BirthDateReader = (text: string) => BirthDate;

export type DateFormatOutcome =
  | { kind: 'reader'; read: BirthDateReader }
  | { kind: 'refused'; reason: 'date-format' };

const ABSENT: BirthDate = { kind: 'absent' };
const UNREADABLE: BirthDate = { kind: 'refused', reason: 'date-unreadable' };
const IMPOSSIBLE: BirthDate = { kind: 'refused', reason: 'date-impossible' };
const OUT_OF_RANGE: BirthDate = { kind: 'refused', reason: 'date-out-of-range' };

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const TOKEN = /YYYY|MM|DD|M|D/g;
const PATTERNS: Readonly<Record<string, string>> = {
  YYYY: '(?<y>[0-9]{4})',
  MM: '(?<m>[0-9]{2})',
  DD: '(?<d>[0-9]{2})',
  M: '(?<m>[0-9]{1,2})',
  D: '(?<d>[0-9]{1,2})',
};

/**
 * A reader for one pattern.
 * @param format `YYYY`, `MM`, `DD` (two digits each) or `M`, `D` (one or two), each once, in any order, with `-` `/` `.`
 *   or spaces between or nothing; or `YYYY` alone. A year alone is read under every pattern.
 * @param today the last possible day of birth, YYYY-MM-DD
 */
export function birthDateReader(format: string, today: string): DateFormatOutcome {
  const tokens = (format.match(TOKEN) ?? []).map((token) => token[0]).sort();
  const separatorsOnly = /^[-/. ]*$/.test(format.replace(TOKEN, ''));
  if (!separatorsOnly || !['Y', 'DMY'].includes(tokens.join('')))
    return { kind: 'refused', reason: 'date-format' };
  const source = format.replace(/[.]/g, '\\.').replace(TOKEN, (token) => PATTERNS[token] ?? token);
  const pattern = new RegExp(`^${source}$`);
  const isIso = format === 'YYYY-MM-DD';

  const read: BirthDateReader = (written) => {
    const text = written.trim();
    if (text === '') return ABSENT;
    if (isIso && text.length === 10 && looksIso(text)) {
      return checked(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10), today, text);
    }
    if (text.length === 4 && /^[0-9]{4}$/.test(text)) return checkedYear(text, today);
    const found = pattern.exec(text)?.groups;
    if (found?.y === undefined || found.m === undefined || found.d === undefined) return UNREADABLE;
    const iso = `${found.y}-${found.m.padStart(2, '0')}-${found.d.padStart(2, '0')}`;
    return checked(Number(found.y), Number(found.m), Number(found.d), today, iso);
  };
  return { kind: 'reader', read };
}

function looksIso(text: string): boolean {
  for (let at = 0; at < 10; at++) {
    const code = text.charCodeAt(at);
    if (at === 4 || at === 7 ? code !== 0x2d : code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + text.charCodeAt(at) - 0x30;
  return value;
}

function checked(year: number, month: number, day: number, today: string, iso: string): BirthDate {
  if (month < 1 || month > 12 || day < 1 || day > DAYS_IN_MONTH[month - 1]!) return IMPOSSIBLE;
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0)))
    return IMPOSSIBLE;
  if (year < EARLIEST_BIRTH_YEAR || iso > today) return OUT_OF_RANGE;
  return { kind: 'date', value: iso };
}

function checkedYear(year: string, today: string): BirthDate {
  if (Number(year) < EARLIEST_BIRTH_YEAR || year > today.slice(0, 4)) return OUT_OF_RANGE;
  return { kind: 'year', value: year };
}
