// Slows guessing down. Every attempt is counted before it is judged and forgotten when it succeeds, so that any number of
// attempts at once count in full. A lane is an account seen from one network, an account as a whole, a known device, a
// factor; a known device has its own, so that nobody far away can lock an officer out. Counts live in the throttle
// table and are held here while they are hot.
import type { Change, Reader, Row } from '#db/store.ts';
import type { Gate } from '#server/gate/gate.ts';

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** How a lane answers the n-th failure. Times are epoch ms. */
export interface LaneRule {
  /**
   * Until when the lane is closed after this many failures; 0 for not at all. Never `now`: requests sent together are counted in
   * another order than they came in, and one that came earlier would find the lane closed until a moment later.
   */
  closes(failures: number, now: number, windowStart: number): number;
  /** Failures counted in a row before every further attempt is refused. */
  stopsAfter: number;
  /** Failures older than this are forgotten. */
  forgetsAfterMs: number;
}

export const laneRules: Readonly<Record<'growing' | 'stopping' | 'fiveInFive', LaneRule>> = {
  /** Four free tries, then 30 s, 60 s … up to 15 minutes; the hundred-and-first is refused (SP 800-63B-4, 3.2.2). */
  growing: {
    closes: (failures, now) =>
      failures < 5 ? 0 : now + Math.min(30 * second * 2 ** (failures - 5), 15 * minute),
    stopsAfter: 100,
    forgetsAfterMs: Number.POSITIVE_INFINITY,
  },
  /** Over all networks: no delays, only the hard stop. */
  stopping: {
    closes: () => 0,
    stopsAfter: 100,
    forgetsAfterMs: Number.POSITIVE_INFINITY,
  },
  /** Codes and unlocking: five in five minutes. */
  fiveInFive: {
    closes: (failures, _now, windowStart) => (failures < 5 ? 0 : windowStart + 5 * minute),
    stopsAfter: Number.POSITIVE_INFINITY,
    forgetsAfterMs: 5 * minute,
  },
};

export interface Lane {
  key: string;
  rule: keyof typeof laneRules;
}

export type Admission = { kind: 'go' } | { kind: 'wait'; seconds: number } | { kind: 'stopped' };

export interface Throttle {
  /** Counts one attempt in every lane, unless one of them is closed. Durable before it resolves. */
  enter(lanes: readonly Lane[], now: number): Promise<Admission>;
  /** The attempt succeeded: its lanes start anew. */
  clear(lanes: readonly Lane[], now: number): Promise<void>;
  /** Drops counts nobody has touched for long: a day for a network or a factor, 90 days for an account or device. */
  sweep(now: number): Promise<void>;
}

type Count = Omit<Row<'throttle'>, 'lane'>;

/** Held counts are read again from the table when older than this, so that a reset made elsewhere takes effect. */
const heldMs = minute;
const heldAtMost = 20_000;

/** @param gate only its bookkeeping door is used: counts decide nothing about voters. */
export function createThrottle(gate: Pick<Gate, 'keep'>, reader: Reader): Throttle {
  const held = new Map<string, Count & { readAt: number }>();

  async function load(key: string, now: number): Promise<void> {
    const known = held.get(key);
    if (known && now - known.readAt < heldMs) return;
    const row = await reader.access.lane(key);
    // Another attempt may have loaded and counted meanwhile: what is held then is newer than what was read.
    if (held.get(key) !== known) return;
    if (held.size >= heldAtMost) held.delete(held.keys().next().value!);
    held.set(key, {
      failures: row?.failures ?? 0,
      blockedUntil: row?.blockedUntil ?? 0,
      updatedAt: row?.updatedAt ?? now,
      readAt: now,
    });
  }

  function save(lanes: readonly Lane[]): Promise<unknown> {
    const changes: Change[] = lanes.flatMap(({ key }) => {
      const { failures, blockedUntil, updatedAt } = held.get(key)!;
      const count: Count = { failures, blockedUntil, updatedAt };
      return [
        { op: 'ensure', table: 'throttle', row: { lane: key, ...count } },
        { op: 'update', table: 'throttle', key: { lane: key }, set: count },
      ];
    });
    return gate.keep(changes);
  }

  /** For a lane with a window `updatedAt` is its start, otherwise the last failure. */
  function current(lane: Lane, now: number): Count & { readAt: number } {
    const count = held.get(lane.key) ?? { failures: 0, blockedUntil: 0, updatedAt: now, readAt: now };
    if (now - count.updatedAt < laneRules[lane.rule].forgetsAfterMs) return count;
    return { failures: 0, blockedUntil: 0, updatedAt: now, readAt: now };
  }

  return {
    async enter(lanes, now) {
      await Promise.all(lanes.map(({ key }) => load(key, now)));
      // From here to the counting nothing awaits: two attempts cannot both be the last one allowed.
      let wait = 0;
      for (const lane of lanes) {
        const count = current(lane, now);
        if (count.failures >= laneRules[lane.rule].stopsAfter) return { kind: 'stopped' };
        wait = Math.max(wait, count.blockedUntil - now);
      }
      if (wait > 0) return { kind: 'wait', seconds: Math.ceil(wait / second) };
      for (const lane of lanes) {
        const before = current(lane, now);
        const rule = laneRules[lane.rule];
        const windowed = Number.isFinite(rule.forgetsAfterMs);
        const updatedAt = windowed && before.failures > 0 ? before.updatedAt : now;
        const failures = before.failures + 1;
        held.set(lane.key, {
          failures,
          blockedUntil: rule.closes(failures, now, updatedAt),
          updatedAt,
          readAt: now,
        });
      }
      await save(lanes);
      return { kind: 'go' };
    },

    async clear(lanes, now) {
      for (const { key } of lanes)
        held.set(key, { failures: 0, blockedUntil: 0, updatedAt: now, readAt: now });
      await save(lanes);
    },

    async sweep(now) {
      const stale = await reader.access.staleLanes(now - day, now - 90 * day);
      for (const { lane } of stale) held.delete(lane);
      // A lane counted again meanwhile meets another time and stays: each is a unit of its own.
      await Promise.all(
        stale.map(({ lane, updatedAt }) =>
          gate.keep([{ op: 'delete', table: 'throttle', key: { lane }, expect: { updatedAt } }]),
        ),
      );
    },
  };
}

/** Limits switched off by configuration, for measuring only. */
export const noThrottle: Throttle = {
  enter: async () => ({ kind: 'go' }),
  clear: async () => undefined,
  sweep: async () => undefined,
};
