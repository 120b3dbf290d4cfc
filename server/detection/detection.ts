// Puts detection together and starts it: says that the server started and under which rules, says so when the rules are
// others than last time, and when the machine's clock went back; follows the log, and gives a sign of life every hour
// (silence is an alert elsewhere).
import { randomUUID } from 'node:crypto';
import type { Change, Store } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import type { SetBack } from '#server/lib/clock.ts';
import { smallStepMs } from '#server/lib/clock.ts';
import type { Catalogue } from './catalogue.ts';
import { recordedRules } from './change/in-force.ts';
import type { Follower } from './follower.ts';
import { createRunner, type FollowedRules } from './runner.ts';

export interface DetectionDeps {
  gate: Gate;
  store: Pick<Store, 'reader' | 'settled' | 'status'>;
  /** The rules in force at first. */
  catalogue: Catalogue;
  /** Reads the log and runs them over it. */
  follower: Follower;
  /** Under which hash the files of the rules in force are kept, and the approval they rest on. */
  ruleRecord?: () => { hash: string; approval: string | null };
  /** The access policies in force, and the approval they rest on. */
  policies: () => { hash: string; approval: string | null };
  /** What a start records of rules and policies, in the commit of its entry. */
  baseline?: () => Change[];
  clock: () => number;
  /** Of a clock that does not go back: by how much the machine's did since last asked. */
  takeSetBack?: (() => SetBack | null) | undefined;
  newId?: () => string;
  /** Told after an alert was raised or grew: pokes those who follow. */
  onAlert?: () => void;
  /** Operators' log; never given an event's content. */
  onFault: (error: unknown) => void;
}

export interface Detection {
  /** Writes `system.start`, notes changed rules and damage, and begins to follow; the replay goes on behind it. */
  start(): Promise<void>;
  /** Of a server that joined another, which follows the log: writes `system.start`, and no more. */
  startBeside(): Promise<void>;
  /** To be called after each durable entry (the gate's `onEntry`). */
  notify(): void;
  /** Resolves when everything durable at the call has passed the rules. */
  drain(): Promise<void>;
  beat(): Promise<void>;
  /** Other rules are in force, from the next entry on. */
  replace(rules: FollowedRules): void;
  /** Puts on record when the machine's clock was set back; by itself every second. */
  watchClock(): Promise<void>;
  close(): Promise<void>;
}

const hourMs = 3_600_000;
const clockLookMs = 1_000;
/** A clock that is set to and fro all the time must not fill the log. */
const clockRestMs = 60_000;

