// Questions put to another thread or process: each has a number, under which it is answered once.
import { faultNamed } from './errors.ts';
import { LogUnavailable } from './store.ts';

interface Asked<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

export class Pending<T> {
  readonly #asked = new Map<number, Asked<T>>();
  #next = 0;

  /** Not yet answered. */
  get size(): number {
    return this.#asked.size;
  }

  /** @param say sends the question; rejected where it throws */
  ask(say: (id: number) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      say(id);
      this.#asked.set(id, { resolve, reject });
    });
  }

  answer(id: number, value: T): void {
    this.#take(id)?.resolve(value);
  }

  /** What was thrown there, by its name. */
  fail(id: number, name: string, message: string): void {
    this.#take(id)?.reject(faultNamed(name, message));
  }

  /** Nobody will answer any more. */
  abandon(why: string): void {
    for (const { reject } of this.#asked.values()) reject(new LogUnavailable(why));
    this.#asked.clear();
  }

  #take(id: number): Asked<T> | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }
}
