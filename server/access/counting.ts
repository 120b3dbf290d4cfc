// Where attempts and requests are counted. One server counts them itself; a server that joined another has that one count, so
// that nobody guesses, or asks, once more for every server there is.
import type { Reader } from '#db/store.ts';
import type { Gate } from '#server/gate/gate.ts';
import { createBudget, type Spend, unlimited } from './budget.ts';
import { createThrottle, type Lane, noThrottle, type Throttle } from './throttle.ts';

export interface Counting {
  throttle: Throttle;
  spend: Spend;
}

export const countHere = (gate: Pick<Gate, 'keep'>, reader: Reader): Counting => ({
  throttle: createThrottle(gate, reader),
  spend: createBudget(),
});

/** Limits switched off by configuration, for measuring only. */
export const uncounted: Counting = { throttle: noThrottle, spend: unlimited };

/** One question, as it goes to the server that counts. */
export type CountAsked =
  | { count: 'enter' | 'clear'; lanes: readonly Lane[]; now: number }
  | { count: 'spend'; key: string; amount: number; now: number; windowMs: number | undefined };

/** @param ask what `answerCount` answers there @throws LogUnavailable from every count while nobody answers */
export function countThere(ask: (asked: CountAsked) => Promise<unknown>): Counting {
  const asking = <T>(asked: CountAsked) => ask(asked) as Promise<T>; // answered by answerCount
  return {
    throttle: {
      enter: (lanes, now) => asking({ count: 'enter', lanes, now }),
      clear: (lanes, now) => asking({ count: 'clear', lanes, now }),
      // Whoever counts forgets.
      sweep: async () => undefined,
    },
    spend: (key, amount, now, windowMs) => asking({ count: 'spend', key, amount, now, windowMs }),
  };
}

export async function answerCount({ throttle, spend }: Counting, asked: CountAsked): Promise<unknown> {
  if (asked.count === 'spend') return spend(asked.key, asked.amount, asked.now, asked.windowMs);
  return throttle[asked.count](asked.lanes, asked.now);
}
