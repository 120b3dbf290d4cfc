/**
 * A request waits here for a fresh factor. The client asks, the dialog answers; one question at a time, later ones
 * wait for the earlier.
 */
import type { Problem } from '../api.ts';

interface Question {
  readonly problem: Problem;
  readonly answer: (raised: boolean) => void;
}

let question = $state.raw<Question | undefined>(undefined);
let queue: Promise<unknown> = Promise.resolve();

/** The open question; reactive. */
export const stepUpQuestion = (): Question | undefined => question;

/** Resolves true when the session was raised, false when the person gave up. */
export function askStepUp(problem: Problem): Promise<boolean> {
  const asked = queue.then(
    () =>
      new Promise<boolean>((resolve) => {
        question = {
          problem,
          answer: (raised) => {
            question = undefined;
            resolve(raised);
          },
        };
      }),
  );
  queue = asked;
  return asked;
}
