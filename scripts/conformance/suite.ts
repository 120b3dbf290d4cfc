// What one suite of published test vectors reports, and how it counts.

export type SuiteResult = {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** One line for each that failed: which vector, and what happened. */
  readonly failures: readonly string[];
  /** What the vectors hold but cannot be run here, and why; never counted as passed. */
  readonly notes: readonly string[];
};

/** Runs one folder of vectors. */
export type Suite = (dir: string) => SuiteResult | Promise<SuiteResult>;

/** Counts one verdict after the other. */
export class Tally {
  #passed = 0;
  readonly #failures: string[] = [];
  readonly #notes: string[] = [];

  /** Counts one vector; `fault` is null when it holds. An exception of the code under test counts as a failure. */
  async check(vector: string, run: () => string | null | Promise<string | null>): Promise<void> {
    let fault: string | null;
    try {
      fault = await run();
    } catch (thrown) {
      fault = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    }
    if (fault === null) this.#passed++;
    else this.#failures.push(`${vector}: ${fault}`);
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  result(name: string): SuiteResult {
    return {
      name,
      passed: this.#passed,
      failed: this.#failures.length,
      failures: this.#failures,
      notes: this.#notes,
    };
  }
}
