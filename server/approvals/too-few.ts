// What the system does by itself when too few officials can decide on a request where it ought to be decided: one entry, from
// which a detection rule makes an alert for those who supervise above. Once it is so no longer (enough can again, or the
// request needs nobody any more), another entry, and the alert ends with it unless somebody looks into it already.
import { randomUUID } from 'node:crypto';
import type { Change, Reader } from '#db/store.ts';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { isRole } from '#server/policy/relation.ts';
import { decidersOf, type Sitting } from './deciders.ts';
import { type ApprovalRules, type Found, ruleOf } from './locate.ts';
import { type Decider, unitToTell } from './rules.ts';
import { toldInLog } from './told.ts';

/** The rule that makes the alert (policies/detection/approval_too_few.yml). */
const rule = '3f6b1e0c-57d2-4a0f-9b43-6c8e2d71a5f9';
const lookEveryMs = 60_000;
/** No request waits for so long. */
const longestMs = 14 * 24 * 3_600_000;
const lastOf = (path: string) => path.split('/').at(-2)!;

export interface TooFewDeps {
  gate: Gate;
  rules: ApprovalRules;
  /** Resolves when the trail shows every entry durable at the call. */
  settled(): Promise<void>;
  /** From the alerts room: the open alerts of a rule by approval, and what ends each. */
  alertsOf(reader: Reader, rule: string, now: number): Promise<ReadonlyMap<string, Change[]>>;
  /** Told after an alert ended. */
  onAlert(): void;
}

export function createTooFew({ gate, rules, settled, alertsOf, onAlert }: TooFewDeps) {
  /** Whose duty a request's decision was when it was asked for: that stays as it was. */
  const remembered = new Map<string, Decider[]>();
  /** The unit told, by request: read from the log once, then as entered here, for nobody else enters it. */
  let told: Map<string, string> | null = null;

  async function satAt(reader: Reader, { approval, path }: Found): Promise<Decider[]> {
    const { flag } = ruleOf(rules, approval.kind);
    const where = { unit: path, flags: flag ? [flag] : [] };
    return (await reader.officers.satUpwards(path, approval.requestedAt)).filter(
      ({ role, path }) =>
        isRole(role) &&
        gate.standing({ role, path, clearanceValid: true }, 'approval.approve', where).kind === 'permit',
    );
  }

  async function enter(
    act: 'approval.too-few' | 'approval.enough',
    now: number,
    { approval, path }: Found,
    unitTold: string,
    changes: Change[],
  ): Promise<boolean> {
    const outcome = await gate.change<null, null>(systemContext('approvals', now, randomUUID()), act, {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({
        kind: 'change',
        changes,
        value: null,
        // `precinct`: the unit whose supervisors are told.
        about: {
          detail: {
            approval: approval.id,
            approvalKind: approval.kind,
            precinct: unitTold,
            unit: lastOf(path),
          },
        },
      }),
    });
    // Decided, or the alert taken up, at that very moment: looked at again.
    if (outcome.kind === 'stale') return false;
    if (outcome.kind !== 'done') throw new Error(`${act} was not recorded: ${outcome.kind}`);
    return true;
  }

  /** Tells what is so now and was not told, and ends what is so no longer. @throws LogUnavailable */
  async function look(now: number): Promise<void> {
    const { reader } = gate;
    if (told === null) {
      await settled();
      told = await toldInLog(reader, now - longestMs);
    }
    const sitting = new Map<string, Sitting>();
    const alerts = await alertsOf(reader, rule, now);
    const over = new Map<string, Found>();
    const waiting = new Set<string>();
    for (const found of await reader.approvals.waiting(now)) {
      const { approval, path } = found;
      const { id, state, version } = approval;
      waiting.add(id);
      const sat = remembered.get(id) ?? (await satAt(reader, found));
      remembered.set(id, sat);
      const active = sitting.get(path) ?? (await reader.officers.upwards(path));
      sitting.set(path, active);
      const { able, ...request } = await decidersOf({ gate, rules }, reader, found, now, active);
      const tell = unitToTell(request, sat, able);
      if (tell === null) {
        if (told.has(id) || alerts.has(id)) over.set(id, found);
      } else if (!told.has(id)) {
        const unit = lastOf(tell);
        // Changes nothing: it must still be as it was looked at.
        const asSeen = { op: 'update', table: 'approval', key: { id }, set: { version } } as const;
        if (await enter('approval.too-few', now, found, unit, [{ ...asSeen, expect: { state, version } }]))
          told.set(id, unit);
      }
    }
    for (const id of remembered.keys()) if (!waiting.has(id)) remembered.delete(id);
    // Told of, and waiting no more; an alert may have come behind the end of what it tells.
    for (const id of [...told.keys(), ...alerts.keys()]) {
      if (waiting.has(id) || over.has(id)) continue;
      const found = await reader.approvals.byId(id);
      if (found) over.set(id, found);
    }
    for (const [id, found] of over) {
      const ending = alerts.get(id) ?? [];
      if (!(await enter('approval.enough', now, found, told.get(id) ?? lastOf(found.path), ending))) continue;
      told.delete(id);
      if (ending.length > 0) onAlert();
    }
  }
  return { look };
}

/** Looks once a minute until it is closed. */
export function watchTooFew(deps: TooFewDeps, clock: () => number, onFault: (error: unknown) => void) {
  const { look } = createTooFew(deps);
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> | null = null;
  return {
    look: () => look(clock()),
    start() {
      timer = setInterval(() => {
        looking ??= look(clock())
          .catch(onFault)
          .finally(() => {
            looking = null;
          });
      }, lookEveryMs);
      timer.unref();
    },
    async close() {
      if (timer) clearInterval(timer);
      await looking;
    },
  };
}
