/** Steps that ask nothing first. */
import type { AlertItem } from '../../../server/contract/alerts.ts';
import { api } from '../../api.ts';
import { t } from '../../i18n/words.svelte.ts';
import { endpoint } from '../../paths.ts';

export function takeStep(alert: AlertItem, name: 'acknowledge' | 'reopen'): Promise<AlertItem> {
  return api.post<AlertItem>(endpoint.alertAction(alert.id, name), { expectedVersion: alert.version });
}

/** What to say once a step was taken. */
export function saidDone(
  name: 'acknowledge' | 'assign' | 'investigate' | 'close' | 'reopen',
  after: AlertItem,
): string {
  return name === 'close' && after.awaitsSecond ? t('alerts.done.proposed') : t(`alerts.done.${name}`);
}
