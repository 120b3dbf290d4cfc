// Takes up a stored log, at boot and after any failed commit: rebuilds the tree from the database and holds it against
// what was signed before (checkpoint table, head file). Refuses rather than repairs; it writes nothing.
import { parseCheckpoint } from '#server/lib/log/checkpoint.ts';
import { hashBytes, leafHashInto } from '#server/lib/log/merkle.ts';
import { parseNote } from '#server/lib/log/note.ts';
import { planRestore, TileBuilder } from '#server/lib/log/tiles.ts';
import { LogDamaged, LogRolledBack } from '../errors.ts';
import { type LogReader, logReader } from '../log-source.ts';
import type { WriteEngine } from './engine.ts';
import type { Head } from './head-file.ts';

export interface Signed extends Head {
  note: string;
}

/** What signing needs to know of a tree. */
export type TreeHead = Pick<TileBuilder, 'size' | 'root'>;

export interface ResumedLog {
  /** Tree over everything durable; the writer appends to it. */
  tree: TileBuilder;
  /** The same tree, every leaf since the last checkpoint recomputed from its bytes: what signing starts from. */
  verified: TileBuilder;
  /** The last signed checkpoint in the database. */
  signed: Signed | null;
}

const leavesAtOnce = 1_000;

/**
 * @param head what the file outside the database says was signed last
 * @throws LogRolledBack when the database is shorter than, or differs from, what was signed
 * @throws LogDamaged when stored bytes contradict each other
 */
export async function resumeLog(engine: WriteEngine, origin: string, head: Head | null): Promise<ResumedLog> {
  const [counted] = await engine.query<{ size: number }>(
    'select coalesce(max(seq) + 1, 0) as size from entry',
  );
  const size = counted!.size;
  const signed = await lastSigned(engine, origin);
  if (signed !== null) await holdAgainst(engine, size, signed, 'the last checkpoint in the database');
  if (head !== null) await holdAgainst(engine, size, head, 'the head file beside it');

  const tree = await restoreTree(engine, size);
  const verified = await restoreTree(engine, signed?.size ?? 0);
  await advance(engine, verified, size);
  if (!verified.root().equals(tree.root())) {
    throw new LogDamaged(
      `The entries from ${signed?.size ?? 0} to ${size} do not give the tree that was stored with them. ` +
        'Run `kuzot audit verify` to find the first bad entry.',
    );
  }
  return { tree, verified, signed };
}

/** Recomputes leaves from stored bytes and appends them to `tree`, up to `size`. */
export async function advance(engine: WriteEngine, tree: TileBuilder, size: number): Promise<void> {
  while (tree.size < size) {
    const { count, hashes } = await readHashes(engine, tree.size, Math.min(size, tree.size + leavesAtOnce));
    for (let i = 0; i < count; i++) tree.append(hashes, i * hashBytes);
    tree.takeCompleted();
  }
}

/** Hashes of entries `from` to `until`, recomputed from the leaves' bytes and equal to those stored. */
async function readHashes(
  engine: WriteEngine,
  from: number,
  until: number,
): Promise<{ count: number; hashes: Buffer }> {
  const count = until - from;
  const page = await reading(engine).readEntries(from, count);
  if (page === null || page.first !== from)
    throw new LogDamaged(`Entry ${from} is missing from the database.`);
  if (page.last !== until - 1 || page.count !== count) {
    throw new LogDamaged(`An entry between ${from} and ${until} is missing from the database.`);
  }
  const hashes = Buffer.allocUnsafe(count * hashBytes);
  for (let i = 0, at = 0; i < count; i++) {
    const end = at + page.lengths[i]!;
    leafHashInto(hashes, i * hashBytes, page.leaves, at, end);
    at = end;
  }
  if (!hashes.equals(page.hashes)) {
    const same = (i: number) =>
      page.hashes.compare(hashes, i * hashBytes, (i + 1) * hashBytes, i * hashBytes, (i + 1) * hashBytes) ===
      0;
    let bad = 0;
    while (bad < count - 1 && same(bad)) bad++;
    throw new LogDamaged(`Entry ${from + bad}: the stored bytes no longer give the stored hash.`);
  }
  return { count, hashes };
}

/** The log as stored, read over the writer's own connection. */
export function reading(engine: WriteEngine): LogReader {
  return logReader(engine.engine, (text, params) => engine.query(text, params));
}

/** The tree at `size`, from full tiles and the leaves of the incomplete one. */
async function restoreTree(engine: WriteEngine, size: number): Promise<TileBuilder> {
  const plan = planRestore(size);
  const tiles: Uint8Array[] = [];
  for (const { level, idx } of plan.tiles) {
    const [tile] = await reading(engine).readTiles(level, idx, 1);
    if (tile?.idx !== idx) throw new LogDamaged(`Tile ${level}/${idx} is missing from the database.`);
    tiles.push(tile.hashes);
  }
  const leafHashes: Buffer[] = [];
  if (plan.leavesFrom < size) {
    const { count, hashes } = await readHashes(engine, plan.leavesFrom, size);
    for (let i = 0; i < count; i++) leafHashes.push(hashes.subarray(i * hashBytes, (i + 1) * hashBytes));
  }
  return TileBuilder.restore(size, tiles, leafHashes);
}

async function lastSigned(engine: WriteEngine, origin: string): Promise<Signed | null> {
  const row = await reading(engine).lastCheckpoint();
  if (row === null) return null;
  const note = parseNote(row.note);
  const checkpoint = note.kind === 'ok' ? parseCheckpoint(note.text) : note;
  if (checkpoint.kind !== 'ok' || checkpoint.size !== row.size) {
    throw new LogDamaged(`The checkpoint stored for size ${row.size} cannot be read.`);
  }
  if (checkpoint.origin !== origin) {
    throw new LogDamaged(`The database holds the log ${checkpoint.origin}; this server signs ${origin}.`);
  }
  return { size: checkpoint.size, root: Buffer.from(checkpoint.root), note: row.note };
}

async function holdAgainst(engine: WriteEngine, size: number, signed: Head, by: string): Promise<void> {
  if (size < signed.size) {
    throw new LogRolledBack(
      `The database holds ${size} entries, but ${by} shows that ${signed.size} were already signed. ` +
        'It was put back to an older state or lost its end. Restore the newest copy; nothing is served until then.',
    );
  }
  const tree = await restoreTree(engine, signed.size);
  if (!tree.root().equals(signed.root)) {
    throw new LogRolledBack(
      `The first ${signed.size} entries in the database are not those that ${by} shows as signed: ` +
        'the log was rewritten. Keep this database as evidence and restore an untouched copy.',
    );
  }
}
