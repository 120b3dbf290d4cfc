// Whether the files of a SQLite database still hold a text anywhere: in rows, in free space inside pages, in its write-ahead
// log. Deleted bytes are overwritten, but pages that were split earlier may keep a copy of what stood in them.
import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileState, openFile } from './cipher.ts';

const pieceBytes = 1 << 20;
/** As large as what the store compacts at once. */
const imageAtMost = 256 * 1024 * 1024;

export function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Searches the database and its write-ahead log, a piece at a time. @param texts a few, at least 8 bytes each */
export async function filesHold(path: string, texts: readonly string[]): Promise<boolean> {
  if (fileState(path) === 'other') return imageHolds(path, texts);
  const sought = texts.map((text) => Buffer.from(text, 'utf8'));
  return (await fileHolds(path, sought)) || (await fileHolds(`${path}-wal`, sought));
}

/**
 * An encrypted file shows nothing: its pages are looked at as they are under the cipher, in one image of memory. Not those of a
 * large one, which may hold what is sought for all that is known.
 */
function imageHolds(path: string, texts: readonly string[]): boolean {
  if (fileSize(path) > imageAtMost) return true;
  const db = openFile(path, { readonly: true, fileMustExist: true });
  try {
    const image = db.serialize();
    return texts.some((text) => image.includes(text));
  } finally {
    db.close();
  }
}

async function fileHolds(path: string, sought: readonly Buffer[]): Promise<boolean> {
  if (fileSize(path) === 0) return false;
  const overlap = Math.max(0, ...sought.map((text) => text.length - 1));
  const piece = Buffer.alloc(overlap + pieceBytes);
  const file = await open(path, 'r');
  try {
    let kept = 0;
    for (;;) {
      const { bytesRead } = await file.read(piece, kept, pieceBytes);
      if (bytesRead === 0) return false;
      const seen = piece.subarray(0, kept + bytesRead);
      if (sought.some((text) => seen.includes(text))) return true;
      // A text may lie across two pieces.
      kept = Math.min(overlap, seen.length);
      seen.copyWithin(0, seen.length - kept);
    }
  } finally {
    await file.close();
  }
}
