// The real server: says everything that is missing at once and ends with 2, or listens until it is told to stop. What an
// operator must know is in the environment (server/config.ts); secrets are in files.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigFault, readConfig } from '#server/config.ts';
import { readyCipher } from '#server/database-key.ts';
import { KeysFault, loadKeys } from '#server/keys.ts';
import { StartRefused, startServer } from '#server/main.ts';
import { explain, sqlitePath } from './commands/installation.ts';

/** Everything that can be seen to be missing without opening the database, one line each with its next step. */
function missing(config: Config): string[] {
  const lines: string[] = [];
  try {
    const place = { dir: config.keysDir, credentialsDir: config.credentialsDir };
    loadKeys(place);
    readyCipher(place, config.databaseCipher);
  } catch (error) {
    if (!(error instanceof KeysFault)) throw error;
    lines.push(...error.faults);
  }
  const path = sqlitePath(config.database);
  if (path !== null && !existsSync(path))
    lines.push(`There is no database at ${path}: run "npm run kuzot -- init --db ${config.database}"`);
  if (!existsSync(join(config.webDir, 'index.html')))
    lines.push(`There are no pages in ${config.webDir}: run "npm run build"`);
  return lines;
}

function refuse(lines: readonly string[]): 2 {
  console.error('Kuzot cannot start:');
  for (const line of lines) console.error(`  - ${line}`);
  return 2;
}

/**
 * Serves as the environment says. @returns the exit code; bugs are thrown
 * @param stop asked once it listens, and before anybody is told so: resolves when the server is to end
 */
export async function serve(stop: () => Promise<void>): Promise<0 | 2> {
  try {
    const config = readConfig();
    const lines = missing(config);
    if (lines.length > 0) return refuse(lines);
    const running = await startServer(config);
    const told = stop();
    // Only now: whoever reads this line may end the server at once, and it must close what it opened.
    console.log(`Kuzot listens on ${running.address} and is reached at ${config.origin}`);
    await told;
    await running.close();
    return 0;
  } catch (error) {
    if (error instanceof ConfigFault || error instanceof KeysFault) return refuse(error.faults);
    if (error instanceof StartRefused) return refuse([error.message]);
    const told = explain(error);
    if (told === null) throw error;
    return refuse([told.says]);
  }
}
