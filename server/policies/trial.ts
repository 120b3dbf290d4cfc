// Tries a proposed set of policies: parses it, sees whether it would lock everybody out and what it would change. In a thread
// with a Cedar of its own that always ends afterwards, bounded in time and memory, one at a time: whatever the text does,
// the decider in force and those who wait for it never notice. Threat: Cedar keeps what it parsed, works on a long chain of
// groups for minutes, and is broken for good by a text too deep for it.
import { Worker } from 'node:worker_threads';
import type { PolicyDifference, PolicyFault, PolicyFile } from '#server/contract/policies.ts';
import type { CentralOfficer } from './lockout.ts';

export interface Trial {
  inForce: PolicyFile[];
  proposed: PolicyFile[];
  /** Who sits at the central commission, and could propose and approve other policies. */
  central: CentralOfficer[];
  /** Whether the difference is wanted. */
  compare: boolean;
}

export type TrialAnswer =
  | { kind: 'faults'; faults: PolicyFault[] }
  /** `lost`: what would be lost by it, or null; `difference` is null where it was not wanted. */
  | { kind: 'set'; lost: string | null; difference: PolicyDifference | 'too-much' | null };

export type Tried =
  | TrialAnswer
  /** It was ended for taking too long or too much memory, or it fell. */
  | { kind: 'given-up'; why: 'time' | 'memory' | 'fell' }
  | { kind: 'busy' }
  /** The server is about to end. */
  | { kind: 'closed' };

export interface TrialLimits {
  timeMs: number;
  /** Of the thread: its heap, and what Cedar holds outside it. */
  memoryMb: number;
  /** Under way and waiting. */
  atOnce: number;
}

/** What is compared at most takes a quarter of a minute on a machine with nothing else to do. */
export const trialLimits: TrialLimits = { timeMs: 120_000, memoryMb: 512, atOnce: 3 };

/** How often the thread's memory is looked at. */
const lookMs = 250;
const megabyte = 2 ** 20;
const worker = new URL('./trial-worker.ts', import.meta.url);

export interface Trials {
  run(trial: Trial): Promise<Tried>;
  /** Ends what is under way at once, and refuses what waits. */
  close(): Promise<void>;
}

/** @param onFault operators' log: a thread that fell */
export function openTrials(onFault: (error: unknown) => void, limits: TrialLimits = trialLimits): Trials {
  let last: Promise<unknown> = Promise.resolve();
  let [present, closed] = [0, false];
  let end: (() => void) | null = null;

  async function runNow(trial: Trial): Promise<Tried> {
    if (closed) return { kind: 'closed' };
    const thread = new Worker(worker, {
      workerData: trial,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb },
    });
    let timer: NodeJS.Timeout | undefined;
    let look: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Tried>((done) => {
        end = () => done({ kind: 'closed' });
        timer = setTimeout(() => done({ kind: 'given-up', why: 'time' }), limits.timeMs);
        look = setInterval(() => {
          // Answered while Cedar is at work, too; not by a thread that has ended.
          thread.getHeapStatistics().then(
            ({ external_memory: outside, used_heap_size: heap }) => {
              if (outside + heap > limits.memoryMb * megabyte) done({ kind: 'given-up', why: 'memory' });
            },
            () => undefined,
          );
        }, lookMs);
        thread.once('message', done);
        thread.once('error', (error: Error & { code?: string }) => {
          const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
          if (!memory) onFault(error);
          done({ kind: 'given-up', why: memory ? 'memory' : 'fell' });
        });
        thread.once('exit', () => done({ kind: 'given-up', why: 'fell' }));
      });
    } finally {
      end = null;
      clearTimeout(timer);
      clearInterval(look);
      await thread.terminate();
    }
  }

  return {
    run(trial) {
      if (closed) return Promise.resolve({ kind: 'closed' });
      if (present >= limits.atOnce) return Promise.resolve({ kind: 'busy' });
      present += 1;
      const mine = last
        .then(() => runNow(trial))
        .finally(() => {
          present -= 1;
        });
      last = mine.catch(() => null);
      return mine;
    },
    async close() {
      closed = true;
      end?.();
      await last;
    },
  };
}
