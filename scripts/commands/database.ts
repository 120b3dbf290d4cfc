// `kuzot database encrypt|rekey|decrypt`: the whole SQLite file under a key, under another one, or in clear again. The file is
// written anew and takes the old one's place whole; cut at any moment, the command is run again. Needs the server stopped.
import { Command } from 'commander';
import { useDatabaseKeys } from '#db/sqlite/cipher.ts';
import { changeKey } from '#db/sqlite/copy.ts';
import { databaseKeyFile, databaseKeyVersions, readDatabaseKeys } from '#server/database-key.ts';
import { retireSecret } from '#server/key-source.ts';
import { addKey } from '#server/keys.ts';
import { enterRotation } from '#server/sealing/rotate.ts';
import {
  CommandFault,
  guarded,
  keyPlaceOf,
  type Place,
  type PlaceOptions,
  placeOf,
  sqlitePath,
  withInstallation,
  withPlace,
} from './installation.ts';
import { showProgress } from './progress.ts';
import { done } from './sign-in.ts';

export function databaseCommand(): Command {
  const database = new Command('database').description('the cipher of a SQLite database');
  withPlace(database.command('encrypt'))
    .description('encrypt the whole file with a key of the key folder (ChaCha20-Poly1305)')
    .action(guarded(encrypt));
  withPlace(database.command('rekey'))
    .description('encrypt it with a new key and retire the old one')
    .action(guarded(encrypt));
  withPlace(database.command('decrypt')).description('write it in clear again').action(guarded(decrypt));
  return database;
}

interface Rekeyed {
  place: Place;
  path: string;
}

function located(options: PlaceOptions): Rekeyed {
  const place = placeOf(options, process.env, false);
  const path = sqlitePath(place.database);
  if (path === null)
    throw new CommandFault(
      2,
      'Only a SQLite file has a cipher of its own.',
      'Encrypt the volume PostgreSQL is on.',
    );
  return { place, path };
}

/** Under a new key, whatever it was under before; goes on with the newest where a run was cut short. */
async function encrypt(options: PlaceOptions): Promise<number> {
  const { place, path } = located(options);
  const keyPlace = keyPlaceOf(place);
  const held = databaseKeyVersions(keyPlace);
  useDatabaseKeys(readDatabaseKeys(keyPlace));
  await enter(place, { database: 'encrypt', begun: 1 }, held.length > 0);
  // Two keys, or a key and a plain file: an earlier run was cut short.
  const isCut = held.length > 1 || (held.length === 1 && (await isPlain(path)));
  const version = isCut ? held.at(-1)! : addKey(keyPlace, 'database');
  const keys = readDatabaseKeys(keyPlace);
  useDatabaseKeys(keys);
  await rewrite(path, keys[0]!);
  await enter(place, { database: 'encrypt', key: version, finished: 1 }, true);
  const retired = retireAll(place, version);
  console.log(
    `${path} is encrypted with ${databaseKeyFile(version)}. Back up ${place.keysDir} now, apart from it.`,
  );
  if (process.env.KUZOT_DB_CIPHER !== 'chacha20')
    console.log('Set KUZOT_DB_CIPHER=chacha20 for the server and for commands.');
  if (held.length === 0)
    console.log(
      'What stood on the disk in clear before may still be in its free blocks: wipe them, or use a fresh disk.',
    );
  if (retired.length > 0)
    console.log(
      `${retired.join(', ')}: retired to ${place.keysDir}/retired, for opening earlier copies of the file.`,
    );
  return 0;
}

async function decrypt(options: PlaceOptions): Promise<number> {
  const { place, path } = located(options);
  const keyPlace = keyPlaceOf(place);
  if (databaseKeyVersions(keyPlace).length === 0)
    throw new CommandFault(
      2,
      `${place.keysDir} holds no database key.`,
      'Nothing is encrypted, or the keys are elsewhere.',
    );
  useDatabaseKeys(readDatabaseKeys(keyPlace));
  if (!(await isPlain(path))) {
    await enter(place, { database: 'decrypt', begun: 1 }, true);
    await rewrite(path, null);
  }
  useDatabaseKeys([]);
  await enter(place, { database: 'decrypt', finished: 1 }, false);
  const retired = retireAll(place, null);
  console.log(
    `${path} is in clear. Take KUZOT_DB_CIPHER away; ${retired.join(', ')}: retired to ${place.keysDir}/retired.`,
  );
  return 0;
}

async function isPlain(path: string): Promise<boolean> {
  const { fileState } = await import('#db/sqlite/cipher.ts');
  return fileState(path) === 'plain';
}

async function rewrite(path: string, to: Buffer | null): Promise<void> {
  const progress = showProgress('writing anew');
  await changeKey(path, to, progress.update).finally(progress.stop);
}

/** @param isEncrypted what the file is now; a plain one is not opened while keys are held */
async function enter(
  place: Place,
  detail: Record<string, string | number>,
  isEncrypted: boolean,
): Promise<void> {
  const path = sqlitePath(place.database)!;
  if (isEncrypted && (await isPlain(path))) return;
  await withInstallation(place, async ({ rooms: { gate }, asSystem }) => {
    done(await enterRotation(gate, asSystem('keys'), [], detail));
  });
}

function retireAll(place: Place, but: number | null): string[] {
  return databaseKeyVersions(keyPlaceOf(place))
    .filter((version) => version !== but)
    .map(databaseKeyFile)
    .filter((name) => retireSecret(place.keysDir, name));
}
