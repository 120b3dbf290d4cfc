// `node rotator.ts DATABASE KEYS SHARE`: what `kuzot keys rotate` does, up to that share of the rows, and no further: there it
// waits for its end. Whoever kills it may come late, and still finds it in the middle.
import { versionedKinds } from '#server/keys.ts';
import { rotateAll } from '../commands/keys.ts';

const [database, keysDir, share] = process.argv.slice(2) as [string, string, string];

/** Holds this thread in the midst of the work, as a kill finds it; for no longer than whoever kills can take. */
function waitForTheEnd(): never {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120_000);
  process.exit(3);
}

await rotateAll({ database, keysDir }, versionedKinds, {
  onProgress: (done, total) => {
    if (done >= Number(share) * total) waitForTheEnd();
  },
});
