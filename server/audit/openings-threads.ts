// Holds runs of entries to their events beside the thread that reads and hashes: several commitments an entry are most of
// what a check of the database costs. Small logs are checked where they are read; a thread takes longer to start.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type CheckedRun, checkRun, type RunChecked } from './openings-run.ts';

export interface OpeningsCheck {
  run(entries: CheckedRun): RunChecked | Promise<RunChecked>;
  close(): Promise<void>;
}

const worthThreads = 20_000;
/** Reading and hashing keep up with two. */
const mostThreads = 2;
const heapMb = 64;
const worker = new URL('./openings-worker.ts', import.meta.url);

/** Threads for a log of so many entries on this machine: one processor stays with the reading. */
export function threadsFor(entries: number): number {
  return entries < worthThreads ? 0 : Math.min(mostThreads, availableParallelism() - 1);
}

/** @param threads 0: in the caller's own */
export function openingsCheck(threads: number): OpeningsCheck {
  if (threads === 0) return { run: checkRun, close: async () => undefined };
  const pool = Array.from({ length: threads }, startThread);
  let next = 0;
  return {
    run: (entries) => pool[next++ % threads]!.run(entries),
    async close() {
      await Promise.all(pool.map((thread) => thread.close()));
    },
  };
}

function startThread() {
  const thread = new Worker(worker, {
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16 },
  });
  const waiting: { done: (checked: RunChecked) => void; failed: (error: Error) => void }[] = [];
  let ended: Error | null = null;
  const end = (error: Error) => {
    ended ??= error;
    for (const { failed } of waiting.splice(0)) failed(ended);
  };
  // Answers come in the order of questions.
  thread.on('message', (checked: RunChecked) => waiting.shift()?.done(checked));
  thread.on('error', end);
  thread.on('exit', () => end(new Error('the thread that checks openings ended')));
  return {
    run(entries: CheckedRun): Promise<RunChecked> {
      if (ended !== null) return Promise.reject(ended);
      return new Promise((done, failed) => {
        waiting.push({ done, failed });
        // Copied: what the reader gave may lie in memory it uses again.
        const leaves = Uint8Array.from(entries.leaves);
        const texts = Uint8Array.from(entries.events.texts);
        thread.postMessage({ ...entries, leaves, events: { ...entries.events, texts } }, [
          leaves.buffer,
          texts.buffer,
        ]);
      });
    },
    async close() {
      await thread.terminate();
    },
  };
}
