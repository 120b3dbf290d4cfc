/** Claims: the next date is the nearest that is not past, today counts, and voting day is one of them. */
import { describe, expect, it, vi } from 'vitest';

// Runes exist only after Svelte's compiler; the rule itself needs none.
vi.mock('../held.svelte.ts', () => ({ Held: class {} }));
const { nextDate } = await import('./waiting.svelte.ts');

const date = (event: string, onDay: string) => ({ event, onDay, act: '', proposed: false, version: 1 });
const election = { id: 'e', nameKy: '', nameRu: '', nameEn: '', votingDay: '2026-11-29' };

describe('the next date', () => {
  it('is the nearest one that is not past', () => {
    const dates = [
      date('freeze', '2026-11-19'),
      date('control-list', '2026-10-30'),
      date('applications-end', '2026-11-13'),
    ];
    expect(nextDate({ election, dates, today: '2026-11-01', frozen: false })).toMatchObject({
      event: 'applications-end',
      days: 12,
    });
  });

  it('may be today', () => {
    expect(
      nextDate({ election, dates: [date('freeze', '2026-11-19')], today: '2026-11-19', frozen: true }),
    ).toMatchObject({ event: 'freeze', days: 0 });
  });

  it('is voting day at last, and nothing after it', () => {
    expect(
      nextDate({ election, dates: [date('freeze', '2026-11-19')], today: '2026-11-20', frozen: true }),
    ).toMatchObject({ event: 'voting', days: 9 });
    expect(nextDate({ election, dates: [], today: '2026-11-30', frozen: true })).toBeUndefined();
    expect(nextDate({ election: null, dates: [], today: '2026-11-30', frozen: false })).toBeUndefined();
  });
});
