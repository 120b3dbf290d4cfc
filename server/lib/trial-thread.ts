// Tries what somebody proposes in a thread that always ends afterwards: no environment, bounded in time and memory, one at a
// time. Whatever the text does, what is in force and those who wait for it never notice. The thread is posted its job as
// `workerData` and posts one answer.
import { Worker } from 'node:worker_threads';

export type Tried<Answer> =
  | Answer
  /** It was ended for taking too long or too much memory, or it fell. */
  | { kind: 'given-up'; why: 'time' | 'memory' | 'fell' }
  | { kind: 'busy' }
  /** The server is about to end. */
  | { kind: 'closed' };

export interface TrialLimits {
  timeMs: number;
  /** Of the thread: its heap, and what it holds outside. */
  memoryMb: number;
  /** Under way and waiting. */
  atOnce: number;
}

/** What is compared at most takes a quarter of a minute on a machine with nothing else to do. */
export const trialLimits: TrialLimits = { timeMs: 120_000, memoryMb: 512, atOnce: 3 };

/** How often the thread's memory is looked at. */
const lookMs = 250;
const megabyte = 2 ** 20;

export interface Trials<Job, Answer> {
  run(job: Job): Promise<Tried<Answer>>;
  /** Ends what is under way at once, and refuses what waits. */
  close(): Promise<void>;
}

/**
 * @param worker the thread's file
 * @param onFault operators' log: a thread that fell
 */
export function openTrialThreads<Job, Answer>(
  worker: URL,
  onFault: (error: unknown) => void,
  limits: TrialLimits = trialLimits,
): Trials<Job, Answer> {
  let last: Promise<unknown> = Promise.resolve();
  let [present, closed] = [0, false];
  let end: (() => void) | null = null;

  async function runNow(job: Job): Promise<Tried<Answer>> {
    if (closed) return { kind: 'closed' };
    const thread = new Worker(worker, {
      workerData: job,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb },
    });
    let timer: NodeJS.Timeout | undefined;
    let look: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Tried<Answer>>((done) => {
        end = () => done({ kind: 'closed' });
        timer = setTimeout(() => done({ kind: 'given-up', why: 'time' }), limits.timeMs);
        look = setInterval(() => {
          // Answered while native code is at work, too; not by a thread that has ended.
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
    run(job) {
      if (closed) return Promise.resolve({ kind: 'closed' });
      if (present >= limits.atOnce) return Promise.resolve({ kind: 'busy' });
      present += 1;
      const mine = last
        .then(() => runNow(job))
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
