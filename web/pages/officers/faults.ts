/** What can be wrong with an account's fields, beside the field; the server's refusals land in the same places. */
import { bishkekDay } from '../../../server/lib/dates.ts';
import { t } from '../../i18n/words.svelte.ts';
import type { Fault } from '../../session/form.svelte.ts';

export function clearanceFaults(order: string, level: string, until: string): Fault[] {
  const faults: Fault[] = [];
  if (order.trim() === '') faults.push({ field: 'order', message: t('officers.fault.order') });
  if (level === '') faults.push({ field: 'level', message: t('officers.fault.level') });
  if (until === '' || until < bishkekDay(Date.now()))
    faults.push({ field: 'until', message: t('officers.fault.until') });
  return faults;
}

export function dutyFaults(role: string, commission: string): Fault[] {
  const faults: Fault[] = [];
  if (role === '') faults.push({ field: 'role', message: t('officers.fault.role') });
  if (!/^[A-Za-z0-9-]{1,20}$/.test(commission.trim()))
    faults.push({ field: 'commission', message: t('officers.fault.commission') });
  return faults;
}

export function absenceFaults(from: string, until: string): Fault[] {
  const faults: Fault[] = [];
  if (from === '') faults.push({ field: 'from', message: t('officers.fault.from') });
  if (until === '' || until < from || until < bishkekDay(Date.now()))
    faults.push({ field: 'until', message: t('officers.fault.absenceUntil') });
  return faults;
}

export const isLogin = (text: string): boolean => /^[a-z0-9][a-z0-9._-]{1,38}[a-z0-9]$/.test(text);

/** Server's field → the control it belongs to. */
export function refusedFields(): Record<string, Fault> {
  return {
    login: { field: 'login', message: t('officers.fault.loginTaken') },
    role: { field: 'role', message: t('officers.fault.roleSeat') },
    commission: { field: 'commission', message: t('officers.fault.commission') },
    from: { field: 'from', message: t('officers.fault.from') },
    until: { field: 'until', message: t('officers.fault.absenceUntil') },
    'clearance.until': { field: 'until', message: t('officers.fault.until') },
    reason: { field: 'reason', message: t('officers.fault.reason') },
  };
}
