// `kuzot keys rotate`: new keys for what is sealed in the database and for what finds it, everything brought under them, the
// old keys retired. Cut short, it is run again and goes on. Needs the server stopped: it holds the keys it started with.
// Whoever only reads the database may go on.
import { Command, Option } from 'commander';
import type { StoreOptions } from '#db/open.ts';
import { openKeySource, retireSecret, writeSecret } from '#server/key-source.ts';
import { addKey, keyFile, keyVersions, loadKeys, type VersionedKind, versionedKinds } from '#server/keys.ts';
import { indexedTexts } from '#server/rooms.ts';
import { enterRotation, type Rotated, rotateSeals } from '#server/sealing/rotate.ts';
import {
  CommandFault,
  guarded,
  keyPlaceOf,
  type Place,
  type PlaceOptions,
  placeOf,
  withInstallation,
  withPlace,
} from './installation.ts';
import { showProgress } from './progress.ts';
import { done } from './sign-in.ts';

interface RotateOptions extends PlaceOptions {
  only?: VersionedKind | 'sessions';
  drill?: boolean;
}

export function keysCommand(): Command {
  const keys = new Command('keys').description('keys of this installation');
  withPlace(keys.command('rotate'))
    .description(
      'make new keys, bring every stored secret under them and retire the old ones; goes on where it was cut short',
    )
    .addOption(
      new Option('--only <kind>', 'one kind; without it seal and index').choices([
        ...versionedKinds,
        'sessions',
      ]),
    )
    .option('--drill', 'try it on a copy, and an earlier backup after it; the database stays as it is')
    .addHelpText(
      'after',
      '\nseal      second factors, documents, what applications keep of people, saved views\n' +
        'index     by which the same document is found without opening any\n' +
        'sessions  signs session cookies: everybody logs in again\n' +
        'The key that signs the log is another one and is not touched: its name and key are what others hold the log to.\n' +
        'Stop the server first (not for a drill), and start it again afterwards, with every server that joined it.',
    )
    .action(guarded(rotate));
  return keys;
}

async function rotate({ only, drill, ...options }: RotateOptions): Promise<number> {
  const place = placeOf(options, process.env);
  if (drill) {
    const { runDrill } = await import('./keys-drill.ts');
    return runDrill(place);
  }
  if (only === 'sessions') return rotateSessions(place);
  const { retired, left } = await rotateAll(place, only === undefined ? versionedKinds : [only]);
  console.log(`Back up ${place.keysDir} now.`);
  if (retired.length > 0)
    console.log(
      `${retired.join(', ')}: retired to ${place.keysDir}/retired, only for opening earlier backups. Keep them with those, not here.`,
    );
  if (left.length > 0)
    console.log(`${left.join(', ')}: nothing uses them. Take them out of the unit's credentials.`);
  return 0;
}

export interface AllRotated extends Rotated {
  /** Key files that went to `retired/`, and those that lie where only the operator can take them away. */
  retired: string[];
  left: string[];
}

interface RotateAll {
  /** Of a drill's copy, which must not be signed. */
  over?: Partial<StoreOptions>;
  /** Called after each commit, with rows gone through and rows in all. */
  onProgress?: (done: number, total: number) => void;
}

export async function rotateAll(
  place: Place,
  kinds: readonly VersionedKind[],
  { over = {}, onProgress }: RotateAll = {},
): Promise<AllRotated> {
  const keyPlace = keyPlaceOf(place);
  const held = (kind: VersionedKind) => keyVersions(keyPlace, kind);
  // A kind that is newer than the key folder: what it needs is its first key, before the folder can be loaded.
  const first = kinds.filter((kind) => held(kind).length === 0);
  for (const kind of first) say(keyFile(kind, addKey(keyPlace, kind)), 'is made');
  return withInstallation(
    place,
    async ({ rooms: { gate }, store: { reader }, asSystem }) => {
      const isCut = first.length > 0 || versionedKinds.some((kind) => held(kind).length > 1);
      if (isCut) {
        const going = versionedKinds.map((kind) => keyFile(kind, held(kind).at(-1)!)).join(' and ');
        console.log(`An earlier rotation is finished first, to ${going}; run it again for new keys.`);
      } else for (const kind of kinds) say(keyFile(kind, addKey(keyPlace, kind)), 'is made');
      const keys = loadKeys(keyPlace);
      const progress = showProgress('sealing anew');
      const stop = () => {
        progress.stop();
        console.error('Stopped. What was sealed anew stays so; run the command again to go on.');
        process.exit(1);
      };
      process.once('SIGINT', stop);
      try {
        const rotated = await rotateSeals({
          gate,
          reader,
          context: () => asSystem('keys'),
          seal: keys.seal,
          index: keys.index,
          versions: { seal: keys.sealVersions.at(-1)!, index: keys.indexVersions.at(-1)! },
          indexed: indexedTexts,
          onProgress: (rows, total) => {
            progress.update(rows, total);
            onProgress?.(rows, total);
          },
        });
        progress.stop();
        const value = done(rotated);
        console.log(
          `${value.resealed} values sealed and ${value.reindexed} indexes made anew; ` +
            `all ${value.values} values and ${value.indexes} indexes stand under the newest keys and open.`,
        );
        return { ...value, ...retireOlder(place) };
      } finally {
        process.off('SIGINT', stop);
        progress.stop();
      }
    },
    { over },
  );
}

const say = (what: string, verb: string) => console.log(`${what} ${verb}.`);

/** Nothing is under them any more: that was seen a moment ago, by whoever alone writes. */
function retireOlder(place: Place): Pick<AllRotated, 'retired' | 'left'> {
  const retired: string[] = [];
  const left: string[] = [];
  for (const kind of versionedKinds)
    for (const version of keyVersions(keyPlaceOf(place), kind).slice(0, -1)) {
      const name = keyFile(kind, version);
      (retireSecret(place.keysDir, name) ? retired : left).push(name);
    }
  return { retired, left };
}

async function rotateSessions(place: Place): Promise<number> {
  const { credentialsDir } = keyPlaceOf(place);
  const given =
    credentialsDir === null ? null : openKeySource({ dir: credentialsDir, credentialsDir: null }, () => {});
  if (given?.names().includes('jwt.key'))
    throw new CommandFault(2, `jwt.key is in ${credentialsDir}.`, 'Replace it where the unit takes it from.');
  return withInstallation(place, async ({ rooms: { gate }, asSystem }) => {
    done(await enterRotation(gate, asSystem('keys'), [], { sessions: 1, begun: 1 }));
    writeSecret(place.keysDir, 'jwt.key');
    done(await enterRotation(gate, asSystem('keys'), [], { sessions: 1, finished: 1 }));
    console.log('jwt.key is new: every session has ended, everybody logs in again.');
    return 0;
  });
}
