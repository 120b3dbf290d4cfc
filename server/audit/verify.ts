// The full check of a stored log: every leaf, tile, checkpoint and cosignature, and whether every event still opens what its
// leaf commits to. An erased opening is lawful, a changed one is not. What is missing is counted against what the acts of
// erasure in the log account for: an opening once erased cannot be made again, so any other erasure leaves the two apart.
// Reads only.
import type { Checkpoint } from '#server/lib/log/checkpoint.ts';
import type { LogDatabaseSource } from '#server/lib/log/database-source.ts';
import type { Progress } from '#server/lib/log/directory.ts';
import type { Verifier } from '#server/lib/log/note.ts';
import { type Broken, broken } from '#server/lib/log/outside.ts';
import type { Policy } from '#server/lib/log/policy.ts';
import type { TrailSource } from '#server/lib/log/trail-source.ts';
import { type CosignatureSource, verifyCosignatures } from '#server/lib/log/verify-cosignatures.ts';
import { type VerifiedDatabase, verifyDatabaseLog } from '#server/lib/log/verify-database.ts';
import { type OpeningsCheck, openingsCheck, threadsFor } from './openings-threads.ts';
import { TrailCheck } from './trail-check.ts';

export interface VerifyOptions {
  origin: string;
  verifiers: readonly Verifier[];
  /** From the head file beside the database. */
  head?: (Pick<Checkpoint, 'size' | 'root'> & { nth?: number | null }) | null;
  /** Kept outside by somebody. */
  kept?: Checkpoint | null;
  /** Whose cosignatures count, and how many are enough. */
  policy?: Policy | null;
  /** What is wrong with what keeps the tables append-only, or null. */
  guardFault?: () => Promise<string | null>;
  onProgress?: Progress;
  /** Where what is searched of the log is to be held to it as well. */
  trail?: TrailSource;
  /** How many threads hold events to their leaves; by default what the log's length and this machine suggest. */
  threads?: number;
}

export type Verified = VerifiedDatabase & {
  /** Entries of which something can no longer be read. */
  erased: number;
  /**
   * Openings (a subject, a case, a query, a detail) that are gone without an act of erasure; 0 is as it must be. Less than 0
   * where what an act erased is there again.
   */
  unaccounted: number;
  /** The first entry of which something can no longer be read, and the first whose event is gone whole: no act does that. */
  firstErased: number | null;
  firstRowGone: number | null;
  cosignatures: number;
  /** The greatest size a quorum of witnesses cosigned; null for none. */
  quorumAt: number | null;
  /** What is wrong with what is searched of the log, for an operator; null for nothing, or where it was not looked at. */
  trailFault: string | null;
};

/** What is wrong with the openings, for an operator; null when every missing one was erased by an act, and none came back. */
export function openingsFault({
  unaccounted,
  firstErased,
  firstRowGone,
}: Pick<Verified, 'unaccounted' | 'firstErased' | 'firstRowGone'>): string | null {
  if (unaccounted === 0) return null;
  if (unaccounted < 0)
    return (
      `${-unaccounted} fewer are missing than acts of destruction erased: what had been destroyed was put back by hand. Keep this ` +
      'database as evidence, and tell the protection officer'
    );
  const where =
    firstRowGone === null
      ? `entries that lack one begin at ${firstErased}`
      : `entry ${firstRowGone} is the first whose event is gone whole`;
  return (
    `${unaccounted} are gone that no act of destruction accounts for (${where}): somebody erased them by hand. Who did what, and ` +
    'when, still stands as it was signed; on whom is lost for these. Keep this database as evidence, look for them in the ' +
    'newest backup that has them, and tell the security officer'
  );
}

/** What is wrong with the stored checkpoints, for an operator; null where every one that was signed is there. */
export function checkpointsFault({
  missingCheckpoints,
}: Pick<Verified, 'missingCheckpoints'>): string | null {
  if (missingCheckpoints === null) return null;
  const { before, count } = missingCheckpoints;
  return (
    `${count} that were signed are gone, the last of them before ${before} entries: somebody took them out of the table. The ` +
    'entries stand as they were signed, and a checkpoint kept elsewhere can still be proven (`kuzot audit proof --from FILE`). Keep ' +
    'this database as evidence, and tell the security officer'
  );
}

const trailHint =
  '. Somebody wrote into it: acts or accesses were hidden from those who searched. Keep a copy of this database as evidence, run ' +
  '`kuzot audit rebuild`, and tell the security officer';

export async function verifyAudit(
  source: LogDatabaseSource & CosignatureSource,
  options: VerifyOptions,
): Promise<Verified | Broken> {
  let erased = 0;
  let unaccounted = 0;
  let firstErased: number | null = null;
  let firstRowGone: number | null = null;
  let reached = -1;
  let openings: OpeningsCheck | undefined;
  try {
    openings = openingsCheck(options.threads ?? threadsFor((await source.counts()).entries));
    const { run } = openings;
    const trail = options.trail ? await TrailCheck.open(options.trail) : null;
    const result = await verifyDatabaseLog(source, {
      ...options,
      async checkEntries(entries) {
        const checked = await run({ ...entries, trail: await trail?.stored(entries) });
        if (checked.trail !== null) trail?.add(checked.trail);
        erased += checked.erased;
        unaccounted += checked.unaccounted;
        // Threads may answer in another order.
        firstErased = earlier(firstErased, checked.firstErased);
        firstRowGone = earlier(firstRowGone, checked.firstRowGone);
        return checked.finding;
      },
      onProgress(done, total) {
        reached = done - 1;
        options.onProgress?.(done, total);
      },
    });
    if (result.kind === 'broken') return result;
    const cosigned = await verifyCosignatures(source, options.policy ?? null);
    if (cosigned.kind === 'broken') return cosigned;
    const unguarded = (await options.guardFault?.()) ?? null;
    if (unguarded !== null)
      return broken(unguarded, 'though every entry is as it was signed. Tell the security officer');
    const trailFault = (await trail?.fault(result.size)) ?? null;
    return {
      ...result,
      erased,
      unaccounted,
      firstErased,
      firstRowGone,
      cosignatures: cosigned.count,
      quorumAt: cosigned.quorumAt,
      trailFault: trailFault === null ? null : trailFault + trailHint,
    };
  } catch (error) {
    // The database's own word for what cannot be read of it (db/errors.ts).
    if (!(error instanceof Error) || error.name !== 'LogDamaged') throw error;
    const pages = reached < 0 ? 'the first pages' : `the pages after entry ${reached}`;
    return broken('where' in error && typeof error.where === 'string' ? error.where : pages, error.message);
  } finally {
    await openings?.close();
  }
}

const earlier = (a: number | null, b: number | null) =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
