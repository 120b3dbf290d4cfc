// What is said of a trial that came to no answer. Pure.
import type { PolicyFault } from '#server/contract/policies.ts';
import { refuse } from '#server/gate/outcome.ts';
import type { Tried } from './trial.ts';

type Said = Pick<PolicyFault, 'fault' | 'next'>;

export const tooMuch: Said = {
  fault: 'there is too much to compare for anybody to be told what it changes',
  next: 'ask fewer facts of one act, or change fewer policies at a time',
};

const simpler = 'make them shorter and simpler, then try again';
export const gaveUp: Record<Extract<Tried, { kind: 'given-up' }>['why'], Said> = {
  time: { fault: 'reading and comparing these policies takes too long', next: simpler },
  memory: { fault: 'reading and comparing these policies takes too much memory', next: simpler },
  fell: { fault: 'the policy engine gave way under these policies', next: simpler },
};

export const busy = (why: Extract<Tried, { kind: 'busy' | 'closed' }>['kind']) =>
  refuse('busy', {
    detail:
      why === 'busy'
        ? 'Other policies are being compared; try again in a minute'
        : 'The server is about to stop; try again when it is back',
  });
