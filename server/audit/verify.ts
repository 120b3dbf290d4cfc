// The full check of a stored log: every leaf, tile and checkpoint, and whether every event still opens what its leaf commits
// to. Erased events are lawful and counted; changed ones are not. Reads only.
import { checkOpenings } from '#server/gate/leaf.ts';
import type { Checkpoint } from '#server/lib/log/checkpoint.ts';
import type { LogDatabaseSource } from '#server/lib/log/database-source.ts';
import type { Progress } from '#server/lib/log/directory.ts';
import type { Verifier } from '#server/lib/log/note.ts';
import type { Broken } from '#server/lib/log/outside.ts';
import { type VerifiedDatabase, verifyDatabaseLog } from '#server/lib/log/verify-database.ts';

export interface VerifyOptions {
  origin: string;
  verifiers: readonly Verifier[];
  /** From the head file beside the database. */
  head?: Pick<Checkpoint, 'size' | 'root'> | null;
  /** Kept outside by somebody. */
  kept?: Checkpoint | null;
  onProgress?: Progress;
}

export type Verified = VerifiedDatabase & { erased: number };

export async function verifyAudit(
  source: LogDatabaseSource,
  options: VerifyOptions,
): Promise<Verified | Broken> {
  let erased = 0;
  const result = await verifyDatabaseLog(source, {
    ...options,
    checkEntry(_seq, leaf, event) {
      if (event !== null) return checkOpenings(leaf, event);
      erased++;
      return null;
    },
  });
  return result.kind === 'ok' ? { ...result, erased } : result;
}
