// What of an alert is shown, to whom, and which steps are offered. Reads nothing but names.
import type { Reader, Row } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { AlertItem, AlertValue } from '#server/contract/alerts.ts';
import type { Context } from '#server/gate/context.ts';
import type { Flag } from '#server/policy/relation.ts';
import type { AlertDeps } from './deps.ts';
import { alertActions, awaitsSecond, leadsOn } from './rules.ts';

export type Alert = Row<'alert'>;
export interface Found {
  alert: Alert;
  path: string;
}

/** Facts about this officer and this alert that policies ask for. */
export function flagsOf(ctx: Context, alert: Alert): Flag[] {
  const me = ctx.actor!.id;
  const flags: Flag[] = [];
  if (alert.about.split(' ').includes(me)) flags.push('about-me');
  if (awaitsSecond(alert) && alert.closedBy === me) flags.push('closer');
  return flags;
}

/** Names by officer id; an id nobody has stands for itself. */
export async function people(reader: Reader, ids: readonly (string | null)[]) {
  const known = await reader.alerts.officers([
    ...new Set(ids.filter((id) => id !== null && id !== '')),
  ] as string[]);
  const names = new Map(
    known.map(({ id, login, surname, givenName, patronymic }) => [
      id,
      { login, name: `${surname} ${givenName} ${patronymic}`.trim() },
    ]),
  );
  return (id: string | null) => (id ? (names.get(id) ?? { login: id, name: id }) : null);
}

export function showItem(
  { gate, describeRule }: Pick<AlertDeps, 'gate' | 'describeRule'>,
  ctx: Context,
  { alert, path }: Found,
  named: (id: string | null) => { login: string; name: string } | null,
): AlertItem {
  const flags = flagsOf(ctx, alert);
  const words = describeRule(alert.rule);
  return {
    id: alert.id,
    rule: alert.rule,
    title: words?.title ?? alert.rule,
    message: words?.message ?? null,
    level: alert.level as AlertItem['level'],
    state: alert.state as AlertItem['state'],
    version: alert.version,
    commission: alert.commission,
    createdAt: alert.createdAt,
    updatedAt: alert.updatedAt,
    dueAt: alert.dueAt,
    overdue: alert.state === 'new' && ctx.now > alert.dueAt,
    folded: alert.folded,
    entries: seqsOf(alert).length,
    assignee: named(alert.assignee),
    awaitsSecond: awaitsSecond(alert),
    aboutMe: flags.includes('about-me'),
    actions: alertActions.filter(
      (name) =>
        leadsOn(name, alert, ctx.actor!.id) && gate.may(ctx, `alert.${name}` as Act, { unit: path, flags }),
    ),
  };
}

export function seqsOf(alert: Alert): number[] {
  return JSON.parse(alert.seqs) as number[];
}

/** What the alert is grouped by, as text. */
export function valuesOf(entity: string): { field: string; value: string }[] {
  return Object.entries(JSON.parse(entity) as Record<string, unknown>).map(([field, value]) => ({
    field,
    value: Array.isArray(value) ? value.join(', ') : String(value),
  }));
}

/**
 * The same with what each id names. Officers of other units are nobody's business but their own commission's, unless it was
 * they who did what the alert tells.
 */
export async function namedValues(
  { describeRequest }: Pick<AlertDeps, 'describeRequest'>,
  ctx: Context,
  reader: Reader,
  alert: Alert,
): Promise<AlertValue[]> {
  const values: AlertValue[] = [];
  for (const one of valuesOf(alert.entity)) {
    if (one.field === 'approval.id') {
      const request = await describeRequest(ctx, reader, one.value);
      values.push({ ...one, ...(request && { request }) });
    } else if (one.field === 'user.id' || one.field === 'target.user.id') {
      const found = await reader.officers.byId(one.value);
      const isTold =
        alert.about.split(' ').includes(one.value) || found?.path.startsWith(ctx.actor!.path) === true;
      const person = isTold ? (await people(reader, [one.value]))(one.value) : null;
      values.push({ ...one, ...(found && { officer: { commission: found.officer.commission, person } }) });
    } else values.push(one);
  }
  return values;
}

export function readCursor(text: string): { createdAt: number; id: string } {
  const dot = text.indexOf('.');
  return { createdAt: Number(text.slice(0, dot)), id: text.slice(dot + 1) };
}
