// The one appender. Units wait in a queue; whatever arrived while the last commit was being synced makes the next batch
// (no timer). Signing and projecting are done in slices between batches. After any failed commit it stops, connects
// anew, takes up what really is durable, and answers by that. Must never answer before COMMIT.
import type { Signer } from '#server/lib/log/note.ts';
import type { TileBuilder } from '#server/lib/log/tiles.ts';
import { ChangeCompiler, MalformedUnit } from '../changes.ts';
import { LogDamaged, LogRolledBack } from '../errors.ts';
import type { Facts } from '../schema/facts.ts';
import { type CommitUnit, LogUnavailable } from '../store.ts';
import { type Batch, runBatch, type UnitOutcome } from './batch.ts';
import { Checkpoints } from './checkpoints.ts';
import type { WriteEngine } from './engine.ts';
import { readHead, writeHead } from './head-file.ts';
import { ProjectionFault, Projections } from './projections.ts';
import { reading, resumeLog } from './resume.ts';

export interface WriterDeps {
  engine: WriteEngine;
  facts: Facts;
  origin: string;
  signer: Signer;
  headFile: string;
  extensions: readonly string[];
}

export interface WriterEvents {
  /** Outcomes of the oldest unanswered units, in the order they were added. */
  settled(outcomes: UnitAnswer[]): void;
  status(status: WriterStatus): void;
}

export type UnitAnswer = UnitOutcome | { kind: 'unavailable'; message: string };

export interface WriterStatus {
  size: number;
  accepting: boolean;
  why: string | null;
}

/** Stands for units taken from wherever they wait; may be asked at any time between batches. */
export interface UnitSource {
  /** At most `limit` units, oldest first. */
  take(limit: number): CommitUnit[];
}

interface Demand {
  size: number;
  resolve(checkpoint: { size: number; note: string }): void;
  reject(error: Error): void;
}

interface Settling {
  size: number;
  resolve(): void;
  reject(error: Error): void;
}

const batchUnits = 1_024;
const signEveryMs = 1_000;
const retryMs = 1_000;
/** Projections wait for a pause in the writing, unless they have fallen this far behind. */
const idleMs = 50;
const farBehind = 50_000;

export class LogWriter {
  readonly #deps: WriterDeps;
  readonly #source: UnitSource;
  readonly #events: WriterEvents;
  readonly #compiler: ChangeCompiler;
  readonly #demands: Demand[] = [];
  readonly #settling: Settling[] = [];
  #tree!: TileBuilder;
  #checkpoints!: Checkpoints;
  #projections!: Projections;
  #why: string | null = null;
  #closing = false;
  #rebuild: (() => void) | null = null;
  #unprojectable: ProjectionFault | null = null;
  #signedAt = 0;
  #busyAt = 0;
  #wake: (() => void) | null = null;
  #woken = false;
  #done: Promise<void> = Promise.resolve();

  private constructor(deps: WriterDeps, source: UnitSource, events: WriterEvents) {
    this.#deps = deps;
    this.#source = source;
    this.#events = events;
    this.#compiler = new ChangeCompiler(deps.engine.engine, deps.facts);
  }

  /** @throws LogRolledBack, LogDamaged when the stored log may not be taken up. */
  static async open(deps: WriterDeps, source: UnitSource, events: WriterEvents): Promise<LogWriter> {
    const writer = new LogWriter(deps, source, events);
    await writer.#resume();
    writer.#done = writer.#run();
    return writer;
  }

  get status(): WriterStatus {
    return { size: this.#tree.size, accepting: this.#why === null && !this.#closing, why: this.#why };
  }

  /** To be called when the source has units again. */
  wake(): void {
    // While failing, retries keep their own pace whatever arrives.
    if (this.#why !== null && !this.#closing) return;
    this.#woken = true;
    this.#wake?.();
  }

  checkpoint(size?: number): Promise<{ size: number; note: string }> {
    const covered = size ?? this.#tree.size;
    if (covered > this.#tree.size) {
      return Promise.reject(
        new RangeError(`no checkpoint can cover ${covered} entries; ${this.#tree.size} are durable`),
      );
    }
    return this.#asked<{ size: number; note: string }>((resolve, reject) => {
      this.#demands.push({ size: covered, resolve, reject });
    });
  }

