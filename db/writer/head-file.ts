// The last signed size and root, kept outside the database: `<size> <root base64>` and the signed note below it. A
// database put back to an older state, however consistently, no longer matches it. Must never go back itself.
import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodeBase64 } from '#server/lib/log/note.ts';
import { LogDamaged } from '../errors.ts';

export interface Head {
  size: number;
  root: Buffer;
}

/** Null when there is none yet. @throws LogDamaged when it cannot be read as a head. */
export async function readHead(path: string): Promise<Head | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const parts = /^(0|[1-9]\d{0,15}) ([A-Za-z0-9+/]{43}=)\n/.exec(text);
  const root = parts === null ? null : decodeBase64(parts[2]!);
  if (parts === null || root === null) {
    throw new LogDamaged(
      `${path} is not a log head ("SIZE ROOT" and a signed note). Put back the last good copy of it.`,
    );
  }
  return { size: Number(parts[1]), root };
}

/** Durable when it resolves: temporary file, fsync, rename, fsync of the directory. */
export async function writeHead(path: string, head: Head, note: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${head.size} ${head.root.toString('base64')}\n${note}`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
