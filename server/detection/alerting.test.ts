import { describe, expect, test } from 'vitest';
import { alertId, coveringUnit, placeFiring } from './alerting.ts';

describe('the unit of an alert', () => {
  test.each([
    [['/CEC/D1/T1/1001/'], '1001'],
    [['/CEC/D1/T1/1001/', '/CEC/D1/T1/'], 'T1'],
    [['/CEC/D1/T1/1001/', '/CEC/D1/T1/1002/'], 'T1'],
    [['/CEC/D1/T1/', '/CEC/D1/T10/'], 'D1'],
    [['/CEC/D1/T1/', '/CEC/D2/T2/', '/CEC/D1/T1/'], 'CEC'],
  ])('%j is covered by %s and nothing smaller', (paths, unit) => {
    expect(coveringUnit(paths)).toBe(unit);
  });
  test('of no path there is none', () => {
    expect(coveringUnit([])).toBeNull();
    expect(coveringUnit(['/CEC/', '/OTHER/'])).toBeNull();
  });
});

describe('where a firing goes', () => {
  const hour = 3_600_000;
  const open = { lastSeq: 10, state: 'investigating', createdAt: 0 };
  test.each([
    [{ timeMs: hour, lastSeq: 11 }, null, hour, 'raise'],
    [{ timeMs: hour - 1, lastSeq: 11 }, open, hour, 'fold'],
    [{ timeMs: hour, lastSeq: 11 }, open, hour, 'raise'],
    [{ timeMs: 1, lastSeq: 11 }, open, null, 'raise'],
    [{ timeMs: 1, lastSeq: 11 }, { ...open, state: 'closed' }, hour, 'raise'],
    [{ timeMs: 1, lastSeq: 10 }, open, hour, 'known'],
    [{ timeMs: 1, lastSeq: 10 }, { ...open, state: 'closed' }, hour, 'known'],
  ])('%j, newest %j, quiet for %s: %s', (firing, latest, suppress, kind) => {
    expect(placeFiring(firing, latest, suppress).kind).toBe(kind);
  });
  test('an alert’s id depends on rule version, entity and first entry, each alone', () => {
    const ids = [
      alertId('v1', '{}', 1),
      alertId('v2', '{}', 1),
      alertId('v1', '{"a":1}', 1),
      alertId('v1', '{}', 2),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(alertId('v1', '{}', 1)).toBe(ids[0]);
  });
});
