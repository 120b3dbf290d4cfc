// What an entry says of who acted, in which session, and besides, as facts to be listed: alike wherever an entry is shown.
import type { TrailItem } from '../../../server/contract/audit.ts';
import { dateTimeSeconds, duration } from '../../i18n/format.ts';
import { t } from '../../i18n/words.svelte.ts';
import { unitName } from '../commissions/units.svelte.ts';
import { sayDetail, sayDetailName, sayField, sayRole, whoName } from './words.ts';

export const whoFacts = (officer: TrailItem['officer']) => [
  { label: t('audit.officer'), value: whoName(officer) },
  ...(officer
    ? [
        { label: t('audit.entry.login'), value: officer.login, mono: true },
        { label: t('audit.entry.role'), value: sayRole(officer.role) },
        { label: t('audit.entry.unit'), value: officer.commission && unitName(officer.commission) },
      ]
    : []),
];

export const sessionFacts = (session: TrailItem['session']) =>
  session
    ? [
        { label: t('audit.entry.sessionStart'), value: dateTimeSeconds(session.startedAt) },
        { label: t('audit.entry.sessionLength'), value: duration(session.lengthSeconds) },
      ]
    : [];

export const fieldFacts = (fields: TrailItem['fields']) =>
  fields.length > 0 ? [{ label: t('audit.entry.fields'), value: fields.map(sayField).join(', ') }] : [];

export const detailFacts = (detail: TrailItem['detail']) =>
  Object.entries(detail)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => ({ label: sayDetailName(name), value: sayDetail(name, value) }));