  settled(): Promise<undefined> {
    const size = this.#tree.size;
    return this.#asked<undefined>((resolve, reject) => {
      this.#settling.push({ size, resolve: () => resolve(undefined), reject });
    });
  }

  /** Drops what was projected and resolves when all of it is built again. */
  async rebuildProjections(): Promise<undefined> {
    await this.#asked<undefined>((resolve) => {
      this.#rebuild = () => resolve(undefined);
    });
    return this.settled();
  }

  /** Writes what is queued, signs the last head, and lets go of the database. */
  async close(): Promise<void> {
    this.#closing = true;
    this.wake();
    await this.#done;
    const error = new LogUnavailable('The store is closed.');
    for (const waiting of [...this.#demands.splice(0), ...this.#settling.splice(0)]) waiting.reject(error);
    await this.#deps.engine.close();
  }

  #asked<T>(ask: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    if (this.#why !== null || this.#closing)
      return Promise.reject(new LogUnavailable(this.#why ?? 'closing'));
    const answer = new Promise<T>(ask);
    this.wake();
    return answer;
  }

  async #run(): Promise<void> {
    for (;;) {
      this.#woken = false;
      const units = this.#source.take(batchUnits);
      if (this.#why !== null) {
        this.#refuse(units.length, this.#why);
        if (this.#closing) return;
        await this.#pause(retryMs);
        await this.#recover();
        continue;
      }
      for (const group of apart(units)) {
        if (this.#why === null) await this.#write(group);
        else this.#refuse(group.length, this.#why);
      }
      if (this.#why !== null) continue;
      try {
        const worked = await this.#background();
        if (worked || units.length > 0) continue;
        if (this.#closing) return await this.#signLast();
      } catch (error) {
        await this.#fail(error);
        // A signature that keeps failing is tried once a second, not at once again.
        this.#signedAt = performance.now();
        if (this.#closing) return;
        continue;
      }
      await this.#pause(this.#untilDue());
    }
  }

  /** One slice of what is due besides batches; false when nothing is. */
  async #background(): Promise<boolean> {
    const size = this.#tree.size;
    const last = this.#checkpoints.last;
    this.#answerDemands();
    const now = performance.now();
    const due = size !== (last?.size ?? 0) && now - this.#signedAt >= signEveryMs;
    if (this.#demands.length > 0 || due) this.#checkpoints.aim(this.#tree);
    if (this.#checkpoints.working) {
      if (await this.#checkpoints.step()) this.#signedAt = performance.now();
      this.#answerDemands();
      return true;
    }
    if (this.#rebuild !== null) {
      await this.#projections.clear();
      this.#unprojectable = null;
      this.#rebuild();
      this.#rebuild = null;
    }
    return this.#project(size, now);
  }

  async #project(size: number, now: number): Promise<boolean> {
    if (this.#unprojectable !== null) {
      for (const { reject } of this.#settling.splice(0)) reject(this.#unprojectable);
      return false;
    }
    const behind = size - this.#projections.next;
    const idle = now - this.#busyAt >= idleMs;
    // What is left when closing is projected after the next start.
    const due = behind > 0 && !this.#closing && (idle || behind > farBehind || this.#settling.length > 0);
    if (!due && (this.#settling.length === 0 || this.#closing)) return false;
    try {
      if (due) await this.#projections.step(size);
    } catch (error) {
      if (!(error instanceof ProjectionFault)) throw error;
      // Entries go on without it; whoever waits for the projections hears why, until they are built anew.
      this.#unprojectable = error;
      return true;
    }
    for (let i = this.#settling.length - 1; i >= 0; i--) {
      if (this.#settling[i]!.size <= this.#projections.next) this.#settling.splice(i, 1)[0]!.resolve();
    }
    return true;
  }

  #answerDemands(): void {
    const last = this.#checkpoints.last;
    if (last === null) return;
    for (let i = this.#demands.length - 1; i >= 0; i--) {
      if (this.#demands[i]!.size <= last.size) {
        this.#demands.splice(i, 1)[0]!.resolve({ size: last.size, note: last.note });
      }
    }
  }

  async #signLast(): Promise<void> {
    if (this.#tree.size === (this.#checkpoints.last?.size ?? 0)) return;
    this.#checkpoints.aim(this.#tree);
    while (!(await this.#checkpoints.step()));
    this.#answerDemands();
  }

  async #write(units: CommitUnit[]): Promise<void> {
    const batch: Batch = { first: this.#tree.size, leaves: [], outcomes: [] };
    const good: CommitUnit[] = [];
    const faults = units.map((unit) => {
      const fault = this.#faultOf(unit);
      if (fault === null) good.push(unit);
      return fault;
    });
    try {
      if (good.length > 0) await runBatch(this.#deps.engine, this.#compiler, this.#tree, good, batch);
    } catch (error) {
      const survived = await this.#fail(error, batch);
      if (!survived) {
        const message =
          this.#why ??
          `The last write to the audit log failed and was undone (${faultOf(error)}). Try again.`;
        this.#events.settled(units.map(() => ({ kind: 'unavailable', message })));
        return;
      }
    }
    let next = 0;
    this.#busyAt = performance.now();
    this.#events.settled(
      faults.map((fault) =>
        fault === null ? batch.outcomes[next++]! : { kind: 'malformed', message: fault },
      ),
    );
  }

  #faultOf(unit: CommitUnit): string | null {
    try {
      this.#compiler.check(unit);
      return null;
    } catch (error) {
      if (error instanceof MalformedUnit) return error.message;
      // A unit of another shape than the types say: its bug, not the log's.
      return `the unit cannot be read: ${faultOf(error)}`;
    }
  }

  /** Stops, and takes the log up again from the database. True when the batch turned out to be durable. */
  async #fail(error: unknown, batch?: Batch): Promise<boolean> {
    this.#setWhy(explain(error));
    if (!(await this.#recover()) || batch === undefined || batch.leaves.length === 0) return false;
    // Reported failed, and yet there: all of it (one transaction, and we are the only appender) or nothing.
    if (this.#tree.size !== batch.first + batch.leaves.length) return false;
    let i = 0;
    for await (const leaf of reading(this.#deps.engine).readLeaves(batch.first, this.#tree.size)) {
      if (leaf.toString() !== batch.leaves[i++]) return false;
    }
    return i === batch.leaves.length;
  }

  async #recover(): Promise<boolean> {
    try {
      await this.#deps.engine.reopen();
      await this.#resume();
      // Proves that the disk takes writes again before anything is promised.
      await this.#deps.engine.begin();
      await this.#deps.engine.query(
        "insert into meta (key, value) values ('resumed', ?) on conflict (key) do update set value = excluded.value",
        [String(this.#tree.size)],
      );
      await this.#deps.engine.commit();
    } catch (error) {
      this.#setWhy(explain(error));
      return false;
    }
    this.#setWhy(null);
    return true;
  }

  async #resume(): Promise<void> {
    const { engine, origin, headFile } = this.#deps;
    const head = await readHead(headFile);
    const resumed = await resumeLog(engine, origin, head);
    const { signed } = resumed;
    if (signed !== null && (head === null || head.size < signed.size))
      await writeHead(headFile, signed, signed.note);
    this.#tree = resumed.tree;
    this.#checkpoints = new Checkpoints(this.#deps, resumed);
    this.#projections = await Projections.open(engine);
  }

  #setWhy(why: string | null): void {
    if (this.#why === why) return;
    this.#why = why;
    if (why !== null) {
      const error = new LogUnavailable(why);
      for (const waiting of [...this.#demands.splice(0), ...this.#settling.splice(0)]) waiting.reject(error);
    }
    this.#events.status(this.status);
  }

  #refuse(count: number, message: string): void {
    if (count > 0)
      this.#events.settled(Array.from({ length: count }, () => ({ kind: 'unavailable', message })));
  }

  /** How long nothing becomes due by itself. */
  #untilDue(): number {
    const now = performance.now();
    const unsigned = this.#tree.size !== (this.#checkpoints.last?.size ?? 0);
    const behind = this.#unprojectable === null && this.#projections.next < this.#tree.size;
    return Math.min(
      unsigned ? Math.max(0, this.#signedAt + signEveryMs - now) : Number.POSITIVE_INFINITY,
      behind ? Math.max(0, this.#busyAt + idleMs - now) : Number.POSITIVE_INFINITY,
    );
  }

  /** Waits to be woken, at most so long; not at all when something came while working. */
  #pause(ms: number): Promise<void> {
    if (this.#woken) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = Number.isFinite(ms) ? setTimeout(stop, Math.ceil(ms)) : undefined;
      this.#wake = stop;
    });
  }
}

/**
 * Units that load many rows are batches of their own: without a neighbour they need no savepoint, which would copy every
 * page they touch.
 */
function apart(units: CommitUnit[]): CommitUnit[][] {
  const groups: CommitUnit[][] = [];
  let together: CommitUnit[] = [];
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

function explain(error: unknown): string {
  if (error instanceof LogRolledBack || error instanceof LogDamaged) return error.message;
  return (
    `The audit log could not be written (${faultOf(error)}). It is tried again every second; ` +
    'check the disk and the database.'
  );
}

function faultOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown fault';
}
