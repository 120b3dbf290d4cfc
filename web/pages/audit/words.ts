/**
 * The trail's codes in the reader's words: acts, outcomes, rules, fields, details. A code without words is shown as it
 * stands, so that nothing of an entry is ever left out.
 */
import type { TrailItem } from '../../../server/contract/audit.ts';
import { dateTime, number } from '../../i18n/format.ts';
import { t, tMaybe } from '../../i18n/words.svelte.ts';
import { centre, unitName } from '../commissions/units.svelte.ts';

export const sayAct = (act: string): string => tMaybe(`acts.${act}`) ?? act;
export const sayOutcome = (outcome: string): string => tMaybe(`audit.outcome.${outcome}`) ?? outcome;
export const sayPurpose = (purpose: string): string => tMaybe(`audit.purpose.${purpose}`) ?? purpose;
export const sayField = (field: string): string => tMaybe(`audit.field.${field}`) ?? field;
export const sayRole = (role: string): string => tMaybe(`shell.role.${role}`) ?? t('audit.system');

export function outcomeTone(outcome: string): 'neutral' | 'ok' | 'warn' | 'danger' {
  if (outcome === 'done') return 'ok';
  return outcome === 'denied' ? 'danger' : 'warn';
}

/** A rule of the access policy, or a rule of a room (`rule:…`), which is named after the refusal it gives. */
export function sayPolicy(policy: string): string {
  if (policy.startsWith('rule:')) return tMaybe(`problems.${policy.slice(5)}`) ?? policy;
  return tMaybe(`audit.policy.${policy}`) ?? policy;
}

export type Who = TrailItem['officer'];

export function whoName(officer: Who): string {
  if (officer === null) return t('audit.nobody');
  return officer.login.startsWith('system:') ? t('audit.system') : officer.name;
}

/** Login, role and unit in one line. */
export function whoElse(officer: Who): string {
  if (officer === null) return '';
  if (officer.login.startsWith('system:')) return officer.login;
  return [officer.login, sayRole(officer.role), officer.commission && unitName(officer.commission)]
    .filter(Boolean)
    .join(' · ');
}

/** The same for a row, with the unit's code: its name stands in the drawer. The centre has letters of its own in each language. */
export function whoShort(officer: Who): string {
  if (officer === null) return '';
  if (officer.login.startsWith('system:')) return officer.login;
  const unit = officer.commission === centre ? t('audit.entry.centre') : officer.commission;
  return [officer.login, sayRole(officer.role), unit].filter(Boolean).join(' · ');
}

/** Details whose values are codes of the closed lists. */
const coded = new Set([
  'basis',
  'where',
  'list',
  'approvalKind',
  'level',
  'stage',
  'closeReason',
  'state',
  'from',
  'to',
  'applicationKind',
  'changeKind',
  'outcome',
  'verdict',
]);

const sayCode = (name: string, code: string): string =>
  tMaybe(`audit.value.${name}.${code}`) ??
  tMaybe(`audit.value.${code}`) ??
  tMaybe(`shell.role.${code}`) ??
  code;

const times = new Set(['expiresAt', 'since']);

/** One fact of an entry's details. */
export function sayDetail(name: string, value: TrailItem['detail'][string]): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? t('audit.yes') : t('audit.no');
  if (typeof value === 'number') return times.has(name) ? dateTime(value) : number(value);
  if (Array.isArray(value)) return value.map((one) => (name === 'acts' ? sayAct(one) : one)).join('; ');
  if (name === 'reason') return tMaybe(`problems.${value}`) ?? tMaybe(`audit.value.${value}`) ?? value;
  if (name === 'for' || name === 'act') return sayAct(value);
  if (name === 'role') return sayRole(value);
  if (
    name === 'precinct' ||
    name === 'unit' ||
    name === 'commission' ||
    name === 'fromUnit' ||
    name === 'toUnit'
  )
    return unitName(value);
  return coded.has(name) ? sayCode(name, value) : value;
}

export const sayDetailName = (name: string): string => tMaybe(`details.${name}`) ?? name;
