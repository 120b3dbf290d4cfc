/**
 * The country's only source of chance: sfc32 (Chris Doty-Humphrey's small fast counting generator), its four
 * words taken from the SHA-256 of the seed. Same seed, same country, on every machine. It must never make a
 * password, a key or an identifier that guards anything: it is predictable by design.
 */
import { createHash } from 'node:crypto';

export interface Prng {
  /** Next whole number, 0 to 2^32 − 1. */
  next(): number;
  /** A number from 0 (included) to 1 (excluded), 32 bits fine. */
  unit(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  /** True with the given probability (0 to 1). */
  chance(probability: number): boolean;
  /** One element; throws on an empty list. */
  pick<T>(list: readonly T[]): T;
  /** One element, those at the front more often (some surnames are common, most are not). */
  skewed<T>(list: readonly T[]): T;
  /** One of the values, in proportion to its weight; weights need not sum to anything. */
  weighted<T>(choices: readonly (readonly [value: T, weight: number])[]): T;
  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(list: readonly T[]): T[];
}

/** Makes the generator for a seed of any length. `int` has a bias below 2^-20 for ranges under 4,096: no matter here. */
export function prng(seed: string): Prng {
  const digest = createHash('sha256').update(seed, 'utf8').digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = digest.readUInt32LE(12);

  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  // The first outputs still resemble the state; twelve rounds mix it.
  for (let round = 0; round < 12; round++) next();

  const unit = (): number => next() / 4294967296;
  const at = <T>(list: readonly T[], index: number): T => {
    if (list.length === 0) throw new Error('cannot pick from an empty list');
    return list[index] as T;
  };
  return {
    next,
    unit,
    int: (low, high) => low + Math.floor(unit() * (high - low + 1)),
    chance: (probability) => unit() < probability,
    pick: (list) => at(list, Math.floor(unit() * list.length)),
    skewed: (list) => {
      const draw = unit();
      return at(list, Math.floor(draw * Math.sqrt(draw) * list.length));
    },
    weighted: (choices) => {
      let total = 0;
      for (const choice of choices) total += choice[1];
      let left = unit() * total;
      for (const [value, weight] of choices) {
        left -= weight;
        if (left < 0) return value;
      }
      return at(choices, choices.length - 1)[0];
    },
    shuffle: (list) => {
      const copy = [...list];
      for (let last = copy.length - 1; last > 0; last--) {
        const other = Math.floor(unit() * (last + 1));
        [copy[last], copy[other]] = [
          copy[other] as (typeof copy)[number],
          copy[last] as (typeof copy)[number],
        ];
      }
      return copy;
    },
  };
}
