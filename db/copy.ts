// Whole databases as one SQLite file, the form of every backup, and back into either engine.
import { rename } from 'node:fs/promises';
import { encryptAsAsked } from './sqlite/cipher.ts';
import { copySqlite, removeSqlite } from './sqlite/copy.ts';

type OnProgress = (done: number, total: number) => void;

/** Writes the database as it stands at one moment to `to`, which must not exist. @param now epoch ms */
export async function copyDatabase(
  url: string,
  to: string,
  now: number,
  onProgress?: OnProgress,
): Promise<void> {
  if (url.startsWith('sqlite:')) return copySqlite(url.slice('sqlite:'.length), to, onProgress);
  const { copyFromPostgres } = await import('./postgres/copy.ts');
  await copyFromPostgres(url, to, now, onProgress);
}

/**
 * Puts such a file in the place of a database that is not there yet, and removes the file. @param now epoch ms
 * @throws the file system's or the server's fault; then nothing is in place and the file is still there
 */
export async function restoreDatabase(
  file: string,
  url: string,
  now: number,
  onProgress?: OnProgress,
): Promise<void> {
  if (url.startsWith('sqlite:')) {
    encryptAsAsked(file);
    await rename(file, url.slice('sqlite:'.length));
  } else {
    const { copyToPostgres } = await import('./postgres/copy.ts');
    await copyToPostgres(file, url, now, onProgress);
  }
  removeSqlite(file);
}

/** Whether a PostgreSQL database holds something of ours. */
export async function isInUse(url: string): Promise<boolean> {
  const { isPostgresInUse } = await import('./postgres/copy.ts');
  return isPostgresInUse(url);
}
