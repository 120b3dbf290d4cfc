// What is said of a trial that came to no answer (lib/trial-thread.ts). Pure.
import type { Tried } from '#server/lib/trial-thread.ts';
import { refuse } from './outcome.ts';

type Unanswered = Tried<never>;

const simpler = 'make them shorter and simpler, then try again';

/** @param what in the plural: policies, rules */
export function gaveUp(why: Extract<Unanswered, { kind: 'given-up' }>['why'], what: string) {
  const faults = {
    time: `reading and comparing these ${what} takes too long`,
    memory: `reading and comparing these ${what} takes too much memory`,
    fell: `what reads the ${what} gave way under these`,
  };
  return { fault: faults[why], next: simpler };
}

export const busy = (why: Extract<Unanswered, { kind: 'busy' | 'closed' }>['kind'], what: string) =>
  refuse('busy', {
    detail:
      why === 'busy'
        ? `Other ${what} are being compared; try again in a minute`
        : 'The server is about to stop; try again when it is back',
  });
