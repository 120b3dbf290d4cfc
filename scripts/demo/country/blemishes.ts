/**
 * The faults a real list arrives with, in known number: in every block of 1,000 rows exactly `PER_THOUSAND` of each
 * kind, at places the seed decides, never two in one row. Importers, duplicate search and flags are judged by them.
 *
 * - latin-letter: one Latin letter among Cyrillic (а е о р с х, or a capital)
 * - eng-lookalike: ӊ (U+04CA) where ң (U+04A3) belongs
 * - o-lookalike: ѳ (U+0473) where ө (U+04E9) belongs
 * - no-break-space: U+00A0 after the surname
 * - pin-date: the PIN carries another day than the birth date
 * - pin-sex: the first digit of the PIN contradicts the sex
 * - near-duplicate: an earlier voter again: surname one letter off, own PIN, another address
 */
import { feminineSurname } from './grammar.ts';
import { KYRGYZ_SURNAMES } from './kyrgyz-names.ts';
import { prng } from './prng.ts';
import type { VoterRow } from './types.ts';

export const PER_THOUSAND = {
  'latin-letter': 3,
  'eng-lookalike': 2,
  'o-lookalike': 2,
  'no-break-space': 1,
  'pin-date': 2,
  'pin-sex': 1,
  'near-duplicate': 2,
} as const;

export type Blemish = keyof typeof PER_THOUSAND;

export const BLOCK_ROWS = 1000;

/** Rows of a block that near-duplicates repeat: they stay clean, and come before the half where the repeats stand. */
export const MODEL_ROWS: readonly number[] = [17, 113];

/** Where the blemishes of one block stand: position in the block (0–999) → kind. */
export function blemishPlan(seed: string, block: number): ReadonlyMap<number, Blemish> {
  const rng = prng(`${seed}/blemishes/${block}`);
  const plan = new Map<number, Blemish>();
  for (const kind of Object.keys(PER_THOUSAND) as Blemish[]) {
    for (let left = PER_THOUSAND[kind]; left > 0; ) {
      const position = rng.int(kind === 'near-duplicate' ? BLOCK_ROWS / 2 : 0, BLOCK_ROWS - 1);
      if (plan.has(position) || MODEL_ROWS.includes(position)) continue;
      plan.set(position, kind);
      left--;
    }
  }
  return plan;
}

/** How many of each kind the first `rows` voters of a seed's country carry; exact. */
export function blemishCounts(seed: string, rows: number): Record<Blemish, number> {
  const kinds = Object.keys(PER_THOUSAND) as Blemish[];
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Blemish, number>;
  const whole = Math.floor(rows / BLOCK_ROWS);
  for (const kind of kinds) counts[kind] = PER_THOUSAND[kind] * whole;
  for (const [position, kind] of blemishPlan(seed, whole)) {
    if (whole * BLOCK_ROWS + position < rows) counts[kind] += 1;
  }
  return counts;
}

const LATIN_TWIN: Readonly<Record<string, string>> = Object.fromEntries(
  [...'аеорсхАВЕКМНОРСТХ'].map((letter, index) => [letter, 'aeopcxABEKMHOPCTX'[index] as string]),
);

const WITH_ENG = KYRGYZ_SURNAMES.filter((surname) => /^[^ң]*ң[^ң]*$/u.test(surname));
const WITH_O = KYRGYZ_SURNAMES.filter((surname) => surname.includes('ө'));

/** Writes one Latin letter into the row's name. Every Cyrillic name here has a letter with a Latin twin. */
export function mixLatin(row: VoterRow): void {
  for (const field of ['surname', 'given_name', 'patronymic'] as const) {
    for (const letter of row[field]) {
      const twin = LATIN_TWIN[letter];
      if (twin === undefined) continue;
      row[field] = row[field].replace(letter, twin);
      return;
    }
  }
  throw new Error('no letter of the name has a Latin twin');
}

/** Swaps a Kyrgyz letter for the look-alike other systems write; a name without it gets a surname that has it. */
export function mixLookalike(row: VoterRow, kind: 'eng-lookalike' | 'o-lookalike', draw: number): void {
  const [letter, twin, surnames] = kind === 'eng-lookalike' ? ['ң', 'ӊ', WITH_ENG] : ['ө', 'ѳ', WITH_O];
  for (const field of ['surname', 'given_name', 'patronymic'] as const) {
    if (!row[field].includes(letter)) continue;
    row[field] = row[field].replaceAll(letter, twin);
    return;
  }
  const surname = surnames[draw % surnames.length] as string;
  row.surname = (row.sex === 'F' ? feminineSurname(surname) : surname).replaceAll(letter, twin);
}

/** The surname with one letter dropped from its middle; a very short one has its last letter doubled. */
export function mistype(surname: string, draw: number): string {
  if (surname.length < 5) return `${surname}${surname.slice(-1)}`;
  const at = 1 + (draw % (surname.length - 3));
  return `${surname.slice(0, at)}${surname.slice(at + 1)}`;
}
