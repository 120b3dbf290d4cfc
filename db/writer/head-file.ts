// The last signed size and root, kept outside the database: `<size> <root base64>` and the signed note below it. A
// database put back to an older state, however consistently, no longer matches it. Must never go back itself.
import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { numberIn, openCheckpoint } from '#server/lib/log/checkpoint.ts';
import type { Verifier } from '#server/lib/log/note.ts';
import { LogDamaged } from '../errors.ts';

export interface Head {
  size: number;
  root: Buffer;
}

export interface SignedHead extends Head {
  note: string;
  /** Which checkpoint it is, from 1; null for one of before they were numbered. */
  nth: number | null;
}

/**
 * Null when there is none yet.
 * @param verifiers the log’s own keys: a head that none of them signed is nobody’s word
 * @throws LogDamaged when it cannot be read as a head of this log
 */
export async function readHead(path: string, verifiers: readonly Verifier[]): Promise<SignedHead | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const note = text.slice(text.indexOf('\n') + 1);
  const opened = openCheckpoint(note, verifiers);
  if (opened.kind === 'refused') throw unreadable(path, opened.why);
  const head = {
    size: opened.checkpoint.size,
    root: Buffer.from(opened.checkpoint.root),
    note,
    nth: numberIn(opened.checkpoint.extensions),
  };
  if (text !== textOf(head)) throw unreadable(path, 'its first line and its signed note disagree');
  return head;
}

/** Durable when it resolves: temporary file, fsync, rename, fsync of the directory. */
export async function writeHead(path: string, head: Omit<SignedHead, 'nth'>): Promise<void> {
  try {
    const temporary = `${path}.new`;
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(textOf(head));
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
  } catch (error) {
    // Anybody may read why the log stands still: the system's own words would name our folders.
    const why = error instanceof Error && 'code' in error ? error.code : 'unknown fault';
    throw new Error(`the head file beside the keys could not be made durable: ${why}`, { cause: error });
  }
}

function textOf({ size, root, note }: Omit<SignedHead, 'nth'>): string {
  return `${size} ${root.toString('base64')}\n${note}`;
}

function unreadable(path: string, why: string): LogDamaged {
  return new LogDamaged(
    `${path} is not the last signed head of this log: ${why}. Put back the newest good copy of it; if there is ` +
      'none, two officers record that with `kuzot audit recover`.',
  );
}
