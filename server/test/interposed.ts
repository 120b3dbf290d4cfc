// Lets a test step in at the worst moment: after everything an act rests on was read, before what it decided is written.
import type { CommitUnit, Store } from '#db/store.ts';

export interface Interposer {
  /** Runs once, before the next unit whose entry is of this act reaches the store. */
  before(act: string, run: () => Promise<void>): void;
  /** True once what was to run has run. */
  readonly isSpent: boolean;
  wrap<S extends Store>(store: S): S;
}

export function interposer(): Interposer {
  let due: { act: string; run: () => Promise<void> } | null = null;
  return {
    before(act, run) {
      due = { act, run };
    },
    get isSpent() {
      return due === null;
    },
    wrap: (store) => ({
      ...store,
      async commit(unit: CommitUnit) {
        const now = due;
        if (now && unit.entries.some(({ leaf }) => leaf.includes(`"act":"${now.act}"`))) {
          due = null;
          await now.run();
        }
        return store.commit(unit);
      },
    }),
  };
}
