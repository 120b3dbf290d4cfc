// Preloaded into the server's threads (`node --import`): makes the writer's storage fail at one named moment. The product
// itself knows no such mode. What each proves is said in `explained`.
import { isMainThread } from 'node:worker_threads';

export const inWriter = [
  'killed-before-commit',
  'killed-after-commit',
  'killed-before-checkpoint-row',
  'commit-lost',
  'commit-durable-but-reported-failed',
  'checkpoint-row-refused',
] as const;
export type WriterFault = (typeof inWriter)[number];

/** `at`: the how manieth commit, or checkpoint, of the process. */
export interface FaultOrder {
  kind: WriterFault | 'none';
  at: number;
}

if (!isMainThread && process.env.ENDURANCE_FAULT) {
  const { kind, at } = JSON.parse(process.env.ENDURANCE_FAULT) as FaultOrder;
  const { SqliteEngine } = await import('#db/sqlite/engine.ts');
  const engine = SqliteEngine.prototype;
  const { commit, query, append } = engine;
  let appended = false;
  let commits = 0;
  let checkpoints = 0;
  const die = () => process.kill(process.pid, 'SIGKILL');

  engine.append = function (entries) {
    appended = true;
    append.call(this, entries);
  };
  engine.commit = function () {
    // Only batches with entries count: they are what clients wait for.
    const due = appended && ++commits === at;
    appended = false;
    if (due && kind === 'killed-before-commit') die();
    if (due && kind === 'commit-lost') throw new Error('input/output error (injected)');
    commit.call(this);
    if (due && kind === 'killed-after-commit') die();
    if (due && kind === 'commit-durable-but-reported-failed')
      throw new Error('input/output error (injected)');
  };
  engine.query = function <R>(text: string, params?: never[]): R[] {
    if (text.startsWith('insert into checkpoint') && ++checkpoints === 1) {
      if (kind === 'killed-before-checkpoint-row') die();
      if (kind === 'checkpoint-row-refused') throw new Error('input/output error (injected)');
    }
    return query.call(this, text, params) as R[];
  };
}
