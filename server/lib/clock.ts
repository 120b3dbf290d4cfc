// The server's clock: the machine's, but never going back while the server runs. Threat: whoever sets the machine's clock
// back would give sessions, locks and codes the time over again, and entries times before those of their causes. After a
// restart the machine's clock counts as it is; the order of entries is their number, whatever times they carry.

/**
 * Epoch ms, never less than before. While the machine's clock is behind, time goes on at the pace of `monotonic`; jumps ahead are
 * followed.
 * @param wall the machine's clock, epoch ms @param monotonic ms since any moment, never going back
 */
export function steadyClock(
  wall: () => number,
  monotonic: () => number = () => performance.now(),
): () => number {
  let now = wall();
  let at = monotonic();
  return () => {
    const passed = monotonic();
    const due = now + Math.floor(passed - at);
    const shown = wall();
    // Adjusted a little back, as time servers do: stand still until it has caught up.
    const next = shown < due && due - shown < smallStepMs ? Math.max(now, shown) : Math.max(due, shown);
    if (next > now) {
      now = next;
      at = passed;
    }
    return now;
  };
}

const smallStepMs = 1_000;
