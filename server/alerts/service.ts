// Use cases of alerts: list, open a card, take a step. A person decides; nobody about themselves (R52). What rules and
// entries say is handed in: this room knows alerts only.
import type { Change, Reader } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { AlertAction, AlertCard, AlertItem, AlertPage, AlertQuery } from '#server/contract/alerts.ts';
import type { Context } from '#server/gate/context.ts';
import type { Decided, Located } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import type { AlertDeps } from './deps.ts';
import { type AlertActionName, awaitsSecond, turn } from './rules.ts';
import {
  type Alert,
  type Found,
  flagsOf,
  namedValues,
  people,
  readCursor,
  seqsOf,
  showItem,
} from './show.ts';

const pageSize = 50;
const timelineShown = 200;
/** Roles that are given alerts (policies/access: supervisor-alerts, security-guards). */
const watchers: ReadonlySet<string> = new Set(['supervisor', 'security-officer']);

export function createAlertRoom(deps: AlertDeps) {
  const { gate, describeRule, timeline, onChange } = deps;

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
              items: page.map((found) => showItem(deps, ctx, found, named)),
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
              ...showItem(deps, ctx, found, named),
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
              values: await namedValues(deps, ctx, reader, alert),
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
            value: showItem(deps, ctx, after, named),
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
