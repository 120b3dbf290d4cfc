// Hands the entries of a stored log, with their events, to a check that may take its time (another thread's), a few runs
// ahead of the answers; answers are met in the order of entries, so the first bad place stays the first. Memory is
// bounded: few runs are out at a time, and a run's events are at most some megabytes, or one.
import type { EntryPage, EventPage, Later, LogDatabaseSource } from './database-source.ts';
import { type Broken, broken } from './outside.ts';

/** Neighbouring entries, whole and each matching its hash, with those of their events that are not erased. */
export type EntryRun = {
  /** seq of the first. */
  readonly first: number;
  readonly count: number;
  /** The leaves, one after the other, and the length of each in bytes. */
  readonly leaves: Uint8Array;
  readonly lengths: ArrayLike<number>;
  readonly events: EventPage;
};

export type Finding = { readonly seq: number; readonly why: string };

/** What is wrong with the first bad entry of a run; null for nothing. */
export type EntryCheck = (run: EntryRun) => Later<Finding | null>;

const maxEventBytes = 4 * 1024 * 1024;
/** Runs that may be out at once. */
const ahead = 6;

export class EntryRuns {
  readonly #source: LogDatabaseSource;
  readonly #check: EntryCheck | undefined;
  readonly #out: Promise<Finding | null>[] = [];
  /** Events asked for before their entries were there, by the first seq asked for. */
  readonly #ahead = new Map<number, { to: number; page: Later<EventPage> }>();

  constructor(source: LogDatabaseSource, check: EntryCheck | undefined) {
    this.#source = source;
    this.#check = check;
  }

  /** Has the events of a page fetched that may be checked next, where the source reads in another process. */
  readAhead(from: number, to: number): void {
    const page = this.#check && this.#source.readEventPage?.(from, to, maxEventBytes);
    if (page === undefined) return;
    markHandled(page);
    this.#ahead.set(from, { to, page });
  }

  /** Starts the check of a page, in as many runs as its events need; a fault of this page or of one before. */
  async check(page: EntryPage): Promise<Broken | null> {
    const check = this.#check;
    if (check === undefined) return null;
    const end = page.first + page.count;
    let start = 0;
    for (let seq = page.first; seq < end; ) {
      const events = await this.#events(seq, end);
      const lengths = sliceOf(page.lengths, seq - page.first, events.until - page.first);
      const bytes = lengths.reduce((sum, length) => sum + length, 0);
      const leaves = page.leaves.subarray(start, start + bytes);
      const checking = check({ first: seq, count: lengths.length, leaves, lengths, events });
      const fault =
        checking instanceof Promise
          ? await this.#enqueue(checking)
          : ((await this.finish()) ?? asFault(checking));
      if (fault !== null) return fault;
      start += bytes;
      seq = events.until;
    }
    return null;
  }

  async #events(from: number, to: number): Promise<EventPage> {
    const ahead = this.#ahead.get(from);
    this.#ahead.delete(from);
    if (ahead === undefined || ahead.to < to)
      return (await this.#source.readEventPage?.(from, to, maxEventBytes)) ?? noEvents(to);
    const page = await ahead.page;
    return { ...page, until: Math.min(page.until, to) };
  }

  /** Waits for everything that is out; the first fault. */
  async finish(): Promise<Broken | null> {
    while (this.#out.length > 0) {
      const fault = await this.#next();
      if (fault !== null) return fault;
    }
    return null;
  }

  async #enqueue(checking: Promise<Finding | null>): Promise<Broken | null> {
    markHandled(checking);
    this.#out.push(checking);
    return this.#out.length > ahead ? this.#next() : null;
  }

  /** The oldest answer; behind a fault nothing counts any more. */
  async #next(): Promise<Broken | null> {
    const fault = asFault(await this.#out.shift()!);
    if (fault !== null) this.#out.length = 0;
    return fault;
  }
}

/** A failure to do something ahead is met when it is needed, or not at all if a fault ends the check before. */
export function markHandled(doing: Later<unknown>): void {
  if (doing instanceof Promise) doing.catch(() => undefined);
}

/** The entries of a run one by one; the event is null once erased. */
export function* entriesOf(run: EntryRun): Generator<{ seq: number; leaf: string; event: string | null }> {
  const leaves = bufferOver(run.leaves);
  const texts = bufferOver(run.events.texts);
  const { seqs } = run.events;
  for (let i = 0, at = 0, next = 0, eventAt = 0; i < run.count; i++) {
    const seq = run.first + i;
    const end = at + run.lengths[i]!;
    let event: string | null = null;
    if (seqs[next] === seq) {
      const eventEnd = eventAt + run.events.lengths[next]!;
      event = texts.toString('utf8', eventAt, eventEnd);
      eventAt = eventEnd;
      next++;
    }
    yield { seq, leaf: leaves.toString('utf8', at, end), event };
    at = end;
  }
}

const bufferOver = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

function sliceOf(numbers: ArrayLike<number>, from: number, to: number): Uint32Array {
  const slice = new Uint32Array(to - from);
  for (let i = from; i < to; i++) slice[i - from] = numbers[i]!;
  return slice;
}

const noEvents = (until: number): EventPage => ({
  seqs: [],
  texts: new Uint8Array(0),
  lengths: [],
  until,
});

const asFault = (finding: Finding | null) =>
  finding === null ? null : broken(`entry ${finding.seq}`, finding.why);
