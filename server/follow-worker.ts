// The thread in which detection follows the log: a connection that cannot write, the rules, nothing else. It has no keys
// and no environment, and answers one question at a time (detection/beside.ts).
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openReader } from '#db/open.ts';
import type { BesideSettings, FromFollower, ToFollower } from './detection/beside.ts';
import { catalogueOfFiles } from './detection/catalogue.ts';
import { createFollower } from './detection/follower.ts';

/** Of this thread alone: on Linux priorities are the threads' own. */
const politeness = 10;
// Whoever waits for an answer goes first; alerts may come a moment later.
setPriority(politeness);

const port = parentPort!;
// Typed where the thread was started, in this same program.
const { database, files } = workerData as BesideSettings;
const { ruleSet } = catalogueOfFiles(files);
const { reader, close } = await openReader(database);
const follower = createFollower(reader, ruleSet);

async function answer(message: ToFollower): Promise<FromFollower | null> {
  try {
    switch (message.kind) {
      case 'open':
        await follower.open(message.from, message.judged);
        return { kind: 'opened' };
      case 'step':
        return { kind: 'findings', findings: await follower.step() };
      case 'close':
        await close();
        port.close();
        return null;
    }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : 'unknown fault' };
  }
}

port.on('message', async (message: ToFollower) => {
  const reply = await answer(message);
  if (reply) port.postMessage(reply);
});
