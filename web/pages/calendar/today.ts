/** The calendar as rows to read from top to bottom, with a mark where today falls between two dates. Pure. */
import type { Calendar } from '../../../server/contract/applications.ts';
import { calendarDaysBetween } from '../../../server/lib/dates.ts';

interface Dated {
  readonly key: string;
  readonly onDay: string;
  /** days before voting day */
  readonly before: number;
  readonly past: boolean;
}

export type CalendarRow =
  | (Dated & {
      readonly kind: 'date';
      readonly event: string;
      readonly act: string;
      readonly proposed: boolean;
    })
  | (Dated & { readonly kind: 'voting' })
  | { readonly kind: 'today'; readonly key: 'today' };

/** Rows by day; today stands on its own line only where no date falls on it. */
export function withToday(
  plan: Pick<Calendar, 'dates' | 'today'>,
  votingDay: string,
): readonly CalendarRow[] {
  const { today } = plan;
  const dated = (key: string, onDay: string): Dated => ({
    key,
    onDay,
    before: calendarDaysBetween(onDay, votingDay),
    past: onDay < today,
  });
  const rows = [
    ...plan.dates.map(({ event, onDay, act, proposed }) => ({
      kind: 'date' as const,
      ...dated(event, onDay),
      event,
      act,
      proposed,
    })),
    { kind: 'voting' as const, ...dated('voting', votingDay) },
  ].toSorted((a, b) => a.onDay.localeCompare(b.onDay));
  if (rows.some((row) => row.onDay === today)) return rows;
  const next = rows.findIndex((row) => row.onDay > today);
  return rows.toSpliced(next < 0 ? rows.length : next, 0, { kind: 'today', key: 'today' } as never);
}
