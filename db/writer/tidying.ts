// Putting the database's files in order between two batches. One that cannot be tidied is whole all the same: whoever asked
// hears of it, entries go on.
import type { WriteEngine } from './engine.ts';

export class Tidying {
  #asked: { compact: boolean; resolve(value: undefined): void; reject(error: Error): void }[] = [];

  /** @param compact the whole database is written anew without what was freed; otherwise its files let go of it */
  ask(compact: boolean): Promise<undefined> {
    return new Promise((resolve, reject) => this.#asked.push({ compact, resolve, reject }));
  }

  async run(engine: WriteEngine): Promise<void> {
    for (const { compact, resolve, reject } of this.#asked.splice(0)) {
      try {
        if (compact) await engine.compact();
        else await engine.settleFiles();
        resolve(undefined);
      } catch (error) {
        reject(error instanceof Error ? error : new Error('unknown fault'));
      }
    }
  }
}
