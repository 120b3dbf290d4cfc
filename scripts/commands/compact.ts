// `kuzot compact`: writes the database anew without the bytes that were freed. Needed after a destruction in a large database,
// whose server does not stop for it; run it while no server does.
import { Command } from 'commander';
import { guarded, type PlaceOptions, placeOf, withInstallation, withPlace } from './installation.ts';

export function compactCommand(): Command {
  return withPlace(new Command('compact'))
    .description('write the database anew without what was freed; nothing else is written meanwhile')
    .action(guarded(compact));
}

async function compact(options: PlaceOptions): Promise<number> {
  return withInstallation(placeOf(options, process.env), async ({ maintained }) => {
    await maintained.compact();
    console.log('The database was written anew.');
    return 0;
  });
}
