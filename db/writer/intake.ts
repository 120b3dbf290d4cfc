// Where units of one store wait to be written and their promises to be answered: bounded, in order, one answer each.
import { MalformedUnit } from '../changes.ts';
import { type CommitResult, type CommitUnit, LogUnavailable } from '../store.ts';
import { checkEntries } from './units.ts';
import type { UnitAnswer } from './writer.ts';

interface Waiting {
  resolve(result: CommitResult): void;
  reject(error: Error): void;
}

export class Intake {
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #answered = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Units not yet answered. */
  get queued(): number {
    return this.#waiting.length - this.#answered;
  }

  /** Takes a place in the queue. The caller hands the unit on if and only if this does not throw. */
  add(): Promise<CommitResult> {
    if (this.queued >= this.#limit) {
      throw new LogUnavailable(
        'The audit log has more waiting than it can write soon. Try again in a moment.',
      );
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Answers the oldest waiting units. */
  answer(answers: readonly UnitAnswer[]): void {
    for (const answer of answers) {
      const waiting = this.#waiting[this.#answered++]!;
      if (answer.kind === 'malformed') waiting.reject(malformed(answer.message));
      else if (answer.kind === 'unavailable') waiting.reject(new LogUnavailable(answer.message));
      else waiting.resolve(answer);
    }
    // Shifting one by one would cost the length of the queue each time.
    if (this.#answered * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#answered);
      this.#answered = 0;
    }
  }

  /** The writer is gone: nothing will be answered any more. */
  abandon(why: string): void {
    for (const waiting of this.#waiting.splice(this.#answered)) waiting.reject(new LogUnavailable(why));
    this.#waiting.length = 0;
    this.#answered = 0;
  }
}

/** @throws Error as for any other malformed unit, before the unit takes a place */
export function requireEntries(unit: CommitUnit): void {
  try {
    checkEntries(unit);
  } catch (error) {
    throw error instanceof MalformedUnit ? malformed(error.message) : error;
  }
}

const malformed = (fault: string) => new Error(`malformed unit of work: ${fault}`);
