// Counts what was refused to nobody in particular (no session, a bad token, an unknown login): one entry a minute per
// network and reason, so that probing is evidence without filling the log. What is counted when the server stops is
// written first.
import { randomUUID } from 'node:crypto';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';

export interface RefusalCounter {
  /** @param network client address @param reason a word of the server's own, never of the client's */
  count(network: string, reason: string): void;
  /** Writes an entry for everything counted so far. */
  flush(): Promise<void>;
  /** Begins to flush every minute. */
  start(): void;
  /** Stops the minutes and flushes. */
  close(): Promise<void>;
}

const minuteMs = 60_000;
/** More networks than this in one minute are counted together: memory stays bounded under a distributed probe. */
const networksAtMost = 2_000;

export function createRefusalCounter(gate: Pick<Gate, 'refused'>, clock: () => number): RefusalCounter {
  let counts = new Map<string, { network: string; reason: string; n: number; since: number }>();
  let timer: NodeJS.Timeout | null = null;

  function add(network: string, reason: string, n: number, since: number): void {
    const place = counts.size < networksAtMost || counts.has(`${reason} ${network}`) ? network : 'many';
    const key = `${reason} ${place}`;
    const known = counts.get(key);
    if (known) known.n += n;
    else counts.set(key, { network: place, reason, n, since });
  }

  async function flush(): Promise<void> {
    const batch = counts;
    counts = new Map();
    await Promise.all(
      [...batch.values()].map(async ({ network, reason, n, since }) => {
        const ctx = { ...systemContext('door', clock(), randomUUID()), address: network };
        try {
          await gate.refused(ctx, 'session.refused', `counted:${reason}`, {
            persons: 0,
            detail: { reason, count: n, since },
          });
        } catch {
          // The log does not accept entries now: keep the count for the next minute, lose nothing.
          add(network, reason, n, since);
        }
      }),
    );
  }

  return {
    count: (network, reason) => add(network, reason, 1, clock()),
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
