// Takes up a stored log, at boot and after any failed commit: rebuilds the tree from the database and holds it against
// what was signed before (checkpoint table, head file). Refuses rather than repairs; it writes nothing.
import { parseCheckpoint } from '#server/lib/log/checkpoint.ts';
import { leafHash } from '#server/lib/log/merkle.ts';
import { parseNote } from '#server/lib/log/note.ts';
import { planRestore, TileBuilder } from '#server/lib/log/tiles.ts';
import { LogDamaged, LogRolledBack } from '../errors.ts';
import type { WriteEngine } from './engine.ts';
import type { Head } from './head-file.ts';

export interface Signed extends Head {
  note: string;
}

export interface ResumedLog {
  /** Tree over everything durable; the writer appends to it. */
  tree: TileBuilder;
  /** The same tree, every leaf since the last checkpoint recomputed from its bytes: what signing starts from. */
  verified: TileBuilder;
  /** The last signed checkpoint in the database. */
  signed: Signed | null;
}

const leavesAtOnce = 2_000;

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
    const from = tree.size;
    const rows = await readLeaves(engine, from, Math.min(size, from + leavesAtOnce));
    for (const [i, row] of rows.entries()) {
      if (row.seq !== from + i) throw new LogDamaged(`Entry ${from + i} is missing from the database.`);
      if (!tree.appendLeaf(row.leaf).equals(row.leaf_hash)) {
        throw new LogDamaged(`Entry ${row.seq}: the stored bytes no longer give the stored hash.`);
      }
    }
    if (rows.length === 0) throw new LogDamaged(`Entry ${from} is missing from the database.`);
    tree.takeCompleted();
  }
}

interface LeafRow {
  seq: number;
  leaf: Buffer;
  leaf_hash: Buffer;
}

export function readLeaves(engine: WriteEngine, from: number, until: number) {
  return engine.query<LeafRow>(
    'select seq, leaf, leaf_hash from entry where seq >= ? and seq < ? order by seq',
    [from, until],
  );
}

/** The tree at `size`, from full tiles and the leaves of the incomplete one. */
async function restoreTree(engine: WriteEngine, size: number): Promise<TileBuilder> {
  const plan = planRestore(size);
  const tiles: Buffer[] = [];
  for (const { level, idx } of plan.tiles) {
    const [tile] = await engine.query<{ hashes: Buffer }>(
      'select hashes from tile where level = ? and idx = ?',
      [level, idx],
    );
    if (tile === undefined) throw new LogDamaged(`Tile ${level}/${idx} is missing from the database.`);
    tiles.push(tile.hashes);
  }
  const leaves = await readLeaves(engine, plan.leavesFrom, size);
  for (const [i, row] of leaves.entries()) {
    if (row.seq !== plan.leavesFrom + i) throw new LogDamaged(`Entry ${plan.leavesFrom + i} is missing.`);
    if (!leafHash(row.leaf).equals(row.leaf_hash)) {
      throw new LogDamaged(`Entry ${row.seq}: the stored bytes no longer give the stored hash.`);
    }
  }
  if (leaves.length !== size - plan.leavesFrom) throw new LogDamaged(`Entries before ${size} are missing.`);
  const hashes = leaves.map((row) => row.leaf_hash);
  return TileBuilder.restore(size, tiles, hashes);
}

async function lastSigned(engine: WriteEngine, origin: string): Promise<Signed | null> {
  const [row] = await engine.query<{ size: number; note: string }>(
    'select size, note from checkpoint order by size desc limit 1',
  );
  if (row === undefined) return null;
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
