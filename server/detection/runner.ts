// Keeps detection going behind the commit: asks the follower for what it found, raises it, remembers how far everything
// was told. Takes up where it left off: the longest window is replayed to rebuild the state, and what was told before is
// not told again. It must never hold up an entry.
import { LogUnavailable, type Reader } from '#db/store.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Catalogue } from './catalogue.ts';
import type { Follower, Found } from './follower.ts';
import type { RaiseDeps } from './raise.ts';
import { raiseAlert } from './raise.ts';
import { createUnits } from './units.ts';

export interface RunnerDeps extends Omit<RaiseDeps, 'units'> {
  gate: Gate;
  /** The rules in force, and what runs them. */
  catalogue: Catalogue;
  follower: Follower;
  /** Told of a number missing in the log, once for each place. */
  onGap(from: number, to: number): Promise<void>;
  /** Told of faults that are tried again; for operators. */
  onFault(error: unknown): void;
}

export type FollowedRules = Pick<RunnerDeps, 'catalogue' | 'follower'>;

export interface Runner {
  /**
   * Begins to follow, first replaying the window. @param size how many entries there were before this run's own: what an
   * earlier run read beyond that was rolled back.
   */
  open(size: number): Promise<void>;
  /** Something was appended. */
  notify(): void;
  /** Resolves when everything durable at the call has passed the rules and its alerts are raised. */
  drain(): Promise<void>;
  /**
   * Other rules are in force: what was durable at the call passes the old ones, what comes after the new ones, which first
   * read the longest window again, so that nothing they count is missing.
   */
  replace(rules: FollowedRules): void;
  /** The next entry to be read. */
  readonly next: number;
  close(): Promise<void>;
}

const cursorName = 'detection';
const attempts = 20;
const pollMs = 200;
const keepMs = 1_000;
/** Between two looks at the log: what came meanwhile is read at once, which costs far less than one by one. */
const restMs = 50;
/** Times in the log are those of requests' arrivals, so neighbours may stand a little out of order. */
const outOfOrder = 1_000;

