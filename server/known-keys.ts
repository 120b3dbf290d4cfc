// Whether the keys at hand are those this database was used with before. A key file of another installation, or put in another's
// place, is 32 bytes like any: without this the server would start, refuse every password or break at every second factor, and
// seal what is new with it under the number of the right one. The database keeps a mark of each key, which tells nothing of it.
import type { Change, Reader } from '#db/store.ts';
import { type Keys, KeysFault } from './keys.ts';

const rowOf = (file: string) => `key-mark:${file}`;

/**
 * Compares the marks kept, and answers what keeps those of keys met for the first time.
 * @throws KeysFault naming each file that is another key
 */
export async function knownKeys({ system }: Reader, { marks, dir }: Keys): Promise<Change[]> {
  const faults: string[] = [];
  const fresh: Change[] = [];
  for (const [file, mark] of marks) {
    const kept = await system.meta(rowOf(file));
    if (kept === null) fresh.push({ op: 'ensure', table: 'meta', row: { key: rowOf(file), value: mark } });
    else if (kept !== mark)
      faults.push(
        `${file} in ${dir} is another key than this database was used with: put the right one back from the backup of the key folder, or correct the path`,
      );
  }
  if (faults.length > 0) throw new KeysFault(faults);
  return fresh;
}
