// Follows the log in a thread of its own, with its own connection, so that no request waits for the rules. The thread is
// handed the text of the rules in force: what lies in the folder meanwhile is nothing to it.
import { Worker } from 'node:worker_threads';
import type { Findings, Follower } from './follower.ts';
import type { RuleFile } from './sigma/directory.ts';

/** What the thread is started with. */
export interface BesideSettings {
  /** `sqlite:PATH` or `postgres://…` */
  database: string;
  /** The files of the rules in force. */
  files: RuleFile[];
}

export type ToFollower =
  | { kind: 'open'; from: number; judged: number }
  | { kind: 'step' }
  | { kind: 'close' };
export type FromFollower =
  | { kind: 'opened' }
  | { kind: 'findings'; findings: Findings }
  | { kind: 'failed'; message: string };

export function followBeside(settings: BesideSettings): Follower {
  let thread: Worker | null = null;
  let asked: { resolve(answer: FromFollower): void; reject(error: Error): void } | null = null;

  function start(): Worker {
    const worker = new Worker(new URL('../follow-worker.ts', import.meta.url), {
      workerData: settings,
      env: {},
      execArgv: [],
    });
    const lost = (error: Error) => {
      // A thread that failed ends after its successor was asked.
      if (thread !== worker) return;
      thread = null;
      asked?.reject(error);
      asked = null;
    };
    worker.on('message', (answer: FromFollower) => {
      asked?.resolve(answer);
      asked = null;
    });
    worker.on('error', lost);
    worker.on('exit', () => lost(new Error('the thread that follows the log ended')));
    return worker;
  }

  async function ask(message: ToFollower): Promise<FromFollower> {
    const worker = thread;
    if (!worker) throw new Error('the thread that follows the log is not there');
    const answer = await new Promise<FromFollower>((resolve, reject) => {
      asked = { resolve, reject };
      worker.postMessage(message);
    });
    if (answer.kind === 'failed') throw new Error(`the log could not be followed: ${answer.message}`);
    return answer;
  }

  return {
    async open(from, judged) {
      thread ??= start();
      const answer = await ask({ kind: 'open', from, judged });
      if (answer.kind !== 'opened') throw new Error('the thread that follows the log answered out of turn');
    },
    async step() {
      const answer = await ask({ kind: 'step' });
      if (answer.kind !== 'findings') throw new Error('the thread that follows the log answered out of turn');
      return answer.findings;
    },
    async close() {
      const worker = thread;
      thread = null;
      if (!worker) return;
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage({ kind: 'close' } satisfies ToFollower);
      await ended;
    },
  };
}
