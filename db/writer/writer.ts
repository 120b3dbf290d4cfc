// The one appender. Units wait in a queue; whatever arrived while the last commit was being synced makes the next batch
// (no timer). Signing and projecting are done in slices between batches. After any failed commit it stops, connects
// anew, takes up what really is durable, and answers by that. Must never answer before COMMIT.
import type { Predecessor } from '#server/lib/log/lineage.ts';
import type { Signer } from '#server/lib/log/note.ts';
import type { TileBuilder } from '#server/lib/log/tiles.ts';
import { ChangeCompiler, MalformedUnit } from '../changes.ts';
import { damageOf, LogDamaged, LogRolledBack } from '../errors.ts';
import type { Facts } from '../schema/facts.ts';
import { LogUnavailable } from '../store.ts';
import { Background, type CoveringNote } from './background.ts';
import { apart, type Batch, runBatch, type UnitOutcome } from './batch.ts';
import { Bell } from './bell.ts';
import { Checkpoints } from './checkpoints.ts';
import type { WriteEngine } from './engine.ts';
import { readHead, writeHead } from './head-file.ts';
import { Projections } from './projections.ts';
import { reading, resumeLog } from './resume.ts';
import { TailSeal } from './tail-seal.ts';
import { Tidying } from './tidying.ts';
import type { WriteUnit } from './units.ts';

export interface WriterDeps {
  engine: WriteEngine;
  facts: Facts;
  origin: string;
  signer: Signer;
  headFile: string;
  extensions: readonly string[];
  predecessors: readonly Predecessor[];
  /** See StoreOptions. */
  recovering: boolean;
}

export interface WriterEvents {
  /**
   * Outcomes of the oldest unanswered units, in the order they were added. @param changed something besides the log may be
   * other than before
   */
  settled(outcomes: UnitAnswer[], changed: boolean): void;
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
  take(limit: number): WriteUnit[];
}

const batchUnits = 1_024;
const retryMs = 1_000;

export class LogWriter {
  readonly #deps: WriterDeps;
  readonly #source: UnitSource;
  readonly #events: WriterEvents;
  readonly #compiler: ChangeCompiler;
  readonly #seal: TailSeal;
  readonly #background: Background;
  /** Everything durable, and while a batch is under way, its entries too. */
  #tree!: TileBuilder;
  /** Entries durable now. */
  #size = 0;
  #why: string | null = null;
  readonly #tidying = new Tidying();
  readonly #bell = new Bell();
  #closing = false;
  #busyAt = 0;
  #done: Promise<void> = Promise.resolve();

  private constructor(deps: WriterDeps, source: UnitSource, events: WriterEvents) {
    this.#deps = deps;
    this.#source = source;
    this.#events = events;
    this.#background = new Background(!deps.recovering);
    this.#seal = new TailSeal(deps.signer);
    this.#compiler = new ChangeCompiler(deps.engine.engine, deps.facts);
  }

  /** @throws LogRolledBack, LogDamaged when the stored log may not be taken up. */
  static async open(deps: WriterDeps, source: UnitSource, events: WriterEvents): Promise<LogWriter> {
    const writer = new LogWriter(deps, source, events);
    try {
      await writer.#resume();
    } catch (error) {
      throw damageOf(error) ?? error;
    }
    writer.#done = writer.#run();
    return writer;
  }

