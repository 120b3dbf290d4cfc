// Use cases of alerts: list, open a card, take a step. A person decides; nobody about themselves (R52). What rules and
// entries say is handed in: this room knows alerts only.
import type { Change, Reader, Row } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { AlertAction, AlertCard, AlertItem, AlertPage, AlertQuery } from '#server/contract/alerts.ts';
import type { Context } from '#server/gate/context.ts';
import type { Decided, Gate, Located } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import type { Flag } from '#server/policy/relation.ts';
import { type AlertActionName, alertActions, awaitsSecond, leadsOn, turn } from './rules.ts';

/** What a rule file says, for people. */
export interface RuleWords {
  title: string;
  description: string;
  falsepositives: string[];
  playbook: string | null;
  message: AlertItem['message'];
  condition: AlertCard['condition'];
}

export interface AlertDeps {
  gate: Gate;
  /** Null for a rule no longer in force. */
  describeRule(key: string): RuleWords | null;
  /** Entries as this officer may see them, oldest first. */
  timeline(ctx: Context, reader: Reader, seqs: readonly number[]): Promise<AlertCard['timeline']>;
  /** Told after an alert changed: pokes those who follow. */
  onChange: () => void;
}

type Alert = Row<'alert'>;
interface Found {
  alert: Alert;
  path: string;
}

const pageSize = 50;
const timelineShown = 200;
/** Roles that are given alerts (policies/access: supervisor-alerts, security-guards). */
const watchers: ReadonlySet<string> = new Set(['supervisor', 'security-officer']);

