// Applies the numbered SQL files of one engine, each in its own transaction, and remembers them by number and hash.
// Expand, then contract: a file that was applied once is never edited. It decides nothing about data.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Engine } from './dialect.ts';
import { DatabaseUnusable } from './errors.ts';

export interface Migration {
  number: number;
  name: string;
  sha256: string;
  text: string;
}

export interface AppliedMigration {
  number: number;
  sha256: string;
}

/** The engine's migrations in order. */
export function readMigrations(engine: Engine): Migration[] {
  const folder = new URL(`./migrations/${engine}/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      const sha256 = createHash('sha256').update(text).digest('hex');
      return { number: Number(file.slice(0, 4)), name: file.slice(5, -4), sha256, text };
    });
}

/**
 * What is still to be applied.
 * @throws DatabaseUnusable when the database was migrated by a newer version or from other files
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): Migration[] {
  for (const { number, sha256 } of applied) {
    const migration = known.find((m) => m.number === number);
    if (migration === undefined) {
      throw new DatabaseUnusable(
        `The database has migration ${number}, which this version does not know. Run the version that made it, or a newer one.`,
      );
    }
    if (migration.sha256 !== sha256) {
      throw new DatabaseUnusable(
        `Migration ${number} (${migration.name}) is not the file this database was made with. ` +
          'Use the version that made the database, or make a new one.',
      );
    }
  }
  return known.filter((m) => !applied.some(({ number }) => number === m.number));
}
