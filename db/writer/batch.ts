// One batch of units in one transaction. Each unit with changes runs in its own savepoint: one that meets another
// version is undone alone and its `conflict` entry takes its place; one that is malformed fails alone. Seqs are given
// here, and nowhere else. Throws only when the whole batch may be lost.
import { hashBytes, leafHashInto } from '#server/lib/log/merkle.ts';
import type { TileBuilder } from '#server/lib/log/tiles.ts';
import { type ChangeCompiler, MalformedUnit } from '../changes.ts';
import type { CommitResult } from '../store.ts';
import type { WriteEngine } from './engine.ts';
import type { TailSeal } from './tail-seal.ts';
import type { EntryBytes, WriteUnit } from './units.ts';

export type UnitOutcome = CommitResult | { kind: 'malformed'; message: string };

export interface Batch {
  /** Size of the log before it. */
  first: number;
  leaves: Buffer[];
  outcomes: UnitOutcome[];
}

/** Runs the units and commits. `batch` is filled as it goes, so that a caller can tell what a failed commit held. */
export async function runBatch(
  engine: WriteEngine,
  compiler: ChangeCompiler,
  tree: TileBuilder,
  seal: TailSeal,
  units: readonly WriteUnit[],
  batch: Batch,
): Promise<void> {
  const events: Buffer[] = [];
  await engine.begin();
  for (const unit of units) {
    const next = batch.first + batch.leaves.length;
    const { outcome, entries } = await runUnit(engine, compiler, unit, next, units.length === 1);
    batch.outcomes.push(outcome);
    for (const { leaf, event } of entries) {
      batch.leaves.push(leaf);
      events.push(event);
    }
  }
  const { first, leaves } = batch;
  if (leaves.length > 0) {
    const hashes = Buffer.allocUnsafe(leaves.length * hashBytes);
    for (let i = 0; i < leaves.length; i++) {
      leafHashInto(hashes, i * hashBytes, leaves[i]!);
      tree.append(hashes, i * hashBytes);
    }
    await engine.append({ first, leaves, hashes, events });
    const tiles = tree.takeCompleted();
    if (tiles.length > 0) await engine.addTiles(tiles);
    await seal.write(engine, tree);
  }
  await engine.commit();
}

async function runUnit(
  engine: WriteEngine,
  compiler: ChangeCompiler,
  unit: WriteUnit,
  next: number,
  alone: boolean,
): Promise<{ outcome: UnitOutcome; entries: readonly EntryBytes[] }> {
  const { changes, entries } = unit;
  const seqs = entries.map((_, i) => next + i);
  let skipped: number[] = [];
  if (changes.length > 0) {
    let met: number | null;
    // The only unit of a batch needs no savepoint: the transaction itself can be undone.
    const undo = async () => {
      if (!alone) return engine.undo();
      await engine.rollback();
      return engine.begin();
    };
    if (!alone) await engine.mark();
    try {
      ({ met, skipped } = await runChanges(engine, compiler, unit, seqs));
    } catch (error) {
      if (!(error instanceof MalformedUnit) && engine.classify(error) === 'broken') throw error;
      await undo();
      return { outcome: { kind: 'malformed', message: describe(error) }, entries: [] };
    }
    if (met !== null) {
      await undo();
      const instead = unit.onConflict ? [unit.onConflict] : [];
      return { outcome: { kind: 'conflict', change: met, seqs: instead.map(() => next) }, entries: instead };
    }
    if (!alone) await engine.keep();
  }
  return { outcome: { kind: 'done', seqs, skipped }, entries };
}

/** `met` is the index of the change that met another version. */
async function runChanges(
  engine: WriteEngine,
  compiler: ChangeCompiler,
  { changes }: WriteUnit,
  seqs: readonly number[],
): Promise<{ met: number | null; skipped: number[] }> {
  const skipped: number[] = [];
  let loaded = 0;
  for (const [i, change] of changes.entries()) {
    const step = compiler.compile(change, seqs);
    if (step.kind === 'load') {
      for (const index of await engine.load(step.table, step.columns, step.rows))
        skipped.push(loaded + index);
      loaded += step.rows.length;
      continue;
    }
    try {
      const touched = await engine.run(step.statement, step.params);
      if (touched === 0 && step.mustTouch) return { met: i, skipped };
    } catch (error) {
      if (engine.classify(error) === 'clash') return { met: i, skipped };
      throw error;
    }
  }
  return { met: null, skipped };
}

/** The driver's words name columns and constraints; PostgreSQL's `detail`, which holds values, is not taken. */
function describe(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown fault';
}

/**
 * Units that load many rows are batches of their own: without a neighbour they need no savepoint, which would copy every
 * page they touch.
 */
export function apart(units: WriteUnit[]): WriteUnit[][] {
  const groups: WriteUnit[][] = [];
  let together: WriteUnit[] = [];
  for (const unit of units) {
    if (!unit.changes.some(({ op }) => op === 'load')) {
      if (together.length === 0) groups.push(together);
      together.push(unit);
      continue;
    }
    groups.push([unit]);
    together = [];
  }
  return groups;
}
