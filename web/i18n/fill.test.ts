/** Claims: numbers are grouped and counted as each language does it; a blank nobody filled stays visible. */
import { describe, expect, it } from 'vitest';
import { fill, formatNumber, inOneLine } from './fill.ts';
import { formatCountdown, formatDuration, relativeTime } from './relative.ts';

describe('sentences', () => {
  it('put names into one line, of which only the first and abbreviations keep their capitals', () => {
    expect(inOneLine(['Поиск избирателя', 'Открытие записи', 'ПИН и адрес'])).toBe(
      'Поиск избирателя; открытие записи; ПИН и адрес',
    );
    expect(inOneLine([])).toBe('');
  });

  it('count in Russian by its four forms and in Kyrgyz by one', () => {
    const ru = { one: '{count} заявление', few: '{count} заявления', other: '{count} заявлений' };
    expect([1, 2, 5, 11, 21, 22].map((count) => fill(ru, 'ru', { count }))).toEqual([
      '1 заявление',
      '2 заявления',
      '5 заявлений',
      '11 заявлений',
      '21 заявление',
      '22 заявления',
    ]);
    const ky = { other: '{count} арыз' };
    expect([1, 5].map((count) => fill(ky, 'ky', { count }))).toEqual(['1 арыз', '5 арыз']);
  });

  it('leave a blank without a value visible', () => {
    expect(fill('Саламатсызбы, {name}', 'ky')).toBe('Саламатсызбы, {name}');
  });

  it('group thousands with a no-break space, in English with a comma', () => {
    expect(formatNumber(1234567, 'ky')).toBe('1\u00a0234\u00a0567');
    expect(formatNumber(1234567, 'en')).toBe('1,234,567');
    expect(formatNumber(999, 'ru')).toBe('999');
    expect(formatNumber(-1234.5, 'ru')).toBe('\u22121\u00a0234,5');
  });
});

describe('spans of time', () => {
  const now = Date.UTC(2026, 2, 5, 12);
  const ago = (seconds: number) => now - seconds * 1000;

  it('are told in the largest whole unit', () => {
    expect(relativeTime(ago(20), now, 'ky')).toBe('азыр эле');
    expect(relativeTime(ago(300), now, 'ky')).toBe('5 мүнөт мурун');
    expect(relativeTime(ago(7200), now, 'ru')).toBe('2 часа назад');
    expect(relativeTime(ago(86_400), now, 'en')).toBe('1 day ago');
    expect(relativeTime(ago(400 * 86_400), now, 'ky')).toBe('1 жыл мурун');
  });

  it('look ahead as well as back', () => {
    expect(relativeTime(ago(-3 * 86_400), now, 'ky')).toBe('3 күндөн кийин');
    expect(relativeTime(ago(-3 * 86_400), now, 'ru')).toBe('через 3 дня');
  });

  it('of work are hours and minutes', () => {
    expect(formatDuration(45, 'ru')).toBe('45\u00a0с');
    expect(formatDuration(3900, 'ky')).toBe('1\u00a0саат 05\u00a0мүн');
    expect(formatCountdown(65)).toBe('1:05');
    expect(formatCountdown(-3)).toBe('0:00');
  });
});
