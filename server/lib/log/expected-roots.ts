// The roots a stored log must pass through as it is read from its beginning: those of its signed checkpoints, of the
// head file, and of a checkpoint kept outside. Reads the checkpoints page by page, and checks their signatures.

import { type Checkpoint, numberIn, openCheckpoint } from './checkpoint.ts';
import type { LogDatabaseSource } from './database-source.ts';
import { keysNamed, lineageSigned, nameAt, type Predecessor } from './lineage.ts';
import type { Verifier } from './note.ts';
import { type Broken, broken } from './outside.ts';

/** A root that somebody vouches for; `where` is who. */
export type Vouched = {
  readonly size: number;
  readonly root: Uint8Array;
  readonly where: string;
  /** Which of the log's checkpoints it is, where it says so. */
  readonly nth?: number | null | undefined;
};

const checkpointsAtOnce = 256;

export class ExpectedRoots {
  readonly #source: LogDatabaseSource;
  readonly #verifiers: readonly Verifier[];
  readonly #origin: string;
  /** As the newest checkpoint names them: what they signed stands before its own. */
  readonly #predecessors: readonly Predecessor[];
  readonly #others: Vouched[];
  #page: readonly { size: number; note: string }[] = [];
  #at = 0;
  #from = 0;
  #next = 0;
  /** Checkpoints found right so far, and the size of the last of them. */
  checked = 0;
  lastSigned = 0;
  /** Before which size checkpoints that were signed are not stored, and how many; null where none is missed. */
  missing: { readonly before: number; readonly count: number } | null = null;

  private constructor(
    source: LogDatabaseSource,
    verifiers: readonly Verifier[],
    origin: string,
    predecessors: readonly Predecessor[],
    others: Vouched[],
  ) {
    this.#source = source;
    this.#verifiers = verifiers;
    this.#origin = origin;
    this.#predecessors = predecessors;
    this.#others = others.sort((a, b) => a.size - b.size);
  }

  static async open(
    source: LogDatabaseSource,
    verifiers: readonly Verifier[],
    origin: string,
    others: readonly Vouched[],
  ): Promise<ExpectedRoots> {
    const last = (await source.lastCheckpoint?.()) ?? null;
    const predecessors = last === null ? [] : lineageSigned(last.note, verifiers, origin);
    const roots = new ExpectedRoots(source, verifiers, origin, predecessors, [...others]);
    await roots.#advance();
    return roots;
  }

  /** The next size at which `check` has something to say; infinite when nothing is left. */
  get next(): number {
    return this.#next;
  }

  /** Holds the tree, now at `size`, to every root vouched for at that size. */
  async check(size: number, root: Uint8Array): Promise<Broken | null> {
    for (; this.#next === size; await this.#advance()) {
      const row = this.#page[this.#at];
      const other = this.#others[0];
      if (row?.size === size) {
        const fault = this.#checkSigned(row, root);
        if (fault !== null) return fault;
        this.#at++;
        this.checked++;
        this.lastSigned = size;
      } else if (other?.size === size) {
        if (Buffer.compare(other.root, root) !== 0) {
          return broken(other.where, `has another root for the first ${size} entries: the log was rewritten`);
        }
        // Its own row comes after it: a kill between the two is no fault.
        if (other.nth != null) this.#expect(this.lastSigned === size ? other.nth : other.nth - 1, size);
        this.#others.shift();
      }
    }
    return null;
  }

  /** After the last entry nothing may be left, and no checkpoint may have escaped the reading. */
  checkNoneLeft(size: number, checkpoints: number): Broken | null {
    const row = this.#page[this.#at];
    const why = `covers more than the ${size} entries there are: the log lost its end`;
    if (row !== undefined) return broken(`checkpoint ${row.size}`, why);
    const other = this.#others[0];
    if (other !== undefined) return broken(other.where, why);
    if (this.checked === checkpoints) return null;
    return broken(
      'table checkpoint',
      `has ${checkpoints} rows, of which ${this.checked} have a size of their own`,
    );
  }

  #checkSigned({ size, note }: { size: number; note: string }, root: Uint8Array): Broken | null {
    const where = `checkpoint ${size}`;
    const name = nameAt(this.#origin, this.#predecessors, size);
    const opened = openCheckpoint(note, keysNamed(this.#verifiers, name), name);
    if (opened.kind === 'refused') return broken(where, opened.why);
    const { checkpoint }: { checkpoint: Checkpoint } = opened;
    if (checkpoint.size !== size)
      return broken(where, `is stored under ${size} but signs ${checkpoint.size} entries`);
    const nth = numberIn(checkpoint.extensions);
    if (nth !== null) this.#expect(nth - 1, size);
    if (Buffer.compare(checkpoint.root, root) === 0) return null;
    return broken(
      where,
      `signs another root than that of the stored entries; the last one that fits is ${this.lastSigned}`,
    );
  }

  /** So many were signed before; the first gap is the one to look into. */
  #expect(signed: number, before: number): void {
    if (signed > this.checked) this.missing ??= { before, count: signed - this.checked };
  }

  async #advance(): Promise<void> {
    if (this.#at === this.#page.length && this.#from !== Number.POSITIVE_INFINITY) {
      this.#page = await this.#source.readCheckpoints(this.#from, checkpointsAtOnce);
      this.#at = 0;
      const last = this.#page.at(-1);
      this.#from = last === undefined ? Number.POSITIVE_INFINITY : last.size + 1;
    }
    const signed = this.#page[this.#at]?.size ?? Number.POSITIVE_INFINITY;
    this.#next = Math.min(signed, this.#others[0]?.size ?? Number.POSITIVE_INFINITY);
  }
}
