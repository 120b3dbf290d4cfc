/** Defends: declared patterns only, a year alone or nothing is valid, what cannot be a birth date is refused with its reason. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { birthDateReader } from './birthdate.ts';

const TODAY = '2026-01-15';

function read(format: string, text: string) {
  const outcome = birthDateReader(format, TODAY);
  if (outcome.kind !== 'reader') throw new Error('the pattern was refused');
  return outcome.read(text);
}

test.each([
  ['YYYY-MM-DD', '1990-02-05'],
  ['DD.MM.YYYY', '05.02.1990'],
  ['MM/DD/YYYY', '02/05/1990'],
  ['M/D/YYYY', '2/5/1990'],
  ['M/D/YYYY', '02/05/1990'],
  ['YYYYMMDD', '19900205'],
])('%s reads %s', (format, text) => {
  expect(read(format, ` ${text} `)).toEqual({ kind: 'date', value: '1990-02-05' });
});

test('a year alone is kept as a year, and nothing as absent: no day is invented', () => {
  for (const format of ['YYYY-MM-DD', 'DD.MM.YYYY', 'YYYY']) {
    expect(read(format, '1957')).toEqual({ kind: 'year', value: '1957' });
    expect(read(format, '  ')).toEqual({ kind: 'absent' });
  }
});

test('impossible, unreadable and out of range are told apart', () => {
  const reasons = (text: string) => read('YYYY-MM-DD', text);
  for (const text of ['1990-02-30', '1990-13-01', '1990-00-10', '1990-01-00', '1900-02-29', '1991-04-31']) {
    expect(reasons(text)).toEqual({ kind: 'refused', reason: 'date-impossible' });
  }
  for (const text of [
    '05.02.1990',
    '1990-2-5',
    '1990-02-05T00:00',
    '90-02-05',
    '199O-02-05',
    '19',
    '19570',
  ]) {
    expect(reasons(text)).toEqual({ kind: 'refused', reason: 'date-unreadable' });
  }
  for (const text of ['2026-01-16', '1879-12-31', '2027', '1800']) {
    expect(reasons(text)).toEqual({ kind: 'refused', reason: 'date-out-of-range' });
  }
  expect(reasons('2026-01-15')).toEqual({ kind: 'date', value: '2026-01-15' });
  expect(reasons('2000-02-29')).toEqual({ kind: 'date', value: '2000-02-29' });
});

test('exactly the days of the calendar are read', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1880, max: 2025 }),
      fc.integer({ min: 0, max: 14 }),
      fc.integer({ min: 0, max: 33 }),
      (y, m, d) => {
        const iso = `${y}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`;
        const exists =
          m >= 1 && m <= 12 && d >= 1 && new Date(Date.UTC(y, m - 1, d)).toISOString().startsWith(iso);
        expect(read('YYYY-MM-DD', iso).kind).toBe(exists ? 'date' : 'refused');
      },
    ),
  );
});

test('a pattern that does not name year, month and day once each is refused', () => {
  for (const format of [
    '',
    'YYYY-MM',
    'DD.MM',
    'YYYY-MM-DD-DD',
    'YY-MM-DD',
    'YYYY-MM-DD hh',
    '(YYYY)MMDD',
    'YYYY|MM|DD',
  ]) {
    expect(birthDateReader(format, TODAY)).toEqual({ kind: 'refused', reason: 'date-format' });
  }
});
