// Alerts that say how something stands end when it stands so no longer, by the system's hand: told in their steps, and in the
// entry of whoever says that it is over. Never an alert of what somebody did, never one that somebody looks into.
import type { Change, Reader } from '#db/store.ts';
import { needsTwo } from './rules.ts';
import { valuesOf } from './show.ts';

/**
 * What would end the untouched alerts of a rule, by the value of the field they are grouped by.
 * @param by whose hand: the system's part that says so
 */
export async function endings(
  reader: Reader,
  { rule, field, by }: { rule: string; field: string; by: string },
  now: number,
): Promise<Map<string, Change[]>> {
  const found = new Map<string, Change[]>();
  for (const alert of await reader.alerts.untouched(rule)) {
    const value = valuesOf(alert.entity).find((one) => one.field === field)?.value;
    // Invariant: what two persons close is never closed by none.
    if (value === undefined || needsTwo(alert.level)) continue;
    const version = alert.version + 1;
    found.set(value, [
      ...(found.get(value) ?? []),
      {
        op: 'update',
        table: 'alert',
        key: { id: alert.id },
        expect: { version: alert.version },
        set: { state: 'closed', updatedAt: now, version },
      },
      {
        op: 'insert',
        table: 'alertStep',
        row: { alert: alert.id, version, at: now, officer: by, action: 'over', note: '' },
      },
    ]);
  }
  return found;
}
