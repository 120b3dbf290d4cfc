// The thread in which a proposed set is tried: a Cedar of its own, one job, no keys, no environment, no database. What the
// text does to it ends with it (trial.ts).
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { compilePolicies } from '#server/policy/cedar.ts';
import { differenceOf } from '#server/policy/difference.ts';
import { parsePolicies } from '#server/policy/source.ts';
import { lockOut } from './lockout.ts';
import type { Trial, TrialAnswer } from './trial.ts';

/** Of this thread alone: on Linux priorities are the threads' own. */
const politeness = 5;
setPriority(politeness);

function tried({ inForce, proposed, central, compare }: Trial): TrialAnswer {
  const to = parsePolicies(proposed);
  if (to.kind === 'faults') return { kind: 'faults', faults: to.faults };
  const lost = lockOut(compilePolicies(to.source), central);
  // Nobody can propose it then.
  if (lost !== null || !compare) return { kind: 'set', lost, difference: null };
  // It decides already, though it may not know every act of this release.
  const from = parsePolicies(inForce, false);
  if (from.kind === 'faults') throw new Error('the policies in force cannot be read');
  const difference = differenceOf(from.source, to.source, compilePolicies(from.source)) ?? 'too-much';
  return { kind: 'set', lost, difference };
}

// Typed where the thread was started, in this same program.
parentPort!.postMessage(tried(workerData as Trial));
