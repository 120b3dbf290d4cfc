// Holds a run of entries to their events: each event opens what its leaf commits to, and what is missing is counted; and what
// is searched of them to both. Pure, so that it may run in any thread.
import { isUtf8 } from 'node:buffer';
import { readOpenings } from '#server/gate/opening-check.ts';
import { type EntryRun, entriesOf, type Finding } from '#server/lib/log/entry-runs.ts';
import { checkTrail, type StoredTrail, type TrailChecked } from './trail-run.ts';

/** A run of entries, and what is searched of it where that is to be checked too. */
export type CheckedRun = EntryRun & { readonly trail?: StoredTrail | undefined };

/** Of entries up to the first that is wrong. */
export interface RunChecked {
  finding: Finding | null;
  /** Entries of which something can no longer be read. */
  erased: number;
  /** Openings missing, less those that acts of erasure among these entries account for. */
  unaccounted: number;
  /** The first of these entries of which something is missing, and the first whose event is gone whole. */
  firstErased: number | null;
  firstRowGone: number | null;
  /** Null where it was not asked for. */
  trail: TrailChecked | null;
}

export function checkRun(run: CheckedRun): RunChecked {
  const wrongBytes = isUtf8(run.events.texts) ? null : firstNotUtf8(run);
  const checked: RunChecked = {
    finding: null,
    erased: 0,
    unaccounted: 0,
    firstErased: null,
    firstRowGone: null,
    trail: null,
  };
  for (const { seq, leaf, event } of entriesOf(run)) {
    // What is read instead of such bytes might be what was written.
    const fault = seq === wrongBytes ? { fault: 'the event is not UTF-8' } : readOpenings(leaf, event);
    if ('fault' in fault) return { ...checked, finding: { seq, why: fault.fault } };
    if (fault.missing > 0) {
      checked.erased++;
      checked.firstErased ??= seq;
      if (event === null) checked.firstRowGone ??= seq;
    }
    checked.unaccounted += fault.missing - fault.accountedFor;
  }
  if (run.trail) checked.trail = checkTrail(run, run.trail);
  return checked;
}

function firstNotUtf8({ events: { texts, lengths, seqs } }: EntryRun): number | null {
  for (let i = 0, at = 0; i < seqs.length; i++) {
    const end = at + lengths[i]!;
    if (!isUtf8(texts.subarray(at, end))) return seqs[i]!;
    at = end;
  }
  return null;
}
