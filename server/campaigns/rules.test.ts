// When a campaign asks whom for a new password (R46).
import { describe, expect, test } from 'vitest';
import { rotationDue, roundsOf, turnOf } from './rules.ts';

const day = (text: string) => Date.parse(`${text}T00:00:00+06:00`);
const campaign = { opensOn: '2026-03-01', closedOn: '2026-04-30', openedAt: day('2026-01-10') };
const due = (set: string, now: string, officer = 'a', over: Partial<typeof campaign> = {}) =>
  rotationDue(officer, day(set), day(now), [{ ...campaign, ...over }], 14);
const officers = Array.from({ length: 200 }, (_, i) => `officer-${i}`);

describe('R46 rotation round a campaign', () => {
  test('a password from before the window is changed before the campaign opens', () => {
    expect(due('2025-12-01', '2026-02-14')).toBe(false);
    expect(due('2025-12-01', '2026-03-01')).toBe(true);
  });

  test('changed inside the window it stands through the campaign, and is changed again after it', () => {
    expect(due('2026-02-20', '2026-04-30')).toBe(false);
    expect(due('2026-02-20', '2026-05-15')).toBe(true);
    expect(due('2026-05-02', '2026-06-30')).toBe(false);
  });

  test('turns are spread over fourteen days before the first day and fourteen after the last', () => {
    const [before, after] = roundsOf(campaign, 14);
    for (const [round, first, last] of [
      [before!, '2026-02-15', '2026-02-28'],
      [after!, '2026-05-01', '2026-05-14'],
    ] as const) {
      const turns = officers.map((officer) => turnOf(officer, round)).sort();
      expect([turns[0], turns.at(-1), new Set(turns).size]).toEqual([first, last, 14]);
    }
  });

  test('recorded late, all turns still come before it opens; on the day itself, at once', () => {
    const late = { openedAt: day('2026-02-26') + 9 * 3_600_000 };
    for (const officer of officers) {
      expect(due('2025-12-01', '2026-02-25', officer, late)).toBe(false);
      expect(due('2025-12-01', '2026-02-28', officer, late)).toBe(true);
    }
    const today = { openedAt: day('2026-03-01') + 1 };
    expect(officers.every((officer) => due('2025-12-01', '2026-03-01', officer, today))).toBe(true);
  });

  test('open it has asked once; called off before its first day it asks nothing', () => {
    expect(roundsOf({ ...campaign, closedOn: null }, 14).map(({ when }) => when)).toEqual(['before']);
    expect(roundsOf({ ...campaign, closedOn: '2026-02-20' }, 14)).toEqual([]);
    expect(due('2025-12-01', '2026-02-28', 'a', { closedOn: '2026-02-20' })).toBe(false);
  });
});
