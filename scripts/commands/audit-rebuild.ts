// `kuzot audit rebuild`: builds what the explorer reads (search, accesses, counts) anew from the log. Changes no entry; is one.
import { type PlaceOptions, placeOf, withInstallation } from './installation.ts';
import { showProgress } from './progress.ts';
import { done } from './sign-in.ts';

export async function rebuild(options: PlaceOptions): Promise<number> {
  return withInstallation(placeOf(options, process.env), async ({ rooms, asSystem, store, maintained }) => {
    done(
      await rooms.gate.change<null, null>(asSystem('rebuild'), 'log.rebuild', {
        locate: async () => ({ record: null, unit: null }),
        decide: () => ({ kind: 'change', changes: [], value: null, about: {} }),
      }),
    );
    const { size } = store.status();
    const progress = showProgress('rebuilding');
    let ended = false;
    const rebuilt = maintained.rebuildProjections().finally(() => {
      ended = true;
    });
    // The writer builds; how far it is stands in its cursor.
    while (!ended) {
      progress.update((await store.reader.audit.cursor('trail'))?.seq ?? 0, size);
      await Promise.race([rebuilt, new Promise((turn) => setTimeout(turn, 250))]);
    }
    await rebuilt;
    progress.update(size, size);
    progress.stop();
    console.log(`rebuilt what is read of ${size} entries`);
    return 0;
  });
}
