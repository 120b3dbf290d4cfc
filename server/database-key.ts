// The key of an encrypted SQLite database, from where the other secrets are. Setting and key folder must agree: an
// installation that lost either never starts in clear, or on a file it cannot read, without saying so.
import { useDatabaseKeys } from '#db/sqlite/cipher.ts';
import { type KeyPlace, openKeySource } from './key-source.ts';
import { KeysFault, secretVersions } from './keys.ts';

/** What a database may be encrypted with. */
export type Cipher = 'chacha20';

export const databaseKeyFile = (version: number) => `database-${version}.key`;

/** Versions of the database key in use, ascending. */
export const databaseKeyVersions = (place: KeyPlace): number[] =>
  secretVersions(openKeySource(place, () => undefined).names(), 'database');

/** The keys, the newest first. Throws KeysFault. */
export function readDatabaseKeys(place: KeyPlace): Buffer[] {
  const faults: string[] = [];
  const source = openKeySource(place, (fault) => faults.push(fault));
  const keys = databaseKeyVersions(place)
    .toReversed()
    .map((version) => source.read(databaseKeyFile(version)) ?? Buffer.alloc(0));
  if (faults.length === 0 && keys.some((key) => key.length !== 32))
    faults.push(`A database key in ${place.dir} does not hold 32 bytes`);
  if (faults.length > 0) throw new KeysFault(faults);
  return keys;
}

/** Makes this process open and make databases as the setting says. Throws KeysFault where the key folder says otherwise. */
export function readyCipher(place: KeyPlace, cipher: Cipher | null): void {
  const [newest] = databaseKeyVersions(place).toReversed();
  if (cipher === null && newest !== undefined)
    throw new KeysFault([
      `${place.dir} holds ${databaseKeyFile(newest)}, and KUZOT_DB_CIPHER is not set: set it to chacha20, or finish with "kuzot database encrypt" or "kuzot database decrypt"`,
    ]);
  if (cipher !== null && newest === undefined)
    throw new KeysFault([
      `KUZOT_DB_CIPHER is ${cipher}, and ${place.dir} holds no ${databaseKeyFile(1)}: run "kuzot database encrypt", or restore the key folder from its backup`,
    ]);
  useDatabaseKeys(cipher === null ? [] : readDatabaseKeys(place));
}
