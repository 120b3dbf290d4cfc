// The surnames a misspelt search is compared with, as the list has them.
import type { Reader } from '#db/store.ts';
import { buildTypoIndex } from './typos.ts';

/** Filled before the first request and after every import; a correction's new surname waits for the next refresh. */
export async function holdSurnames({ voters }: Reader) {
  const read = async () => buildTypoIndex(await voters.surnames());
  let typos = await read();
  return {
    typos: () => typos,
    async refresh(): Promise<void> {
      typos = await read();
    },
  };
}
