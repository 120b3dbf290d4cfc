/**
 * What waits for an officer, in numbers. Only lists without voters' data are counted here, because each look at a list
 * is an entry of the log: applications are linked, not counted. Asked at most once a minute.
 */
import type { AlertPage } from '../../../server/contract/alerts.ts';
import type { Calendar } from '../../../server/contract/applications.ts';
import type { SampleList } from '../../../server/contract/samples.ts';
import type { Role } from '../../../server/contract/vocabulary.ts';
import { calendarDaysBetween } from '../../../server/lib/dates.ts';
import { api } from '../../api.ts';
import { watchesAlerts } from '../../live/watchers.ts';
import { endpoint } from '../../paths.ts';
import { Held } from '../held.svelte.ts';

export interface Count {
  readonly count: number;
  /** There are more than were counted. */
  readonly more: boolean;
}

export interface NextDate {
  readonly event: string;
  readonly onDay: string;
  readonly days: number;
  readonly proposed: boolean;
}

export interface Waiting {
  readonly at: number;
  readonly alerts?: Count & { readonly critical: number };
  readonly approvals?: Count;
  /** Drawn actions to be judged or signed by this officer; `due`: the next check should have begun. */
  readonly samples?: { readonly mine: number; readonly overdue: number; readonly due: boolean };
  readonly next?: NextDate;
}

const FRESH_MS = 60_000;
const AT_MOST = 100;
const approvers: readonly Role[] = ['approver', 'security-officer'];
const reviewers: readonly Role[] = ['auditor', 'supervisor'];
const held = new Held<Waiting>();
let asking: Promise<void> | undefined;

/** Reactive; undefined until the first answer. */
export const waiting = (): Waiting | undefined => held.value;

/** The next date of the calendar, voting day among them; undefined when all are past or none is set. */
export function nextDate({ dates, election, today }: Calendar): NextDate | undefined {
  const all = [
    ...dates.map(({ event, onDay, proposed }) => ({ event, onDay, proposed })),
    ...(election ? [{ event: 'voting', onDay: election.votingDay, proposed: false }] : []),
  ];
  const next = all
    .filter(({ onDay }) => onDay >= today)
    .toSorted((a, b) => a.onDay.localeCompare(b.onDay))[0];
  return next && { ...next, days: calendarDaysBetween(today, next.onDay) };
}

export function askWaiting(role: Role, now: number): Promise<void> {
  if (held.value && now - held.value.at < FRESH_MS) return Promise.resolve();
  asking ??= ask(role, now).finally(() => {
    asking = undefined;
  });
  return asking;
}

async function ask(role: Role, now: number): Promise<void> {
  // What cannot be counted is left out: its section says what is wrong when it is opened.
  const or = <T>(answer: Promise<T>) => answer.catch(() => undefined);
  const [alerts, approvals, calendar, samples] = await Promise.all([
    watchesAlerts(role)
      ? or(api.get<AlertPage>(endpoint.alerts({ state: 'new', limit: AT_MOST })))
      : undefined,
    approvers.includes(role)
      ? or(
          api.get<{ items: { actions: string[] }[] }>(
            endpoint.approvals({ state: 'pending', limit: AT_MOST }),
          ),
        )
      : undefined,
    or(api.get<Calendar>(endpoint.calendar())),
    reviewers.includes(role) ? or(api.get<SampleList>(endpoint.samples())) : undefined,
  ]);
  const next = calendar && nextDate(calendar);
  const mine = approvals?.items.filter(({ actions }) => actions.includes('approve')).length ?? 0;
  held.value = {
    at: now,
    ...(alerts && {
      alerts: {
        count: alerts.items.length,
        more: alerts.next !== null,
        critical: alerts.items.filter(({ level }) => level === 'critical').length,
      },
    }),
    ...(approvals && { approvals: { count: mine, more: approvals.items.length >= AT_MOST } }),
    ...(samples && {
      samples: {
        mine: sum(samples.items.map(({ counts }) => counts.mine)),
        overdue: sum(samples.items.map(({ counts, overdue }) => counts.overdue + (overdue ? 1 : 0))),
        due: samples.next?.overdue ?? false,
      },
    }),
    ...(next && { next }),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