export function createDetection(deps: DetectionDeps): Detection {
  const { gate, store, catalogue, clock } = deps;
  const newId = deps.newId ?? randomUUID;
  let rules = catalogue.ruleSet.hash;
  let heart: NodeJS.Timeout | null = null;
  let watch: NodeJS.Timeout | null = null;
  /** Not on record yet: the log refused it. */
  let setBack: SetBack | null = null;
  let watching = false;

  async function write(
    act: Act,
    detail: NonNullable<EntryAbout['detail']>,
    changes: Change[] = [],
  ): Promise<void> {
    const outcome = await gate.change<null, null>(systemContext('detection', clock(), newId()), act, {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({ kind: 'change', changes, value: null, about: { detail } }),
    });
    if (outcome.kind !== 'done') throw new Error(`${act} was not recorded: ${outcome.kind}`);
  }

  const runner = createRunner({
    gate,
    catalogue,
    follower: deps.follower,
    clock,
    newId,
    onAlert: deps.onAlert,
    onFault: deps.onFault,
    async onGap(from, to) {
      const told = await newest(['log.gap'], (detail) => detail.from === from);
      if (!told) await write('log.gap', { from, to });
    },
  });

  async function newest(
    acts: Act[],
    is: (detail: Record<string, unknown>) => boolean,
  ): Promise<Record<string, unknown> | null> {
    await store.settled();
    for (const { json } of await store.reader.audit.newestOf(acts, 50)) {
      const { detail } = JSON.parse(json) as { detail?: { json: Record<string, unknown> } };
      if (detail && is(detail.json)) return detail.json;
    }
    return null;
  }

  const beat = () => write('log.heartbeat', { rules, read: runner.next });

  async function watchClock(): Promise<boolean> {
    const step = deps.takeSetBack?.() ?? null;
    if (step !== null && step.behindMs >= (setBack?.behindMs ?? 0)) setBack = step;
    if (setBack === null) return false;
    const { behindMs, machine } = setBack;
    await write('system.clock-back', { behindMs, machine, running: true });
    setBack = null;
    return true;
  }

  function watchClockAgain(ms: number): void {
    if (!watching) return;
    watch = setTimeout(async () => {
      const told = await watchClock().catch((error: unknown) => {
        deps.onFault(error);
        return false;
      });
      watchClockAgain(told ? clockRestMs : clockLookMs);
    }, ms);
    watch.unref();
  }

  /**
   * Threat: the server stopped, the clock set back, perhaps a command run meanwhile, the server started: the log was written
   * later than now. Said once, and again only when the clock went back farther.
   */
  async function tellOfClock(): Promise<void> {
    const latest = await store.reader.audit.latest();
    const machine = clock();
    if (latest === null || latest.at - machine < smallStepMs) return;
    const told = await newest(['system.clock-back'], (detail) => detail.latest === latest.seq);
    if (told !== null && typeof told.machine === 'number' && machine > told.machine - smallStepMs) return;
    const behindMs = latest.at - machine;
    await write('system.clock-back', { behindMs, machine, latest: latest.seq, running: false });
  }

  /** What a start's entry says. */
  function standing() {
    const kept = deps.ruleRecord?.();
    return {
      rules,
      policy: deps.policies().hash,
      // From here on rows bear codes, and none that has lost its own is given another.
      rowCodes: true,
      // From here on the database says which policies are in force, and losing that is noticed.
      ...(deps.baseline && { recorded: true }),
      ...(kept && recordedRules(kept)),
    };
  }

  return {
    startBeside: () => write('system.start', { ...standing(), joined: true }),
    async start() {
      const before = await newest(['system.start', 'rule.change'], (d) => typeof d.rules === 'string');
      const cursor = await store.reader.audit.cursor('detection');
      const { size } = store.status();
      await tellOfClock();
      const { hash: policy, approval } = deps.policies();
      const kept = deps.ruleRecord?.();
      const start = standing();
      await write('system.start', start, deps.baseline?.());
      // Threat: whoever switches a rule off and acts is not seen acting. The change itself is seen. Rules and policies are
      // told apart, so that an approval of the one never speaks for the other.
      const told = { ...start, rulesBefore: rules, policyBefore: policy };
      if (before && before.policy !== policy)
        await write('rule.change', {
          ...told,
          policyBefore: String(before.policy),
          ...(approval !== null && { approval }),
        });
      if (before && before.rules !== rules)
        await write('rule.change', {
          ...told,
          rulesBefore: String(before.rules),
          ...(typeof before.ruleFiles === 'string' && { ruleFilesBefore: before.ruleFiles }),
          ...(kept && kept.approval !== null && { approval: kept.approval }),
        });
      if (cursor && cursor.seq > size) await write('log.rollback', { seen: cursor.seq, found: size });
      await runner.open(size);
      heart = setInterval(() => void beat().catch(deps.onFault), hourMs);
      heart.unref();
      watching = deps.takeSetBack !== undefined;
      watchClockAgain(clockLookMs);
    },
    notify: () => runner.notify(),
    drain: () => runner.drain(),
    beat,
    replace(next) {
      rules = next.catalogue.ruleSet.hash;
      runner.replace(next);
    },
    async watchClock() {
      await watchClock();
    },
    async close() {
      watching = false;
      if (watch) clearTimeout(watch);
      if (heart) clearInterval(heart);
      await runner.close();
    },
  };
}
