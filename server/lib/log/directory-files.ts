// The files of an exported log as files: read into memory that is used again, written only where nothing was, and
// looked through for what does not belong there. Threat: a stranger's stick whose files never end, or are none.

import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Broken, broken } from './outside.ts';
import { maxLeafBytes, parseTilePath, tileBytes, tileWidth } from './tiles.ts';

const headFiles: ReadonlySet<string> = new Set(['vkey', 'policy', 'checkpoint']);
/** As of a note. */
const maxHeadBytes = 1_000_000;
const maxBundleBytes = tileWidth * (2 + maxLeafBytes);
/** Folders above a file; no number of entries needs more. */
const deepest = 9;

/** One of the files beside the tiles, whole. @throws other faults of the file system */
export function readHeadFile(dir: string, file: string): Buffer | Broken {
  const found = lstatSync(join(dir, file), { throwIfNoEntry: false });
  if (found === undefined) return broken(file, 'is missing');
  if (!found.isFile()) return broken(file, 'is no plain file');
  if (found.size > maxHeadBytes) return broken(file, `has more than ${maxHeadBytes} bytes`);
  return readFileSync(join(dir, file));
}

/** Reads one file at a time. The bytes are overwritten by the next `read`. */
export class FileReader {
  readonly #dir: string;
  #buffer = Buffer.allocUnsafe(1 << 18);

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The whole file, or null when there is none. @throws other faults of the file system */
  read(path: string): Buffer | null {
    const fd = openIfThere(join(this.#dir, path));
    if (fd === null) return null;
    try {
      let length = 0;
      for (;;) {
        if (length === this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer, this.#buffer]);
        const got = readSync(fd, this.#buffer, length, this.#buffer.length - length, null);
        if (got === 0) return this.#buffer.subarray(0, length);
        length += got;
      }
    } finally {
      closeSync(fd);
    }
  }
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Writes files that did not exist, making their folders. */
export class FileWriter {
  files = 0;
  readonly #dir: string;
  #folder = '';

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @throws what the file system throws, also when the file exists */
  write(path: string, bytes: Uint8Array, sync = false): void {
    const file = join(this.#dir, path);
    const folder = dirname(file);
    if (folder !== this.#folder) mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    const fd = openSync(file, 'wx', 0o644);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      if (sync) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    this.files++;
  }
}

/** The first path (in name order) that a log of `size` entries does not have, or null. Empty folders count too. */
export function findUnexpected(dir: string, size: number, folder = ''): string | null {
  const items = readdirSync(join(dir, folder), { withFileTypes: true });
  items.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (items.length === 0 && folder !== '') return `${folder}/`;
  for (const item of items) {
    const path = folder === '' ? item.name : `${folder}/${item.name}`;
    if (item.isDirectory()) {
      if (path.split('/').length > deepest) return `${path}/`;
      const found = findUnexpected(dir, size, path);
      if (found !== null) return found;
    } else if (!item.isFile() || !isExpected(path, size) || isTooLarge(dir, path)) {
      return path;
    }
  }
  return null;
}

/** Larger than any of its kind. */
function isTooLarge(dir: string, path: string): boolean {
  const most = headFiles.has(path)
    ? maxHeadBytes
    : parseTilePath(path)?.level === 'entries'
      ? maxBundleBytes
      : tileBytes;
  return lstatSync(join(dir, path)).size > most;
}

function isExpected(path: string, size: number): boolean {
  if (headFiles.has(path)) return true;
  const tile = parseTilePath(path);
  if (tile === null) return false;
  const hashes = Math.floor(size / tileWidth ** (tile.level === 'entries' ? 0 : tile.level));
  const full = Math.floor(hashes / tileWidth);
  return tile.idx < full ? tile.width === tileWidth : tile.idx === full && tile.width === hashes % tileWidth;
}