export function createRunner(deps: RunnerDeps): Runner {
  const { gate, clock } = deps;
  const reader: Reader = gate.reader;
  const units = createUnits(reader);
  let { catalogue, follower }: FollowedRules = deps;
  /** Put in force, not followed yet. `until`: what is durable is judged by the old ones up to there. */
  let coming: (FollowedRules & { until: Promise<number> }) | null = null;
  let next = 0;
  /** Entries below are done with, but for what is in `untold`: read again, they only rebuild the state. */
  let judged = 0;
  let kept: { seq: number; at: number } = { seq: -1, at: 0 };
  let untold: (Found & { catalogue: Catalogue; failures: number })[] = [];
  const untoldGaps: [from: number, to: number][] = [];
  let running: Promise<void> | null = null;
  let again = false;
  let draining = 0;
  let timer: NodeJS.Timeout | null = null;
  let soon: NodeJS.Timeout | null = null;
  /** False when the follower has to begin anew: at first, and after it failed. */
  let placed = false;
  /** Entries made before `open`, or by commands that never follow, are read when somebody does. */
  let state: 'unopened' | 'following' | 'closed' = 'unopened';

  /** Raises what is due. @throws LogUnavailable, with everything still due */
  async function tell(): Promise<void> {
    for (let gap = untoldGaps[0]; gap; gap = untoldGaps[0]) {
      await deps.onGap(...gap);
      untoldGaps.shift();
    }
    const due = untold;
    untold = [];
    for (const [i, one] of due.entries()) {
      try {
        await raiseAlert({ ...deps, catalogue: one.catalogue, units }, one.firing, one.event);
      } catch (error) {
        if (error instanceof LogUnavailable) {
          untold = [...untold, ...due.slice(i)];
          throw error;
        }
        // One alert that cannot be raised must not keep the others back.
        deps.onFault(error);
        if (one.failures < attempts) untold.push({ ...one, failures: one.failures + 1 });
      }
    }
  }

  /** Puts the follower where the longest window begins. */
  async function place(): Promise<void> {
    const windowStart = await reader.audit.firstSince(clock() - catalogue.ruleSet.replayWindowMs);
    next = judged === 0 ? 0 : Math.max(0, Math.min(judged, (windowStart ?? judged) - outOfOrder));
    await follower.open(next, judged);
    placed = true;
  }

  /** Goes over to the rules put in force meanwhile, when the old ones are done with what was theirs, or fail. */
  async function turnOver(failed = false): Promise<void> {
    const next = coming;
    if (!next || (!failed && judged < (await next.until))) return;
    // Yet others may have come while this waited.
    if (coming === next) coming = null;
    const before = follower;
    ({ catalogue, follower } = next);
    placed = false;
    await before.close();
  }

  /** One look at the log; false when there was nothing to read. */
  async function step(): Promise<boolean> {
    // What is not yet told (the log refused) stands before anything new.
    await tell();
    await turnOver();
    if (!placed) await place();
    let findings: Awaited<ReturnType<Follower['step']>>;
    try {
      findings = await follower.step();
    } catch (error) {
      placed = false;
      await turnOver(true);
      throw error;
    }
    for (const fault of findings.faults) deps.onFault(new Error(fault));
    next = findings.next;
    judged = Math.max(judged, next);
    untoldGaps.push(...findings.gaps);
    untold.push(...findings.found.map((one) => ({ ...one, catalogue, failures: 0 })));
    await tell();
    return findings.read > 0;
  }

  /** Remembers how far everything was told; bookkeeping, at most once a second. */
  async function keepPlace(force: boolean): Promise<void> {
    const now = clock();
    // While an earlier window is replayed there is nothing new to remember.
    if (kept.seq >= judged || untold.length + untoldGaps.length > 0 || (!force && now - kept.at < keepMs))
      return;
    const seq = judged;
    const mark = catalogue.ruleSet.hash;
    await gate.keep([
      { op: 'ensure', table: 'cursor', row: { name: cursorName, seq, mark } },
      { op: 'update', table: 'cursor', key: { name: cursorName }, set: { seq, mark } },
    ]);
    kept = { seq, at: now };
  }

  const rest = () => new Promise<void>((resolve) => setTimeout(resolve, restMs));

  async function run(): Promise<void> {
    try {
      do {
        again = false;
        while (state === 'following' && (await step())) {
          if (draining === 0) await rest();
        }
        await keepPlace(false);
        // Whoever came while the last look or the keeping was under way is owed another one.
      } while (again && state === 'following');
    } catch (error) {
      deps.onFault(error);
    } finally {
      // Not a moment later: who then finds it running would wait for a look that is over.
      running = null;
    }
  }

  async function kick(): Promise<void> {
    if (state !== 'following') return;
    if (running) {
      again = true;
      return running;
    }
    running = run();
    return running;
  }

  return {
    get next() {
      return next;
    },
    async open(size) {
      const cursor = await reader.audit.cursor(cursorName);
      judged = Math.min(cursor?.seq ?? 0, size);
      kept = { seq: judged, at: clock() };
      state = 'following';
      timer = setInterval(() => void kick(), pollMs);
      timer.unref();
      void kick();
    },
    notify() {
      if (state !== 'following' || soon) return;
      soon = setTimeout(() => {
        soon = null;
        void kick();
      }, restMs);
    },
    async drain() {
      draining += 1;
      try {
        // A run under way may have looked before the call.
        await running;
        await kick();
      } finally {
        draining -= 1;
      }
    },
    replace(rules) {
      const durable = reader.audit.latest().then((latest) => (latest === null ? 0 : latest.seq + 1));
      // Where the log cannot be asked, it is the new rules that go on.
      coming = { ...rules, until: durable.catch(() => 0) };
      void kick();
    },
    async close() {
      const followed = state === 'following';
      state = 'closed';
      if (timer) clearInterval(timer);
      if (soon) clearTimeout(soon);
      await running;
      if (followed) await keepPlace(true).catch(deps.onFault);
      await Promise.all([follower.close(), coming?.follower.close()]);
    },
  };
}
