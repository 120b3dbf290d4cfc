// Follows the log in a thread of its own, with its own connection, so that no request waits for the rules. The thread
// reads the rule files itself; it is refused when it read others than this process did.
import { Worker } from 'node:worker_threads';
import type { Findings, Follower } from './follower.ts';

/** What the thread is started with. */
export interface BesideSettings {
  /** `sqlite:PATH` or `postgres://…` */
  database: string;
  /** Directory of the detection rules. */
  rulesDir: string;
}

export type ToFollower =
  | { kind: 'open'; from: number; judged: number }
  | { kind: 'step' }
  | { kind: 'close' };
export type FromFollower =
  | { kind: 'opened'; rules: string }
  | { kind: 'findings'; findings: Findings }
  | { kind: 'failed'; message: string };

/** @param rules hash of the rule set in force here */
export function followBeside(settings: BesideSettings, rules: string): Follower {
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
      if (answer.rules !== rules)
        throw new Error('The detection rules changed while the server was starting. Restart it.');
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
