import { describe, expect, it } from 'vitest';
import { eventTime, parseOffset, parseTimespan, timePart } from './times.ts';

describe('the time of an event', () => {
  const ten = Date.UTC(2024, 4, 1, 10);
  it.each([
    ['2024-05-01T10:00:00Z', ten],
    ['2024-05-01T16:00:00+06:00', ten],
    ['2024-05-01T16:00:00+0600', ten],
    ['2024-05-01T16:00:00+06', ten],
    ['2024-05-01T04:30:00-05:30', ten],
    ['2024-05-01 10:00:00', ten],
    ['2024-05-01T10:00Z', ten],
    ['2024-05-01', ten - 10 * 3_600_000],
    ['2024-05-01T10:00:00.5Z', ten + 500],
    ['2024-05-01T10:00:00.000250Z', ten + 0.25],
    [ten, ten],
    [ten / 1000, ten],
    [String(ten), ten],
    ['2024-02-29T24:00:00Z', Date.UTC(2024, 2, 1)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
  ])('%s is read', (text, ms) => {
    expect(eventTime(text)).toBe(ms);
  });
  it.each([
    ['yesterday'],
    ['2024-13-01'],
    ['2024-02-31T00:00:00Z'],
    [''],
    [null],
    [true],
    [Number.NaN],
    [{}],
    ['2024-05-01T25:00:00Z'],
    ['2024-05-01T24:00:01Z'],
    ['2024-02-30T24:00:00Z'],
    ['2024-05-01T10:60:00Z'],
    ['2024-05-01T10:00:61Z'],
    ['2024-05-01T10:00:00+24:00'],
    [1e300],
    [ten * 1_000],
    [`${ten}000000`],
    [-ten * 1_000],
    ['9999999999999999999'],
    [Number.POSITIVE_INFINITY],
  ])('%s is no time', (value) => {
    expect(eventTime(value)).toBeNull();
  });
});

describe('spans', () => {
  it('are a number and a unit; m is minutes and M months', () => {
    expect(parseTimespan('90m')).toBe(90 * 60_000);
    expect(parseTimespan('1M')).toBe(2_629_746_000);
    expect(parseTimespan('1y')).toBe(31_556_952_000);
    for (const text of ['', '1', 'h', '0h', '-1h', '1.5h', '1h30m', '1 h'])
      expect(parseTimespan(text)).toBeNull();
  });
  it('of tests may be put together', () => {
    expect(parseOffset('23h59m59s')).toBe(86_399_000);
    expect(parseOffset('0h')).toBe(0);
    expect(parseOffset('500ms')).toBe(500);
    expect(parseOffset('5')).toBeNull();
  });
});

it('weeks are ISO 8601 weeks', () => {
  expect(timePart('2021-01-03', 'week')).toBe(53);
  expect(timePart('2021-01-04', 'week')).toBe(1);
  expect(timePart('2024-12-30T00:00:00Z', 'week')).toBe(1);
  expect(timePart('2024-05-01', 'hour')).toBeNull();
});
