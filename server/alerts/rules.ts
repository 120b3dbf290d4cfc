// The life of an alert: new → acknowledged → investigating → incident | closed, and reopened. High and critical ones are
// closed by two. Pure.
import type { AlertAction } from '#server/contract/alerts.ts';
import type { AlertState } from '#server/contract/vocabulary.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';

export const alertActions = ['acknowledge', 'assign', 'investigate', 'close', 'reopen'] as const;
export type AlertActionName = (typeof alertActions)[number];

const open: readonly AlertState[] = ['new', 'acknowledged', 'investigating', 'incident'];
const from: Record<AlertActionName, readonly AlertState[]> = {
  acknowledge: ['new'],
  assign: open,
  investigate: ['new', 'acknowledged', 'investigating'],
  close: open,
  reopen: ['closed'],
};

export interface AlertStanding {
  level: string;
  state: string;
  version: number;
  /** Who closed it, or proposed to close it first. */
  closedBy: string | null;
  closeReason: string | null;
}

/** Four eyes. */
export function needsTwo(level: string): boolean {
  return level === 'high' || level === 'critical';
}

export function awaitsSecond({ state, closedBy }: AlertStanding): boolean {
  return state !== 'closed' && closedBy !== null;
}

/** Whether the state allows it; whether the officer may is the policy's. */
export function leadsOn(name: AlertActionName, alert: AlertStanding, officer: string): boolean {
  if (name === 'reopen' && awaitsSecond(alert)) return true;
  if (name === 'close' && awaitsSecond(alert) && alert.closedBy === officer) return false;
  return (from[name] as readonly string[]).includes(alert.state);
}

/** What an action sets. `assignee` is resolved already. */
export interface Turn {
  state: AlertState;
  assignee?: string | null;
  closedBy?: string | null;
  closeReason?: string | null;
  closeNote?: string | null;
}

export function turn(
  name: AlertActionName,
  alert: AlertStanding,
  officer: string,
  body: AlertAction,
  assignee: string,
): Turn | Refusal {
  const state = alert.state as AlertState;
  if (name === 'close' && awaitsSecond(alert) && alert.closedBy === officer)
    return refuse('own-request', {
      detail: 'You closed it first: another officer must confirm that it may be closed',
    });
  if (!leadsOn(name, alert, officer))
    return refuse('wrong-state', { detail: `${name} is not possible in state ${state}`, facts: { state } });
  switch (name) {
    case 'acknowledge':
      return { state: 'acknowledged', assignee };
    case 'assign':
      return { state, assignee };
    case 'investigate':
      return { state: body.incident ? 'incident' : 'investigating' };
    case 'reopen':
      return { state: state === 'closed' ? 'investigating' : state, ...unclosed };
    case 'close':
      return close(alert, officer, body);
  }
}

const unclosed = { closedBy: null, closeReason: null, closeNote: null };

function close(alert: AlertStanding, officer: string, { reason, note }: AlertAction): Turn | Refusal {
  if (reason === undefined)
    return refuse('invalid-input', {
      field: 'reason',
      detail: 'Give the reason: true, authorised, logic, data, duplicate or test',
    });
  if (!note?.trim())
    return refuse('invalid-input', { field: 'note', detail: 'Say in a sentence what was found' });
  if (awaitsSecond(alert) && alert.closeReason !== reason)
    return refuse('invalid-input', {
      field: 'reason',
      detail: `The first officer closed it as "${alert.closeReason}": confirm that, or reopen the alert`,
    });
  const closing = { closedBy: officer, closeReason: reason, closeNote: note.trim() };
  if (needsTwo(alert.level) && !awaitsSecond(alert)) return { state: alert.state as AlertState, ...closing };
  return { state: 'closed', ...closing };
}
