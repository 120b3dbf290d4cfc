// A set of files in force, from the command line, alike for access policies and detection rules: say what a folder would change,
// write the set out, and, while the server stands, have two officers put a folder in force. It decides nothing; the access
// policies in force do, even then.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openReadOnly } from '#db/open.ts';
import type { Reader } from '#db/store.ts';
import type { FileSet } from '#server/gate/file-sets.ts';
import { type ByTwo, withTwo } from './by-two.ts';
import {
  guarded,
  type Installation,
  type OpenOptions,
  type PlaceOptions,
  placeOf,
  withInstallation,
  withPlace,
} from './installation.ts';

export interface SetCommands<Set extends Pick<FileSet, 'hash' | 'files'>> {
  /** In the plural. */
  what: 'policies' | 'rules';
  /** The folder that came with this release. */
  shipped: string;
  /** What `diff` says. */
  tells: string;
  /** Lets a set open the installation that this release cannot serve: it can be written out and replaced. */
  anySet: OpenOptions;
  /** The set in force, whether this release could serve it or not. */
  inForce(reader: Reader): Promise<Set>;
  diff(inForce: Set, dir: string, reader: Reader): Promise<number>;
  adopt(installation: Installation, dir: string, by: ByTwo): Promise<number>;
}

export function addSetInForce<Set extends Pick<FileSet, 'hash' | 'files'>>(
  command: Command,
  { what, shipped, tells, anySet, inForce, diff, adopt }: SetCommands<Set>,
): void {
  /** Read only: beside a running server, too. */
  async function reading(
    options: PlaceOptions,
    work: (set: Set, reader: Reader) => Promise<number> | number,
  ) {
    const { reader, close } = await openReadOnly(placeOf(options, process.env).database);
    try {
      return await work(await inForce(reader), reader);
    } finally {
      await close();
    }
  }
  withPlace(command.command('diff [dir]'))
    .description(tells)
    .action(
      guarded(async (dir: string | undefined, options: PlaceOptions) =>
        reading(options, (set, reader) => diff(set, resolve(dir ?? shipped), reader)),
      ),
    );
  withPlace(command.command('export <dir>'))
    .description(`write the ${what} in force into a folder`)
    .action(
      guarded(async (dir: string, options: PlaceOptions) =>
        reading(options, ({ files, hash }) => {
          for (const { name, text } of files) {
            mkdirSync(dirname(join(dir, name)), { recursive: true });
            writeFileSync(join(dir, name), text);
          }
          console.log(`${files.length} files, ${hash}`);
          return 0;
        }),
      ),
    );
  withTwo(withPlace(command.command('adopt [dir]')))
    .description(`put the ${what} of a folder in force; two officers log in, one proposes, one approves`)
    .action(
      guarded(async (dir: string | undefined, options: PlaceOptions & ByTwo) =>
        withInstallation(
          placeOf(options, process.env),
          (installation) => adopt(installation, resolve(dir ?? shipped), options),
          anySet,
        ),
      ),
    );
}
