// Who sees how much of the audit trail, and how a moment or an entry is read. Pure.
import type { Context } from '#server/gate/context.ts';
import type { FieldChange, StoredEvent } from '#server/gate/leaf.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { endOfBishkekDay, isCalendarDay, startOfBishkekDay } from '#server/lib/dates.ts';

/** Sees every entry from the central commission, also those of no unit. */
const whole: ReadonlySet<string> = new Set(['auditor', 'central-admin', 'security-officer']);
/** Sees values of fields; for everybody else voters are opaque references. */
const valued: ReadonlySet<string> = new Set(['auditor', 'territorial-admin', 'supervisor']);

/** Unit path the officer's entries must lie under; null: all of them. */
export function trailScope({ actor }: Context): string | null {
  if (!actor) throw new Error('the trail has no anonymous readers');
  const central = /^\/[^/]+\/$/.test(actor.path);
  return central && (actor.role === 'system' || whole.has(actor.role)) ? null : actor.path;
}

/** `full`: values as they are; `masked`: as on a voter card; `none`: names of fields only. */
export type ValueSight = 'full' | 'masked' | 'none';
export function valueSight({ actor }: Context): ValueSight {
  if (!actor || !valued.has(actor.role)) return 'none';
  return actor.role === 'supervisor' ? 'masked' : 'full';
}

/**
 * Epoch ms of what was asked: a number, ISO 8601 with its offset, or a day in Bishkek (its end where `end`).
 * Null for what names no moment.
 */
export function instantOf(text: string, end: boolean): number | null {
  if (/^\d{11,15}$/.test(text)) return Number(text);
  if (isCalendarDay(text)) return end ? endOfBishkekDay(text) : startOfBishkekDay(text);
  // A day that is in no calendar (30 February) would be read as one of the next month.
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) || !isCalendarDay(text.slice(0, 10))) return null;
  const zoned = /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}+06:00`;
  const at = Date.parse(zoned);
  return Number.isFinite(at) ? at : null;
}

/** The moments a selection lies between, epoch ms; or which of the two names none. */
export function timesOf(input: { from?: string; to?: string }): { from?: number; to?: number } | Refusal {
  const times: { from?: number; to?: number } = {};
  for (const edge of ['from', 'to'] as const) {
    const text = input[edge];
    if (text === undefined) continue;
    const at = instantOf(text, edge === 'to');
    if (at === null)
      return refuse('invalid-input', {
        field: edge,
        detail: `${edge}: give a day (2026-03-05), a time (2026-03-05T09:00) or milliseconds since 1970`,
      });
    times[edge] = at;
  }
  return times;
}

export interface ReadEntry {
  leaf: Record<string, unknown>;
  event: Partial<StoredEvent>;
  detail: Record<string, unknown>;
}

/** A stored leaf and event as objects. What is not JSON reads as empty: verification, not this view, is where it shows. */
export function readEntry(leaf: Uint8Array, event: string | null): ReadEntry {
  const read = (text: string): Record<string, unknown> => {
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
    } catch {
      return {};
    }
  };
  const parsed = (event === null ? {} : read(event)) as Partial<StoredEvent>;
  return { leaf: read(Buffer.from(leaf).toString('utf8')), event: parsed, detail: parsed.detail?.json ?? {} };
}

const longest = 500;
const most = 50;
/** Shown elsewhere in the item, or only to those who see values. */
const apart = new Set(['address', 'workstation', 'changes', 'note']);

type Shown = string | number | boolean | null | string[];

/** The facts of an event that may be shown: codes, ids and counts; free text only to those who see values. */
export function shownDetail(detail: Record<string, unknown>, sight: ValueSight): Record<string, Shown> {
  const shown: Record<string, Shown> = {};
  for (const [key, value] of Object.entries(detail)) {
    if (apart.has(key) && !(key === 'note' && sight !== 'none')) continue;
    if (typeof value === 'string') shown[key] = value.slice(0, longest);
    else if (typeof value === 'number' || typeof value === 'boolean' || value === null) shown[key] = value;
    else if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
      shown[key] = value.slice(0, most).map((one) => one.slice(0, longest));
  }
  return shown;
}

/** Changed fields; values as far as this reader sees them. */
export function shownChanges(
  detail: Record<string, unknown>,
  sight: ValueSight,
  mask: (field: string, value: string) => string,
): FieldChange[] {
  if (!Array.isArray(detail.changes)) return [];
  const changes = detail.changes as FieldChange[];
  if (sight === 'none') return changes.map(({ field }) => ({ field }));
  const show = (field: string, value: string) => (sight === 'full' ? value : mask(field, value));
  return changes.map(({ field, old, new: after }) => ({
    field,
    ...(old !== undefined && { old: show(field, old) }),
    ...(after !== undefined && { new: show(field, after) }),
  }));
}

interface Named {
  login: string;
  surname: string;
  givenName: string;
  patronymic: string;
}

export function fullName({ surname, givenName, patronymic }: Omit<Named, 'login'>): string {
  return `${surname} ${givenName} ${patronymic}`.trim();
}

/** Who did it; the system by its own name. */
export function officerOf(
  actor: string | null,
  role: string | null,
  commission: string | null,
  known: Named | null,
): { login: string; name: string; role: string; commission: string } | null {
  if (actor === null) return null;
  return {
    login: known?.login ?? actor,
    name: known ? fullName(known) : actor,
    role: role ?? '',
    commission: commission ?? '',
  };
}
