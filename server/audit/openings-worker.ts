// The thread in which runs of entries are held to their events: takes runs, answers each, in order. It has no environment, no
// database and no keys.
import { parentPort } from 'node:worker_threads';
import { type CheckedRun, checkRun } from './openings-run.ts';

if (!parentPort) throw new Error('openings-worker runs as a worker thread only');
const port = parentPort;
port.on('message', (run: CheckedRun) => port.postMessage(checkRun(run)));
