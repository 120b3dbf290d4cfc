// How public dice choose among entries of the log, and how many must be chosen (R32). Pure arithmetic that anybody can repeat:
// RECIPE.md says the same in words and in a page of another language, and a test compares the two. A change here is
// a new recipe under a new name, never an edit: draws already made must stay reproducible.
import { hash } from 'node:crypto';

/** First line of what is hashed into the seed: names this recipe. */
export const recipeName = 'kuzot-sample-1';

/**
 * Hex SHA-256 over three lines: the recipe's name, the leaf hash of the entry that fixed the period (hex), the digits
 * thrown. That entry names period, rule, number and checkpoint, so all of it stood before the dice did.
 */
export function seedOf(fixLeafHash: string, digits: string): string {
  return hash('sha256', `${recipeName}\n${fixLeafHash}\n${digits}\n`);
}

/** Hex SHA-256 over two lines: where an entry (or, among officers, an id) stands in the draw's order. */
export function standing(seed: string, of: number | string): string {
  return hash('sha256', `${seed}\n${of}\n`);
}

/** Keeps the smallest of what is added; memory does not grow with the population. */
export class Selection {
  readonly #seed: string;
  readonly #wanted: number;
  #kept: { seq: number; at: string }[] = [];
  /** Nothing that stands at or after this one can be chosen any more. */
  #limit = '~';

  constructor(seed: string, wanted: number) {
    this.#seed = seed;
    this.#wanted = wanted;
  }

  add(seq: number): void {
    const at = standing(this.#seed, seq);
    if (at >= this.#limit) return;
    this.#kept.push({ seq, at });
    if (this.#kept.length >= 2 * this.#wanted + 256) this.#cut();
  }

  /** The chosen seqs, the first drawn first. */
  drawn(): number[] {
    this.#cut();
    return this.#kept.map(({ seq }) => seq);
  }

  #cut(): void {
    this.#kept.sort((a, b) => (a.at < b.at ? -1 : 1));
    this.#kept.length = Math.min(this.#kept.length, this.#wanted);
    if (this.#kept.length === this.#wanted) this.#limit = this.#kept.at(-1)?.at ?? '';
  }
}

/** At least this many of `population` are wrong when the rate (per mille) is reached. */
export function wrongAtRate(population: number, rate: number): number {
  return Math.ceil((population * rate) / 1000);
}

/**
 * How many must be looked at so that, if at least `rate` per mille of `population` are wrong, at least one wrong one is
 * among them with `confidence` per cent certainty. Exact: drawing without replacement (hypergeometric), in whole numbers.
 */
export function sampleSize(population: number, confidence: number, rate: number): number {
  const right = BigInt(population - wrongAtRate(population, rate));
  const all = BigInt(population);
  const missed = BigInt(100 - confidence);
  let kept = 1n;
  let every = 1n;
  let size = 0n;
  while (size < all && kept * 100n > every * missed) {
    kept *= right - size;
    every *= all - size;
    size += 1n;
  }
  return Number(size);
}

/**
 * The most wrong ones there may be in `population` when `wrong` of `size` looked at were, with `confidence` per cent
 * certainty: the largest number under which so few would still be found oftener than one allows.
 */
export function mostWrong(population: number, size: number, wrong: number, confidence: number): number {
  const allowed = (100 - confidence) / 100;
  let low = wrong;
  let high = population - (size - wrong);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (chanceOfAtMost(population, middle, size, wrong) > allowed) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Hypergeometric: at most `found` wrong ones among `size` drawn, when `wrong` of `population` are. */
function chanceOfAtMost(population: number, wrong: number, size: number, found: number): number {
  const right = population - wrong;
  let sum = 0;
  for (let x = Math.max(0, size - right); x <= Math.min(found, wrong); x++)
    sum += Math.exp(lnChoose(wrong, x) + lnChoose(right, size - x) - lnChoose(population, size));
  return sum;
}

const lnChoose = (n: number, k: number) => lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k);

/** Summed where it is short, Stirling's series beyond: its first omitted term is below 1e-12 there. */
function lnFactorial(n: number): number {
  if (n < 64) {
    let sum = 0;
    for (let i = 2; i <= n; i++) sum += Math.log(i);
    return sum;
  }
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
}
