/**
 * The number on a receipt coupon (R17): what a voter types to learn how their application stands. Random, so that
 * one coupon says nothing of another; checked, so that a slip of the pen is told apart from "no such coupon".
 * It must not carry any meaning (no date, precinct or counter) and never stands for the application's own id.
 *
 * 13 random symbols and 2 check symbols of an alphabet of 31: 31^13 is 64.4 bits. Printed `K7QM3-WXD9A-BC4EF`.
 *
 * The check is a linear code over the integers mod 31: for symbols s1…s15, Σ s and Σ i·s are both 0. Two errors
 * that cancel in both sums would need equal positions, so any one or two wrong symbols and any exchange of two
 * symbols, adjacent or not, is always noticed (distance 3; ISO 7064's pairs only promise single errors and
 * adjacent exchanges). 31 is prime and longer than the coupon, which the argument needs.
 */

/** Digits and capitals without 0, 1, I, O and U. A symbol's value is its index. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTVWXYZ';
const BASE = 31;
const RANDOM_SYMBOLS = 13;
const LENGTH = RANDOM_SYMBOLS + 2;
const GROUP = 5;
/** Longer texts are refused unread; generous for spaces and hyphens. */
const MAX_TYPED = 64;

/** What the eye or a Cyrillic keyboard puts in a symbol's place. Each class has exactly one symbol in the alphabet. */
const LOOK_ALIKES: Record<string, string> = {
  '0': 'Q',
  O: 'Q',
  '1': 'L',
  I: 'L',
  '|': 'L',
  U: 'V',
  А: 'A',
  В: 'B',
  С: 'C',
  Е: 'E',
  Н: 'H',
  К: 'K',
  М: 'M',
  О: 'Q',
  Р: 'P',
  Т: 'T',
  Х: 'X',
  У: 'Y',
  Ү: 'Y',
};

export type ParsedCoupon =
  | { kind: 'coupon'; coupon: string }
  | { kind: 'malformed'; reason: 'length' | 'character' | 'check' };

const modulo = (n: number) => ((n % BASE) + BASE) % BASE;

/**
 * A fresh coupon number, `XXXXX-XXXXX-XXXXX`.
 * @param randomBytes gives that many unpredictable bytes (node:crypto's `randomBytes`)
 */
export function newCoupon(randomBytes: (size: number) => Uint8Array): string {
  const values: number[] = [];
  // 31 does not divide 256: five bits are taken and the value 31 thrown away, so that symbols stay equally likely.
  for (let round = 0; values.length < RANDOM_SYMBOLS; round += 1) {
    if (round === 64) throw new Error('the source of randomness repeats itself');
    for (const byte of randomBytes(16)) {
      const value = byte & 31;
      if (value < BASE && values.length < RANDOM_SYMBOLS) values.push(value);
    }
  }
  return group([...values, ...checkSymbols(values)]);
}

/** The two values that bring Σ s and Σ i·s to 0, for positions 14 and 15. */
function checkSymbols(values: readonly number[]): [number, number] {
  let sum = 0;
  let weighted = 0;
  for (const [index, value] of values.entries()) {
    sum += value;
    weighted += (index + 1) * value;
  }
  // a + b = -sum and 14a + 15b = -weighted, hence b = 14·sum - weighted and a = -sum - b.
  const last = modulo((RANDOM_SYMBOLS + 1) * sum - weighted);
  return [modulo(-sum - last), last];
}

function group(values: readonly number[]): string {
  const symbols = values.map((value) => ALPHABET.charAt(value)).join('');
  return `${symbols.slice(0, GROUP)}-${symbols.slice(GROUP, 2 * GROUP)}-${symbols.slice(2 * GROUP)}`;
}

/**
 * Reads what a person typed: any case, spaces and dashes anywhere, look-alikes and Cyrillic letters of the same
 * shape. Answers the canonical number, or which fault to tell them about. Says nothing about existence.
 */
export function parseCoupon(typed: string): ParsedCoupon {
  if (typed.length > MAX_TYPED) return { kind: 'malformed', reason: 'length' };
  const symbols = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\u200b\ufeff_.\-\u2010-\u2015\u2212]/g, '');
  const values: number[] = [];
  for (const symbol of symbols) {
    const value = ALPHABET.indexOf(LOOK_ALIKES[symbol] ?? symbol);
    if (value < 0) return { kind: 'malformed', reason: 'character' };
    values.push(value);
  }
  if (values.length !== LENGTH) return { kind: 'malformed', reason: 'length' };
  const [first, second] = checkSymbols(values.slice(0, RANDOM_SYMBOLS));
  if (values[LENGTH - 2] !== first || values[LENGTH - 1] !== second)
    return { kind: 'malformed', reason: 'check' };
  return { kind: 'coupon', coupon: group(values) };
}
