// Counts what was refused to nobody in particular (no session, a bad token, an unknown login): one entry a minute per
// network and reason, so that probing is evidence without filling the log. What is counted when the server stops is
// written first.
import { randomUUID } from 'node:crypto';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';

export interface RefusalCounter {
  /**
   * @param network client address
   * @param reason a word of the server's own, never of the client's
   * @param officer whose session it claims to be, where that is told: counted apart
   */
  count(network: string, reason: string, officer?: string): void;
  /** Writes an entry for everything counted so far. */
  flush(): Promise<void>;
  /** Begins to flush every minute. */
  start(): void;
  /** Stops the minutes and flushes. */
  close(): Promise<void>;
}

interface Counted {
  network: string;
  reason: string;
  officer?: string;
  n: number;
  since: number;
}

const minuteMs = 60_000;
/** More networks than this in one minute are counted together: memory stays bounded under a distributed probe. */
const networksAtMost = 2_000;

export function createRefusalCounter(gate: Pick<Gate, 'refused'>, clock: () => number): RefusalCounter {
  let counts = new Map<string, Counted>();
  let timer: NodeJS.Timeout | null = null;

  function add({ network, n, ...rest }: Counted): void {
    const key = (place: string) => JSON.stringify([rest.reason, place, rest.officer ?? null]);
    const place = counts.size < networksAtMost || counts.has(key(network)) ? network : 'many';
    const known = counts.get(key(place));
    if (known) known.n += n;
    else counts.set(key(place), { network: place, n, ...rest });
  }

  async function flush(): Promise<void> {
    const batch = counts;
    counts = new Map();
    await Promise.all(
      [...batch.values()].map(async (counted) => {
        const { network, reason, officer, n, since } = counted;
        const ctx = { ...systemContext('door', clock(), randomUUID()), address: network };
        try {
          await gate.refused(ctx, 'session.refused', `counted:${reason}`, {
            persons: 0,
            detail: { reason, count: n, since, ...(officer !== undefined && { officer }) },
          });
        } catch {
          // The log does not accept entries now: keep the count for the next minute, lose nothing.
          add(counted);
        }
      }),
    );
  }

  return {
    count: (network, reason, officer) =>
      add({ network, reason, n: 1, since: clock(), ...(officer !== undefined && { officer }) }),
    flush,
    start() {
      timer ??= setInterval(() => void flush(), minuteMs).unref();
    },
    async close() {
      if (timer) clearInterval(timer);
      timer = null;
      await flush();
    },
  };
}
