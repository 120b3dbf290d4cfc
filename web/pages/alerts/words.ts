/** What alerts say, in the reader's words. A rule's own sentence comes with the alert, in three languages. */
import type { AlertCard, AlertItem, AlertValue } from '../../../server/contract/alerts.ts';
import type { AlertLevel, AlertState } from '../../../server/contract/vocabulary.ts';
import { relative } from '../../i18n/format.ts';
import { currentLang, t, tMaybe } from '../../i18n/words.svelte.ts';
import { nowToTheMinute } from '../../shell/clock.svelte.ts';
import { sayField, sayRole } from '../audit/words.ts';
import { unitName } from '../commissions/units.svelte.ts';

type Tone = 'neutral' | 'info' | 'ok' | 'warn' | 'danger';

export const sentence = (alert: Pick<AlertItem, 'message' | 'title'>): string =>
  alert.message?.[currentLang()] || alert.title;

export const levelTones: Record<AlertLevel, Tone> = {
  low: 'neutral',
  medium: 'info',
  high: 'warn',
  critical: 'danger',
};
export const stateTones: Record<AlertState, Tone> = {
  new: 'info',
  acknowledged: 'neutral',
  investigating: 'warn',
  incident: 'danger',
  closed: 'ok',
};

export const sayLevel = (level: AlertLevel): string => t(`alerts.level.${level}`);
export const sayState = (state: AlertState): string => t(`alerts.state.${state}`);
export const sayValueName = (field: string): string => tMaybe(`alerts.value.${field}`) ?? field;

export function sayValue(field: string, value: string): string {
  if (field === 'voter.precinct' || field === 'user.unit') return unitName(value);
  if (field === 'user.role') return sayRole(value);
  if (field === 'change.field') return value.split(', ').map(sayField).join(', ');
  return value;
}

/** By name, or by the unit where the name is for that unit alone. */
export const sayOfficer = ({ commission, person }: NonNullable<AlertValue['officer']>): string =>
  person ? `${person.name} (${person.login})` : t('alerts.value.officerOf', { unit: unitName(commission) });

export function sayCondition({ type, threshold }: AlertCard['condition']): string {
  const said =
    tMaybe(`alerts.condition.${type}`, {
      threshold: threshold.replaceAll('≥', t('alerts.atLeast')).replaceAll(' ', '\u00a0'),
    }) ?? `${type} ${threshold}`;
  return said.trim();
}

const DAY = 86_400;
const HOUR = 3_600;

/** How long ago; the clock of the page runs by minutes, so a moment of this minute is now. */
export const ago = (at: number): string => relative(at, Math.max(nowToTheMinute(), at));

/** A rule's window: seconds as whole days, hours or minutes. */
export function sayWindow(seconds: number): string {
  if (seconds >= 2 * DAY && seconds % DAY === 0) return t('alerts.window.days', { count: seconds / DAY });
  if (seconds >= HOUR && seconds % HOUR === 0) return t('alerts.window.hours', { count: seconds / HOUR });
  return t('alerts.window.minutes', { count: Math.round(seconds / 60) });
}

/** The steps of a playbook; the general one for a name without words. */
export function playbookSteps(name: string | null): readonly string[] {
  const text =
    (name === null ? undefined : tMaybe(`alerts.playbook.${name}`)) ?? t('alerts.playbook.default');
  return text.split('\n');
}
