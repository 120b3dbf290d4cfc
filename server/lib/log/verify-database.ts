// Checks a stored log against itself and against what it signed: no gap in seq, every leaf canonical and matching
// its hash, every tile as it must be, none missing and none too many, every checkpoint signed and with the root of
// its size; and, where given, the head file and a checkpoint kept outside. Names the first bad place. Reads in
// pages; memory does not grow with the log. Writes nothing.

import type { Checkpoint } from './checkpoint.ts';
import type { EntryPage, LogDatabaseSource } from './database-source.ts';
import type { Progress } from './directory.ts';
import { type EntryCheck, EntryRuns, markHandled } from './entry-runs.ts';
import { ExpectedRoots, type Vouched } from './expected-roots.ts';
import { isCanonicalJson } from './leaf.ts';
import { hashBytes, leafHashInto } from './merkle.ts';
import type { Verifier } from './note.ts';
import { type Broken, broken } from './outside.ts';
import { StoredTiles } from './stored-tiles.ts';
import { maxLeafBytes, TileBuilder, tileLevels } from './tiles.ts';

export type VerifiedDatabase = {
  readonly kind: 'ok';
  readonly size: number;
  readonly root: Buffer;
  readonly checkpoints: number;
  readonly tiles: number;
  /** Entries after the last checkpoint: whole, but not yet signed. */
  readonly unsigned: number;
  /** Checkpoints that were signed and are not stored; null for none. */
  readonly missingCheckpoints: { readonly before: number; readonly count: number } | null;
};

export type DatabaseChecks = {
  readonly origin: string;
  /** All keys the log has signed with. */
  readonly verifiers: readonly Verifier[];
  /** The newest size and root, as the file beside the database has them: read before the source's state is fixed. */
  readonly head?: (Pick<Checkpoint, 'size' | 'root'> & Pick<Vouched, 'nth'>) | null | undefined;
  /** A checkpoint kept outside; see `readKeptCheckpoint`. */
  readonly kept?: Checkpoint | null | undefined;
  /** Looks into the entries, with their events. */
  readonly checkEntries?: EntryCheck | undefined;
  readonly onProgress?: Progress | undefined;
};

const entriesAtOnce = 1_024;

/** Full check of the four tables. @throws what the source throws */
export async function verifyDatabaseLog(
  source: LogDatabaseSource,
  checks: DatabaseChecks,
): Promise<VerifiedDatabase | Broken> {
  const runs = new EntryRuns(source, checks.checkEntries);
  try {
    return await checkAll(source, checks, runs);
  } catch (error) {
    // What was read before what cannot be read comes first.
    const found = await runs.finish();
    if (found !== null) return found;
    throw error;
  }
}

async function checkAll(
  source: LogDatabaseSource,
  checks: DatabaseChecks,
  runs: EntryRuns,
): Promise<VerifiedDatabase | Broken> {
  const counts = await source.counts();
  const builder = new TileBuilder();
  const roots = await ExpectedRoots.open(source, checks.verifiers, checks.origin, vouchedFor(checks));
  const tiles = new StoredTiles(source);
  let pages = 0;
  let reading = source.readEntries(0, entriesAtOnce);
  runs.readAhead(0, entriesAtOnce);
  for (;;) {
    const page = await reading;
    if (page === null) break;
    // The next page is fetched while this one is checked, where the source reads in another thread or process.
    reading = source.readEntries(page.last + 1, entriesAtOnce);
    markHandled(reading);
    runs.readAhead(page.last + 1, page.last + 1 + entriesAtOnce);
    const fault =
      (await checkRows(source, page, builder.size)) ??
      checkContent(page) ??
      (await runs.check(page)) ??
      (await append(page, builder, roots)) ??
      (await tiles.check(builder.takeCompleted()));
    // Whatever is wrong in an entry before, and still being looked for, comes first.
    if (fault !== null) return (await runs.finish()) ?? fault;
    checks.onProgress?.(builder.size, counts.entries);
    // Lets a progress bar draw and an interrupt arrive, without paying for it on every page.
    if (++pages % 16 === 0) await new Promise<void>((resume) => setImmediate(resume));
  }
  const { size } = builder;
  const root = builder.root();
  const fault =
    (await runs.finish()) ??
    (await roots.check(size, root)) ??
    roots.checkNoneLeft(size, counts.checkpoints) ??
    (await tiles.checkCounts(size, counts.tiles));
  if (fault !== null) return fault;
  if (counts.entries !== size)
    return broken(
      'table entry',
      `has ${counts.entries - size} rows outside the run of seq from 0 to ${size - 1}`,
    );
  const stray = (await source.strayEvents?.(size)) ?? null;
  // What a removed entry left behind, or what was laid there to stop the next one.
  if (stray !== null)
    return broken(
      'table event',
      `has ${stray.count} row(s) of no entry, from ${stray.first} on: the log ends at ${size - 1}`,
    );
  return {
    kind: 'ok',
    size,
    root,
    checkpoints: counts.checkpoints,
    tiles: tileLevels(size).reduce((sum, { full }) => sum + full, 0),
    unsigned: size - roots.lastSigned,
    missingCheckpoints: roots.missing,
  };
}

/** No gap before or inside the page. */
async function checkRows(source: LogDatabaseSource, page: EntryPage, next: number): Promise<Broken | null> {
  if (page.first !== next) return broken(`entry ${next}`, `is missing: the next one stored is ${page.first}`);
  if (page.last - page.first === page.count - 1) return null;
  for (let seq = page.first; ; seq++) {
    const one = await source.readEntries(seq, 1);
    if (one?.first !== seq) return broken(`entry ${seq}`, 'is missing');
  }
}

/** Every leaf hashes to its stored hash and is canonical. */
function checkContent({ first, count, leaves, lengths, hashes }: EntryPage): Broken | null {
  const computed = Buffer.allocUnsafe(count * hashBytes);
  for (let i = 0, at = 0; i < count; i++) {
    const end = at + lengths[i]!;
    leafHashInto(computed, i * hashBytes, leaves, at, end);
    at = end;
  }
  if (!computed.equals(hashes)) {
    let i = 0;
    const same = (from: number) =>
      computed.subarray(from, from + hashBytes).equals(hashes.subarray(from, from + hashBytes));
    while (same(i * hashBytes)) i++;
    return broken(`entry ${first + i}`, 'leaf does not match its hash');
  }
  for (let i = 0, at = 0; i < count; i++) {
    const end = at + lengths[i]!;
    if (!isCanonicalJson(leaves, at, end)) {
      const long = end - at > maxLeafBytes;
      return broken(
        `entry ${first + i}`,
        long ? 'leaf is longer than 65,535 bytes' : 'leaf is not canonical JSON',
      );
    }
    at = end;
  }
  return null;
}

/** Grows the tree by the page, stopping wherever somebody vouches for its root. */
async function append(page: EntryPage, builder: TileBuilder, roots: ExpectedRoots): Promise<Broken | null> {
  for (let i = 0; i < page.count; i++) {
    if (builder.size === roots.next) {
      const fault = await roots.check(builder.size, builder.root());
      if (fault !== null) return fault;
    }
    builder.append(page.hashes, i * hashBytes);
  }
  return null;
}

function vouchedFor({ head, kept }: DatabaseChecks): Vouched[] {
  const vouched: Vouched[] = [];
  if (head != null) vouched.push({ size: head.size, root: head.root, nth: head.nth, where: 'the head file' });
  if (kept != null) vouched.push({ size: kept.size, root: kept.root, where: 'the checkpoint given' });
  return vouched;
}
