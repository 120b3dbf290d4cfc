// `kuzot keys rotate`: a new key for the secrets sealed in the database, and every one of them sealed anew under it. Cut short,
// it is run again and goes on. Needs the server stopped: it holds the keys it started with.
import { Command } from 'commander';
import { addSealKey, loadKeys } from '#server/keys.ts';
import { countByKey, rotateSeals } from '#server/sealing/rotate.ts';
import { guarded, type PlaceOptions, placeOf, withInstallation, withPlace } from './installation.ts';
import { showProgress } from './progress.ts';
import { done } from './sign-in.ts';

export function keysCommand(): Command {
  const keys = new Command('keys').description('keys of this installation');
  withPlace(keys.command('rotate'))
    .description(
      'make a new sealing key and seal every stored secret anew under it; goes on where it was cut short',
    )
    .addHelpText(
      'after',
      '\nSealed are second factors, documents and what applications keep of people. The key that signs the log is\n' +
        'another one and is not touched. Stop the server first, and start it again afterwards.',
    )
    .action(guarded(rotate));
  return keys;
}

function rotate(options: PlaceOptions): Promise<number> {
  const place = placeOf(options, process.env);
  return withInstallation(place, async ({ rooms: { gate }, store: { reader }, keys, asSystem }) => {
    const newest = keys.sealVersions.at(-1)!;
    const found = await countByKey(reader.system);
    const isCut = keys.sealVersions.length > 1 && [...found.keys()].some((version) => version !== newest);
    const version = isCut ? newest : addSealKey(place.keysDir);
    console.log(isCut ? `Going on with the rotation to key ${version}.` : `Key ${version} is made.`);
    const progress = showProgress('sealing anew');
    process.once('SIGINT', () => {
      progress.stop();
      console.error('Stopped. What was sealed anew stays so; run the command again to go on.');
      process.exit(1);
    });
    try {
      const rotated = await rotateSeals({
        gate,
        reader,
        context: () => asSystem('keys'),
        seal: loadKeys(place.keysDir).seal,
        version,
        onProgress: progress.update,
      });
      progress.stop();
      const { resealed, values } = done(rotated);
      console.log(`${resealed} values sealed anew; all ${values} stand under key ${version} and open.`);
    } finally {
      progress.stop();
    }
    const older = loadKeys(place.keysDir).sealVersions.slice(0, -1);
    const names = older.map((one) => `seal-${one}.key`).join(', ');
    console.log(
      `Back up ${place.keysDir} now. ${names}: only for opening earlier backups; keep it with those, not here.`,
    );
    return 0;
  });
}
