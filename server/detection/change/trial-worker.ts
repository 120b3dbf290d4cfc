// The thread in which a proposed set of rules is tried: one job, no keys, no environment, no database. What the text does to it
// ends with it (trial.ts).
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { RuleTrial } from './trial.ts';
import { tryRules } from './try.ts';

/** Of this thread alone: on Linux priorities are the threads' own. */
const politeness = 5;
setPriority(politeness);

// Typed where the thread was started, in this same program.
parentPort!.postMessage(await tryRules(workerData as RuleTrial));