  get status(): WriterStatus {
    return { size: this.#size, accepting: this.#why === null && !this.#closing, why: this.#why };
  }

  /** To be called when the source has units again. */
  wake(): void {
    // While failing, retries keep their own pace whatever arrives.
    if (this.#why !== null && !this.#closing) return;
    this.#bell.ring();
  }

  /** A note covering `size` entries, or all that are durable. @throws RangeError when fewer are */
  async checkpoint(size = this.#size): Promise<CoveringNote> {
    if (size > this.#size) {
      throw new RangeError(`no checkpoint can cover ${size} entries; ${this.#size} are durable`);
    }
    return this.#asked(() => this.#background.demand(size));
  }

  /** Resolves when everything durable at the call is projected. */
  async settled(): Promise<undefined> {
    return this.#asked(() => this.#background.settle(this.#size));
  }

  /** Drops what was projected and resolves when all of it is built again. */
  async rebuildProjections(): Promise<undefined> {
    await this.#asked(() => this.#background.rebuild());
    return this.settled();
  }

  /** Between two batches: lets the files go of what was freed, or writes the whole database anew without it. */
  async tidy(compact: boolean): Promise<undefined> {
    return this.#asked(() => this.#tidying.ask(compact));
  }

  /** Writes what is queued, signs the last head, and lets go of the database. */
  async close(): Promise<void> {
    this.#closing = true;
    this.wake();
    await this.#done;
    this.#background.abandon('The store is closed.');
    await this.#deps.engine.close();
  }

  #asked<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#why !== null || this.#closing) throw new LogUnavailable(this.#why ?? 'The store is closing.');
    const answer = ask();
    this.wake();
    return answer;
  }

  async #run(): Promise<void> {
    for (;;) {
      this.#bell.answer();
      const units = this.#source.take(batchUnits);
      if (this.#why !== null) {
        this.#refuse(units.length, this.#why);
        if (this.#closing) return;
        await this.#bell.wait(retryMs);
        await this.#recover();
        continue;
      }
      for (const group of apart(units)) {
        if (this.#why === null) await this.#write(group);
        else this.#refuse(group.length, this.#why);
      }
      if (this.#why !== null) continue;
      await this.#tidying.run(this.#deps.engine);
      try {
        const worked = await this.#background.step(this.#tree, this.#closing ? null : this.#busyAt);
        if (worked || units.length > 0) continue;
        if (this.#closing) return await this.#background.signLast(this.#tree);
      } catch (error) {
        await this.#fail(error);
        this.#background.postpone();
        if (this.#closing) return;
        continue;
      }
      await this.#bell.wait(this.#background.untilDue(this.#size, this.#busyAt));
    }
  }

  async #write(units: WriteUnit[]): Promise<void> {
    const batch: Batch = { first: this.#tree.size, leaves: [], outcomes: [] };
    const good: WriteUnit[] = [];
    const faults = units.map((unit) => {
      const fault = this.#faultOf(unit);
      if (fault === null) good.push(unit);
      return fault;
    });
    try {
      if (good.length > 0)
        await runBatch(this.#deps.engine, this.#compiler, this.#tree, this.#seal, good, batch);
      this.#size = this.#tree.size;
    } catch (error) {
      const survived = await this.#fail(error, batch);
      if (!survived) {
        const message =
          this.#why ??
          `The last write to the audit log failed and was undone (${faultOf(error)}). Try again.`;
        this.#events.settled(
          units.map(() => ({ kind: 'unavailable', message })),
          true,
        );
        return;
      }
    }
    let next = 0;
    this.#busyAt = performance.now();
    this.#events.settled(
      faults.map((fault) =>
        fault === null ? batch.outcomes[next++]! : { kind: 'malformed', message: fault },
      ),
      units.some(({ changes }) => changes.length > 0),
    );
  }

  #faultOf(unit: WriteUnit): string | null {
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
    try {
      return await this.#holds(batch);
    } catch (fault) {
      this.#setWhy(explain(fault));
      return false;
    }
  }

  /** Reported failed, and yet there: all of it (one transaction, and we are the only appender) or nothing. */
  async #holds({ first, leaves }: Batch): Promise<boolean> {
    if (this.#size !== first + leaves.length) return false;
    let i = 0;
    for await (const leaf of reading(this.#deps.engine).readLeaves(first, this.#size)) {
      if (!leaves[i++]!.equals(leaf)) return false;
    }
    return i === leaves.length;
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
    const { engine, origin, signer, predecessors, headFile, recovering } = this.#deps;
    const head = recovering ? null : await readHead(headFile, [signer.verifier]);
    const signing = { origin, verifier: signer.verifier, predecessors, headFile, recovering };
    const resumed = await resumeLog(engine, signing, head);
    if (!recovering) await this.#seal.require(engine, resumed.tree, head);
    const { signed } = resumed;
    const newest = signed !== null && signed.size > (head?.size ?? -1) ? signed : head;
    // Written even where it is right: what cannot be remembered may not be signed.
    if (newest !== null && !recovering) await writeHead(headFile, newest);
    this.#background.resume(new Checkpoints(this.#deps, resumed, newest), await Projections.open(engine));
    this.#tree = resumed.tree;
    this.#size = resumed.tree.size;
  }

  #setWhy(why: string | null): void {
    if (this.#why === why) return;
    this.#why = why;
    if (why !== null) this.#background.abandon(why);
    this.#events.status(this.status);
  }

  #refuse(count: number, message: string): void {
    if (count > 0)
      this.#events.settled(
        Array.from({ length: count }, () => ({ kind: 'unavailable', message })),
        false,
      );
  }
}

function explain(fault: unknown): string {
  const error = damageOf(fault) ?? fault;
  if (error instanceof LogRolledBack || error instanceof LogDamaged) return error.message;
  return (
    `The audit log could not be written (${faultOf(error)}). It is tried again every second; ` +
    'check the disk and the database.'
  );
}

function faultOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown fault';
}
