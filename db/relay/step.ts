// How the appending server itself keeps in step with what others changed. What it cannot let go of in time it goes on trying to; until
// then it does nothing of its own, as a server that joined is cut off, and it writes for others alone.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TableName } from '../store.ts';
import { everythingRemembered, type Heed, inTime } from './heed.ts';

export interface Step {
  /** Resolves when this server let go, or is out of step. */
  letGo(tables: readonly TableName[]): Promise<void>;
  /** Why this server may decide nothing now; null while it is in step. */
  outOf(): string | null;
  /** How often it came back in step. */
  term(): number;
  close(): void;
}

const againMs = 500;
const stuckWhy =
  'What another server changed could not be taken up here, so nothing is decided. It is tried twice a second.';

export function keepStep({ changed, onState }: Heed): Step {
  /** Changes that were not let go of in time, so far. */
  let missed = 0;
  let stuck = false;
  let term = 0;
  let closed = false;

  async function catchUp(): Promise<void> {
    for (let heard = -1; heard !== missed && !closed; ) {
      await sleep(againMs, null, { ref: false });
      const before = missed;
      if (await inTime(changed(everythingRemembered))) heard = before;
    }
    if (closed) return;
    term++;
    stuck = false;
    onState?.('in-step');
  }

  return {
    async letGo(tables) {
      if (await inTime(changed(tables))) return;
      missed++;
      if (stuck) return;
      stuck = true;
      onState?.('stuck');
      void catchUp();
    },
    outOf: () => (stuck ? stuckWhy : null),
    term: () => term,
    close() {
      closed = true;
    },
  };
}
