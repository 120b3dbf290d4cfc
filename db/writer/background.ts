// What the writer does between batches, in slices short enough not to hold up the next one: signing checkpoints, once a
// second while the log grows and on demand, and projecting. Also knows who waits for either.
import { LogUnavailable } from '../store.ts';
import type { Checkpoints } from './checkpoints.ts';
import { ProjectionFault, type Projections } from './projections.ts';
import type { TreeHead } from './resume.ts';

export interface CoveringNote {
  size: number;
  note: string;
}

/** Someone who waits until `size` entries are signed, or projected. */
interface Waiting<T> {
  size: number;
  resolve(value: T): void;
  reject(error: Error): void;
}

const signEveryMs = 1_000;
/** Projections wait for a pause in the writing, unless they have fallen this far behind. */
const idleMs = 50;
const farBehind = 50_000;

export class Background {
  readonly #demands: Waiting<CoveringNote>[] = [];
  readonly #settling: Waiting<undefined>[] = [];
  #rebuild: Waiting<undefined> | null = null;
  #checkpoints!: Checkpoints;
  #projections!: Projections;
  #unprojectable: ProjectionFault | null = null;
  #signedAt = 0;
  readonly #signs: boolean;

  /** @param signs false: nothing is signed, neither in time nor on demand */
  constructor(signs: boolean) {
    this.#signs = signs;
  }

  /** Goes on from a log that was just taken up. */
  resume(checkpoints: Checkpoints, projections: Projections): void {
    this.#checkpoints = checkpoints;
    this.#projections = projections;
  }

  demand(size: number): Promise<CoveringNote> {
    if (!this.#signs)
      return Promise.reject(new LogUnavailable('Nothing is signed while a loss is being recorded.'));
    return new Promise((resolve, reject) => this.#demands.push({ size, resolve, reject }));
  }

  settle(size: number): Promise<undefined> {
    return new Promise((resolve, reject) => this.#settling.push({ size, resolve, reject }));
  }

  /** Resolves when what was projected has been dropped; `settle` then waits for the new. */
  rebuild(): Promise<undefined> {
    return new Promise((resolve, reject) => {
      this.#rebuild = { size: 0, resolve, reject };
    });
  }

  /** Nobody who waits now will be answered otherwise. */
  abandon(why: string): void {
    const waiting = [...this.#demands.splice(0), ...this.#settling.splice(0)];
    for (const { reject } of waiting) reject(new LogUnavailable(why));
    this.#rebuild?.reject(new LogUnavailable(why));
    this.#rebuild = null;
  }

  /** After a failure: a signature that keeps failing is tried once a second, not at once again. */
  postpone(): void {
    this.#signedAt = performance.now();
  }

  /**
   * One slice of what is due; false when nothing is.
   * @param tree everything durable
   * @param idleSince when the last batch was answered; null while closing, when nothing is projected any more
   */
  async step(tree: TreeHead, idleSince: number | null): Promise<boolean> {
    this.#answerDemands();
    const now = performance.now();
    const due = this.#signs && tree.size !== this.#signedSize && now - this.#signedAt >= signEveryMs;
    if (this.#demands.length > 0 || due) this.#checkpoints.aim(tree);
    if (this.#checkpoints.working) {
      if (await this.#checkpoints.step()) this.#signedAt = performance.now();
      this.#answerDemands();
      return true;
    }
    if (idleSince === null) return false;
    if (this.#rebuild !== null) await this.#clear(this.#rebuild);
    return this.#project(tree.size, now - idleSince >= idleMs);
  }

  /** Signs the whole log before it is closed. */
  async signLast(tree: TreeHead): Promise<void> {
    if (!this.#signs || tree.size === this.#signedSize) return;
    this.#checkpoints.aim(tree);
    while (!(await this.#checkpoints.step()));
    this.#answerDemands();
  }

  /** How long nothing becomes due by itself, in ms. */
  untilDue(size: number, idleSince: number): number {
    const now = performance.now();
    const behind = this.#unprojectable === null && this.#projections.next < size;
    return Math.min(
      !this.#signs || size === this.#signedSize
        ? Number.POSITIVE_INFINITY
        : Math.max(0, this.#signedAt + signEveryMs - now),
      behind ? Math.max(0, idleSince + idleMs - now) : Number.POSITIVE_INFINITY,
    );
  }

  get #signedSize(): number {
    return this.#checkpoints.last?.size ?? 0;
  }

  #answerDemands(): void {
    const last = this.#checkpoints.last;
    if (last !== null) release(this.#demands, last.size, { size: last.size, note: last.note });
  }

  async #clear(rebuild: Waiting<undefined>): Promise<void> {
    this.#rebuild = null;
    try {
      await this.#projections.clear();
      this.#unprojectable = null;
      rebuild.resolve(undefined);
    } catch (error) {
      rebuild.reject(error instanceof Error ? error : new Error('unknown fault'));
      if (!(error instanceof ProjectionFault)) throw error;
    }
  }

  async #project(size: number, idle: boolean): Promise<boolean> {
    if (this.#unprojectable !== null) {
      for (const { reject } of this.#settling.splice(0)) reject(this.#unprojectable);
      return false;
    }
    const behind = size - this.#projections.next;
    const asked = this.#settling.length > 0;
    const due = behind > 0 && (idle || asked || behind > farBehind);
    try {
      if (due) await this.#projections.step(size);
    } catch (error) {
      if (!(error instanceof ProjectionFault)) throw error;
      // Entries go on without it; whoever waits for the projections hears why, until they are built anew.
      this.#unprojectable = error;
      return true;
    }
    release(this.#settling, this.#projections.next, undefined);
    return due || asked;
  }
}

/** Answers those who wait for no more than `size`. */
function release<T>(waiting: Waiting<T>[], size: number, value: T): void {
  for (let i = waiting.length - 1; i >= 0; i--) {
    if (waiting[i]!.size <= size) waiting.splice(i, 1)[0]!.resolve(value);
  }
}
