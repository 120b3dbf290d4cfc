// Takes up a stored log, at boot and after any failed commit: rebuilds the tree from the database and holds it against
// what was signed before (checkpoint table, head file). Refuses rather than repairs; it writes nothing.
import { numberIn, openCheckpoint } from '#server/lib/log/checkpoint.ts';
import { keysNamed, nameAt, type Predecessor } from '#server/lib/log/lineage.ts';
import { hashBytes, leafHashInto } from '#server/lib/log/merkle.ts';
import type { Verifier } from '#server/lib/log/note.ts';
import { planRestore, TileBuilder } from '#server/lib/log/tiles.ts';
import { LogDamaged, LogRolledBack } from '../errors.ts';
import { type LogReader, logReader } from '../log-source.ts';
import type { WriteEngine } from './engine.ts';
import type { Head, SignedHead } from './head-file.ts';

/** What was signed, and by whom it may have been. */
export interface Signing {
  origin: string;
  verifier: Verifier;
  predecessors: readonly Predecessor[];
  headFile: string;
  /** The head file is not asked: its loss is being recorded. */
  recovering: boolean;
}

/** What signing needs to know of a tree. */
export type TreeHead = Pick<TileBuilder, 'size' | 'root'>;

export interface ResumedLog {
  /** Tree over everything durable; the writer appends to it. */
  tree: TileBuilder;
  /** The same tree, every leaf since the last checkpoint recomputed from its bytes: what signing starts from. */
  verified: TileBuilder;
  /** The last signed checkpoint in the database. */
  signed: SignedHead | null;
  /** How many were signed and stored, as far as anything remembers. */
  checkpoints: number;
}

const leavesAtOnce = 1_000;

/**
 * @param head what the file outside the database says was signed last
 * @throws LogRolledBack when the database is shorter than, or differs from, what was signed, or nothing outside tells
 * @throws LogDamaged when stored bytes contradict each other
 */
export async function resumeLog(
  engine: WriteEngine,
  signing: Signing,
  head: SignedHead | null,
): Promise<ResumedLog> {
  const [counted] = await engine.query<{ size: number }>(
    'select coalesce(max(seq) + 1, 0) as size from entry',
  );
  const size = counted!.size;
  const last = await lastSigned(engine, signing);
  if (last !== null) await holdAgainst(engine, size, last, 'the last checkpoint in the database');
  if (head !== null) await holdAgainst(engine, size, head, `the head file ${signing.headFile}`);
  // Threat: a database put back together with the removal of what remembers more.
  else if (last !== null && last.name === signing.origin && !signing.recovering) {
    throw new LogRolledBack(
      `The database holds ${size} entries and a checkpoint of ${last.size}, but the head file ${signing.headFile}, ` +
        'which remembers what was signed last, is gone. Without it nobody can tell whether this database is the ' +
        `newest. Put the file back from its backup${recoverHint}`,
    );
  }

  const tree = await restoreTree(engine, size);
  const verified = await restoreTree(engine, last?.size ?? 0);
  await advance(engine, verified, size);
  if (!verified.root().equals(tree.root())) {
    throw new LogDamaged(
      `The entries from ${last?.size ?? 0} to ${size} do not give the tree that was stored with them. ` +
        'Run `kuzot audit verify` to find the first bad entry.',
    );
  }
  const checkpoints = await countSigned(engine, last, head);
  return { tree, verified, signed: last?.name === signing.origin ? last : null, checkpoints };
}

/** Threat: rows taken out while nobody looked. What is signed next is numbered on from what was, and the gap shows. */
async function countSigned(
  engine: WriteEngine,
  last: SignedHead | null,
  head: SignedHead | null,
): Promise<number> {
  const [stored] = await engine.query<{ n: number }>('select count(*) as n from checkpoint');
  // A kill may have come between head file and row: that one is signed again, under its number.
  const known = head === null ? 0 : (head.nth ?? 0) - (head.size === last?.size ? 0 : 1);
  return Math.max(Number(stored!.n), known);
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

async function lastSigned(
  engine: WriteEngine,
  { origin, verifier, predecessors }: Signing,
): Promise<(SignedHead & { name: string }) | null> {
  const row = await reading(engine).lastCheckpoint();
  if (row === null) return null;
  const name = nameAt(origin, predecessors, row.size);
  const opened = openCheckpoint(row.note, keysNamed([verifier], name), name);
  if (opened.kind === 'refused' || opened.checkpoint.size !== row.size) {
    const why = opened.kind === 'refused' ? opened.why : `it signs ${opened.checkpoint.size} entries`;
    throw new LogDamaged(
      `The checkpoint stored for size ${row.size} is not this log's: ${why}. Somebody changed the database: ` +
        'keep it as evidence and restore an untouched copy.',
    );
  }
  const { root, extensions } = opened.checkpoint;
  return { name, size: row.size, root: Buffer.from(root), note: row.note, nth: numberIn(extensions) };
}

const recoverHint =
  '; if that cannot be done, two officers record the loss with `kuzot audit recover`. Nothing is served until then.';

async function holdAgainst(engine: WriteEngine, size: number, signed: Head, by: string): Promise<void> {
  if (size < signed.size) {
    throw new LogRolledBack(
      `The database holds ${size} entries, but ${by} shows that ${signed.size} were already signed. ` +
        `It was put back to an older state or lost its end: entries ${size} to ${signed.size - 1} are missing. ` +
        `Restore the newest copy${recoverHint}`,
    );
  }
  const tree = await restoreTree(engine, signed.size);
  if (!tree.root().equals(signed.root)) {
    throw new LogRolledBack(
      `The first ${signed.size} entries in the database have the root ${tree.root().toString('base64')}, but ${by} ` +
        `shows that ${signed.root.toString('base64')} was signed: the log was rewritten, or goes on from an older ` +
        `state. Keep this database as evidence and restore an untouched copy${recoverHint}`,
    );
  }
}
