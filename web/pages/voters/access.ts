/** How one access to a record reads, for officials and in the answer to the person: codes become words. */
import type { Access } from '../../../server/contract/accesses.ts';
import { currentLang, t, tMaybe } from '../../i18n/words.svelte.ts';
import { actGroup } from './act-group.ts';

type ByOffice = Omit<Access, 'officer' | 'case'>;

/** What shows the record itself, with its fields masked. */
const showsMasked = new Set(['voter.view', 'voter.search', 'voter.lookup', 'voter.versions']);

/** The acts of the catalogue in words an answer to the person can carry. */
export function actText({ act }: ByOffice): string {
  return tMaybe(`voters.act.${actGroup(act)}`) ?? act;
}

export function unitText({ unit }: ByOffice): string {
  if (!unit) return '—';
  const name = { ky: unit.nameKy, ru: unit.nameRu, en: unit.nameEn }[currentLang()];
  return name || unit.code;
}

export const roleText = ({ role }: ByOffice): string =>
  role ? (tMaybe(`shell.role.${role}`) ?? t('voters.history.system')) : '';

/** Commission and role: the office, never the person. */
export const officeText = (access: ByOffice): string =>
  [access.unit && unitText(access), roleText(access)].filter(Boolean).join(', ');

/** An act that asks for no purpose has the one of the duty it belongs to. */
export function purposeText({ purpose, act }: ByOffice): string {
  if (purpose) return tMaybe(`voters.purpose.${purpose}`) ?? purpose;
  return act.startsWith('application.') ? t('voters.purpose.application') : t('protection.access.duty');
}

/** What of the record the access showed, and among how many persons. */
export function shownText(access: ByOffice): string {
  const { act, outcome, fields, persons } = access;
  const shown =
    outcome !== 'done'
      ? t('protection.access.nothing')
      : fields.length > 0
        ? fields.map((field) => tMaybe(`voters.field.${field}`) ?? field).join(', ')
        : showsMasked.has(act)
          ? t('protection.access.masked')
          : '';
  const among = persons > 1 ? t('protection.access.persons', { persons: String(persons) }) : '';
  return [shown, among].filter(Boolean).join(' · ');
}
