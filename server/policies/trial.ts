// Tries a proposed set of policies: parses it, sees whether it would lock everybody out and what it would change. In a thread
// with a Cedar of its own (lib/trial-thread.ts). Threat: Cedar keeps what it parsed, works on a long chain of groups for
// minutes, and is broken for good by a text too deep for it.
import type { PolicyDifference, PolicyFault, PolicyFile } from '#server/contract/policies.ts';
import {
  openTrialThreads,
  type TrialLimits,
  type Trials as TrialsOf,
  type Tried as TriedOf,
} from '#server/lib/trial-thread.ts';
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

export type Tried = TriedOf<TrialAnswer>;
export type Trials = TrialsOf<Trial, TrialAnswer>;

/** @param onFault operators' log: a thread that fell */
export const openTrials = (onFault: (error: unknown) => void, limits?: TrialLimits): Trials =>
  openTrialThreads(new URL('./trial-worker.ts', import.meta.url), onFault, limits);