export function createAlertRoom({ gate, describeRule, timeline, onChange }: AlertDeps) {
  function flagsOf(ctx: Context, alert: Alert): Flag[] {
    const me = ctx.actor!.id;
    const flags: Flag[] = [];
    if (alert.about.split(' ').includes(me)) flags.push('about-me');
    if (awaitsSecond(alert) && alert.closedBy === me) flags.push('closer');
    return flags;
  }

  async function locate(reader: Reader, ctx: Context, id: string): Promise<Located<Found> | null> {
    const found = await reader.alerts.byId(id);
    if (!found) return null;
    return {
      record: found,
      unit: found.path,
      flags: flagsOf(ctx, found.alert),
      about: { detail: { alert: id, rule: found.alert.rule, level: found.alert.level } },
    };
  }

  async function people(reader: Reader, ids: readonly (string | null)[]) {
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

  function item(
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

  return {
    async listAlerts(ctx: Context, query: AlertQuery): Promise<Outcome<AlertPage>> {
      return gate.read<null, AlertPage>(ctx, 'alert.list', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const limit = query.limit ?? pageSize;
          const rows = await reader.alerts.page({
            path: ctx.actor!.path,
            ...(query.state !== undefined && { state: query.state }),
            ...(query.level !== undefined && { level: query.level }),
            ...(query.after !== undefined && { after: readCursor(query.after) }),
            limit,
          });
          const page = rows.slice(0, limit);
          const named = await people(
            reader,
            page.map(({ alert }) => alert.assignee),
          );
          const last = page.at(-1)?.alert;
          return {
            kind: 'release',
            value: {
              items: page.map((found) => item(ctx, found, named)),
              next: rows.length > limit && last ? `${last.createdAt}.${last.id}` : null,
            },
            about: {
              detail: {
                shown: page.length,
                ...(query.state !== undefined && { state: query.state }),
                ...(query.level !== undefined && { level: query.level }),
              },
            },
          };
        },
      });
    },

    async viewAlert(ctx: Context, id: string): Promise<Outcome<AlertCard>> {
      return gate.read<Found, AlertCard>(ctx, 'alert.view', {
        locate: (reader) => locate(reader, ctx, id),
        async release(found, reader) {
          const { alert } = found;
          const seqs = seqsOf(alert);
          const steps = await reader.alerts.steps(id);
          const about = alert.about.split(' ').filter(Boolean);
          const named = await people(reader, [...about, alert.assignee, alert.closedBy]);
          const words = describeRule(alert.rule);
          return {
            kind: 'release',
            about: {
              ...(alert.voter !== null && { subjects: [alert.voter] }),
              detail: { alert: id, rule: alert.rule, level: alert.level },
            },
            value: {
              ...item(ctx, found, named),
              ruleVersion: alert.ruleVersion,
              description: words?.description ?? '',
              falsepositives: words?.falsepositives ?? [],
              playbook: words?.playbook ?? null,
              condition: words?.condition ?? {
                type: 'unknown',
                threshold: '',
                windowSeconds: null,
                groupBy: [],
              },
              values: valuesOf(alert.entity),
              voter: alert.voter,
              about: about.map((officer) => named(officer)!),
              timeline: await timeline(ctx, reader, seqs.slice(-timelineShown)),
              moreEntries: Math.max(0, seqs.length - timelineShown),
              steps: steps.map((step) => ({
                at: step.at,
                action: step.action,
                by: step.by
                  ? `${step.by.surname} ${step.by.givenName} ${step.by.patronymic}`.trim()
                  : step.officer,
                login: step.by?.login ?? step.officer,
                note: step.note,
              })),
              closeReason: alert.closeReason as AlertCard['closeReason'],
              closeNote: alert.closeNote,
              closedBy: named(alert.closedBy),
            },
          };
        },
      });
    },

    async takeAction(
      ctx: Context,
      id: string,
      name: AlertActionName,
      body: AlertAction,
    ): Promise<Outcome<AlertItem>> {
      const outcome = await gate.change<Found, AlertItem>(ctx, `alert.${name}` as Act, {
        locate: (reader) => locate(reader, ctx, id),
        async decide(found, reader): Promise<Decided<AlertItem>> {
          const { alert, path } = found;
          const base: EntryAbout = { detail: { alert: id, rule: alert.rule, level: alert.level } };
          const refused = (refusal: Refusal) => ({ ...refusal, about: base });
          if (body.expectedVersion !== alert.version)
            return refused(refuse('stale', { facts: { version: alert.version } }));
          const me = ctx.actor!.id;
          const assignee =
            name === 'assign' && body.assignee !== undefined
              ? await resolveAssignee(reader, body.assignee, alert, path)
              : me;
          if (typeof assignee !== 'string') return refused(assignee);
          const next = turn(name, alert, me, body, assignee);
          if ('kind' in next) return refused(next);
          const version = alert.version + 1;
          const set = { ...next, updatedAt: ctx.now, version };
          const after = { alert: { ...alert, ...set }, path };
          const named = await people(reader, [after.alert.assignee]);
          const waits = awaitsSecond(after.alert);
          const changes: Change[] = [
            { op: 'update', table: 'alert', key: { id }, expect: { version: alert.version }, set },
            {
              op: 'insert',
              table: 'alertStep',
              row: {
                alert: id,
                version,
                at: ctx.now,
                officer: me,
                action: name === 'close' && waits ? 'propose-close' : name,
                note: body.note?.trim() ?? '',
              },
            },
          ];
          return {
            kind: 'change',
            changes,
            value: item(ctx, after, named),
            about: {
              detail: {
                ...base.detail,
                from: alert.state,
                to: next.state,
                ...(name === 'assign' && { officer: assignee }),
                ...(next.closeReason && { closeReason: next.closeReason, awaitsSecond: waits }),
                ...(body.note && { note: body.note }),
              },
            },
          };
        },
      });
      if (outcome.kind === 'done') onChange();
      return outcome;
    },

    /** Records that somebody began to follow alerts; answers with the entry from which they follow. */
    async followAlerts(ctx: Context): Promise<Outcome<null>> {
      return gate.read<null, null>(ctx, 'alert.stream', {
        locate: async () => ({ record: null, unit: null }),
        release: () => ({ kind: 'release', value: null, about: {} }),
      });
    },
  };
}

export type AlertRoom = ReturnType<typeof createAlertRoom>;

async function resolveAssignee(
  reader: Reader,
  login: string,
  alert: Alert,
  path: string,
): Promise<string | Refusal> {
  const officer = await reader.alerts.assignable(login.toLowerCase());
  const fits =
    officer !== null &&
    officer.state === 'active' &&
    watchers.has(officer.role) &&
    path.startsWith(officer.path) &&
    !alert.about.split(' ').includes(officer.id);
  if (fits) return officer.id;
  return refuse('invalid-input', {
    field: 'assignee',
    detail: 'Name an active supervisor or security officer of this unit or above whom the alert is not about',
  });
}

function seqsOf(alert: Alert): number[] {
  return JSON.parse(alert.seqs) as number[];
}

function valuesOf(entity: string): { field: string; value: string }[] {
  return Object.entries(JSON.parse(entity) as Record<string, unknown>).map(([field, value]) => ({
    field,
    value: Array.isArray(value) ? value.join(', ') : String(value),
  }));
}

function readCursor(text: string): { createdAt: number; id: string } {
  const dot = text.indexOf('.');
  return { createdAt: Number(text.slice(0, dot)), id: text.slice(dot + 1) };
}
