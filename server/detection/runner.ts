// Follows the log by seq, behind the commit, and pushes every entry through the rules. Takes up where it left off: the
// longest window is replayed to rebuild the state, and what was told before is not told again. Works in small batches on
// the main thread and yields between them, so that no request waits for it. It must never hold up an entry.
import { LogUnavailable, type Reader } from '#db/store.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Catalogue } from './catalogue.ts';
import { type Enriched, enrich, type StoredEntry } from './enrich.ts';
import type { RaiseDeps } from './raise.ts';
import { raiseAlert } from './raise.ts';
import { createEngine, type Firing } from './sigma/engine.ts';
import { parseEntry } from './stored.ts';
import { createUnits } from './units.ts';

export interface RunnerDeps extends Omit<RaiseDeps, 'units'> {
  gate: Gate;
  catalogue: Catalogue;
  /** Told of a number missing in the log, once for each place. */
  onGap(from: number, to: number): Promise<void>;
  /** Told of faults that are tried again; for operators. */
  onFault(error: unknown): void;
}

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
  /** The next entry to be read. */
  readonly next: number;
  close(): Promise<void>;
}

const cursorName = 'detection';
const batch = 128;
const attempts = 20;
const pollMs = 200;
const keepMs = 1_000;
/** Times in the log are those of requests' arrivals, so neighbours may stand a little out of order. */
const outOfOrder = 1_000;

export function createRunner(deps: RunnerDeps): Runner {
  const { gate, catalogue, clock } = deps;
  const reader: Reader = gate.reader;
  const units = createUnits(reader);
  const engine = createEngine(catalogue.ruleSet);
  const { hash } = catalogue.ruleSet;
  let next = 0;
  /** Entries below were judged by an earlier run: they only rebuild the state. */
  let judged = 0;
  let kept: { seq: number; at: number } = { seq: -1, at: 0 };
  let untold: { firing: Firing; event: Enriched; failures: number }[] = [];
  let running: Promise<void> | null = null;
  let again = false;
  let timer: NodeJS.Timeout | null = null;
  /** Entries made before `open`, or by commands that never follow, are read when somebody does. */
  let state: 'unopened' | 'following' | 'closed' = 'unopened';

  /** Raises what is due. @throws LogUnavailable, with everything still due */
  async function tell(): Promise<void> {
    const due = untold;
    untold = [];
    for (const [i, one] of due.entries()) {
      try {
        await raiseAlert({ ...deps, units }, one.firing, one.event);
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

  /** A leaf or event of an unforeseen shape is skipped, and said: the rules must go on. */
  function eventsOf(entry: StoredEntry): Enriched[] {
    try {
      return enrich(entry, units.path);
    } catch (error) {
      deps.onFault(error);
      return [];
    }
  }

  /** One batch; false when there was nothing to read. */
  async function step(): Promise<boolean> {
    // A firing not yet told (the log refused) stands before anything new.
    await tell();
    const rows = await reader.audit.following(next, batch);
    for (const row of rows) {
      if (row.seq > next) await deps.onGap(next, row.seq - 1);
      const entry = parseEntry(row);
      const { leaf, event } = entry;
      await units.learn(
        [leaf.commission, event.detail?.json.precinct, event.detail?.json.unit].map((code) =>
          typeof code === 'string' ? code : null,
        ),
      );
      for (const one of eventsOf(entry)) {
        const firings = engine.push(one.fields, one.timeMs, one.seq);
        if (row.seq >= judged) for (const firing of firings) untold.push({ firing, event: one, failures: 0 });
      }
      next = row.seq + 1;
      await tell();
    }
    return rows.length > 0;
  }

  /** Remembers how far everything was told; bookkeeping, at most once a second. */
  async function keepPlace(force: boolean): Promise<void> {
    const now = clock();
    if (kept.seq === next || untold.length > 0 || (!force && now - kept.at < keepMs)) return;
    const seq = next;
    await gate.keep([
      { op: 'ensure', table: 'cursor', row: { name: cursorName, seq, mark: hash } },
      { op: 'update', table: 'cursor', key: { name: cursorName }, set: { seq, mark: hash } },
    ]);
    kept = { seq, at: now };
  }

  async function run(): Promise<void> {
    try {
      do {
        again = false;
        while (state === 'following' && (await step()))
          await new Promise<void>((resolve) => setImmediate(resolve));
      } while (again && state === 'following');
      await keepPlace(false);
    } catch (error) {
      deps.onFault(error);
    }
  }

  async function kick(): Promise<void> {
    if (state !== 'following') return;
    if (running) {
      again = true;
      return running;
    }
    running = run().finally(() => {
      running = null;
    });
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
      const windowStart = await reader.audit.firstSince(clock() - catalogue.ruleSet.replayWindowMs);
      next = cursor ? Math.max(0, Math.min(judged, (windowStart ?? judged) - outOfOrder)) : 0;
      state = 'following';
      timer = setInterval(() => void kick(), pollMs);
      timer.unref();
      void kick();
    },
    notify() {
      if (state === 'following') setImmediate(() => void kick());
    },
    async drain() {
      // A run under way may have looked before the call.
      await running;
      await kick();
    },
    async close() {
      const followed = state === 'following';
      state = 'closed';
      if (timer) clearInterval(timer);
      await running;
      if (followed) await keepPlace(true).catch(deps.onFault);
    },
  };
}
