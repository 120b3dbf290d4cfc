// The server's clock: the machine's, but never going back while the server runs. Threat: whoever sets the machine's clock
// back would give sessions, locks and codes the time over again, and entries times before those of their causes. Every step
// back is remembered until somebody asks, so that it can be put on record. After a restart the machine's clock counts as it
// is; the order of entries is their number, whatever times they carry.

/** The machine's clock was set back. */
export interface SetBack {
  /** How far it stands behind the time shown here, ms. */
  behindMs: number;
  /** What it says itself, epoch ms. */
  machine: number;
}

export interface SteadyClock {
  (): number;
  /** What was not asked for yet, the farthest of several; null when nothing happened since. Looks at the clock first. */
  takeSetBack(): SetBack | null;
}

/** A smaller adjustment is a time server's work, and no step. */
export const smallStepMs = 1_000;

/**
 * Epoch ms, never less than before. While the machine's clock is behind, time goes on at the pace of `monotonic`; jumps ahead are
 * followed.
 * @param wall the machine's clock, epoch ms @param monotonic ms since any moment, never going back
 */
export function steadyClock(
  wall: () => number,
  monotonic: () => number = () => performance.now(),
): SteadyClock {
  let now = wall();
  /** The time due is this and what `monotonic` says: never lowered, or small steps back, one after another, would slow time. */
  let base = now - monotonic();
  /** How far behind it was known to stand: only what goes beyond is a step of its own. */
  let known = 0;
  let untold: SetBack | null = null;

  function read(): number {
    const passed = monotonic();
    const shown = wall();
    base = Math.max(base, shown - passed);
    const due = Math.floor(base + passed);
    const behindMs = Math.max(0, due - shown);
    // Adjusted a little back, as time servers do: stand still until it has caught up.
    now = Math.max(now, behindMs < smallStepMs ? shown : due);
    if (behindMs >= known + smallStepMs) {
      known = behindMs;
      if (untold === null || untold.behindMs < behindMs) untold = { behindMs, machine: shown };
    } else known = Math.min(known, behindMs);
    return now;
  }

  return Object.assign(read, {
    takeSetBack() {
      read();
      const told = untold;
      untold = null;
      return told;
    },
  });
}
