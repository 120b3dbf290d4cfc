/**
 * Name folding: the one form under which names are searched, indexed and compared. The original spelling is always
 * kept elsewhere; a fold is never shown to a person and never printed. Folding is done here and nowhere else (not in
 * SQL), so both engines hold the same bytes; when the rules below change, FOLD_VERSION changes and stored folds are
 * made anew.
 *
 * The rules (design: storage.md, "Names and search"; requirements.md, "Traps worth knowing"):
 *   1. Unicode NFKC, lower case.
 *   2. ё→е, ң→н, ӊ→н, ө→о, ѳ→о, ү→у. й, ї and ў stay letters of their own; they are never taken apart.
 *   3. Other accents on Latin, Greek and Cyrillic letters are dropped (é→e, и́→и, ӣ→и), marks standing alone too.
 *   4. Hyphens, dashes and every kind of space (no-break too) become one space, ends trimmed: «Уулу-кызы» = «уулу кызы».
 *   5. Apostrophes, soft hyphens, zero-width and other invisible characters are removed: «Дем'яненко» = «демяненко».
 *   6. In a word that contains Cyrillic, Latin letters that look Cyrillic, in upper or lower case, become Cyrillic.
 *      A word wholly in Latin letters is left Latin: a foreign name is not a forgery.
 */

/** Version of the rules above; stored beside the folds made with them. */
export const FOLD_VERSION = 1;

const SPACE = 0x20;
const TABLE_SIZE = 0x530;

/** Kyrgyz letters, and ё, with what search treats them as. Both spellings of ң and ө are met in real lists. */
const LETTERS: Readonly<Record<string, string>> = { ё: 'е', ң: 'н', ӊ: 'н', ө: 'о', ѳ: 'о', ү: 'у', ς: 'σ' };

/** Letters that Unicode can decompose but that are letters in their own right, not a vowel with an accent. */
const WHOLE_LETTERS = new Set(['й', 'ї', 'ў']);

/**
 * Latin letters (lower-cased) standing in for Cyrillic ones inside a Cyrillic word. Lower-casing has already happened,
 * so a pair is listed when either case looks alike: h, from Н, is н; b, from В, is в.
 */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: 'а',
  b: 'в',
  c: 'с',
  e: 'е',
  h: 'н',
  i: 'і',
  j: 'ј',
  k: 'к',
  m: 'м',
  o: 'о',
  p: 'р',
  r: 'г',
  s: 'ѕ',
  t: 'т',
  w: 'ш',
  x: 'х',
  y: 'у',
  ŋ: 'н',
  ɵ: 'о',
  θ: 'о',
};

const APOSTROPHES = "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u2018\u2019\u201b\u2032\u2035\uff07";
const INVISIBLE = new RegExp(`[${APOSTROPHES}\\p{Default_Ignorable_Code_Point}\\p{Cf}]|(?!\\s)\\p{Cc}`, 'gu');
const SEPARATORS = /[\s\p{Pd}\p{Z}\u2212]+/gu;
const MARKS =
  /[\u0300-\u036f]|[\u0483-\u0489]|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]|[\ufe20-\ufe2f]/g;
const ACCENTED = /[\u00c0-\u024f\u0370-\u03ff\u0400-\u052f\u1e00-\u1fff]/g;
const CYRILLIC = /\p{Script=Cyrillic}/u;
const FOREIGN_LETTER = /[\p{Script=Latin}\p{Script=Greek}]/u;

function plainLetter(letter: string): string {
  const known = LETTERS[letter];
  if (known !== undefined) return known;
  if (WHOLE_LETTERS.has(letter)) return letter;
  const base = letter.normalize('NFD').replace(MARKS, '');
  return LETTERS[base] ?? base;
}

function cyrillicWord(word: string): string {
  if (!CYRILLIC.test(word) || !FOREIGN_LETTER.test(word)) return word;
  let out = '';
  for (const letter of word) out += LOOK_ALIKES[letter] ?? letter;
  return out;
}

function foldOnce(text: string): string {
  return text
    .replace(INVISIBLE, '')
    .normalize('NFKC')
    .toLowerCase()
    .replace(INVISIBLE, '')
    .replace(SEPARATORS, ' ')
    .replace(ACCENTED, plainLetter)
    .replace(MARKS, '')
    .trim()
    .split(' ')
    .map(cyrillicWord)
    .join(' ');
}

/** Removing one character can let its neighbours compose, so the rules run until nothing changes: that is idempotence. */
function foldSlowly(text: string): string {
  let before = text;
  for (;;) {
    const after = foldOnce(before);
    if (after === before) return after;
    before = after;
  }
}

const TO_SLOW = 0;
const TO_NOTHING = 0xffff;
const KIND_CYRILLIC = 1;
const KIND_LATIN = 2;

/** What one UTF-16 unit becomes on its own; TO_SLOW where its neighbours or normalisation would matter. */
const table = new Uint16Array(TABLE_SIZE);
const kinds = new Uint8Array(TABLE_SIZE);
for (let code = 0; code < TABLE_SIZE; code++) {
  const letter = String.fromCharCode(code);
  const isLatin = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  const isCyrillic = code >= 0x400 && code < 0x530 && !(code >= 0x482 && code <= 0x489);
  if (isLatin || isCyrillic) {
    table[code] = plainLetter(letter.toLowerCase()).charCodeAt(0);
    kinds[code] = isLatin ? KIND_LATIN : KIND_CYRILLIC;
  } else if (letter === ' ' || letter === '-' || code === 0xa0) table[code] = SPACE;
  else if (letter === "'" || letter === '`') table[code] = TO_NOTHING;
  else if (code > SPACE && code < 0x7f) table[code] = code;
}

const scratch = Buffer.alloc(2048);
const units = new Uint16Array(scratch.buffer, scratch.byteOffset, 1024);

/**
 * The searchable form of a name or any short text, by the rules at the top of this file.
 * Pure and idempotent: fold(fold(x)) === fold(x). Never throws; an empty or invisible text folds to ''.
 */
export function fold(text: string): string {
  const length = text.length;
  if (length > 1024) return foldSlowly(text);
  let out = 0;
  let seen = 0;
  let pendingSpace = false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    const to = code < TABLE_SIZE ? table[code]! : TO_SLOW;
    if (to === TO_SLOW) return foldSlowly(text);
    if (to === TO_NOTHING) continue;
    if (to === SPACE) {
      pendingSpace = out > 0;
      continue;
    }
    if (pendingSpace) {
      units[out++] = SPACE;
      pendingSpace = false;
    }
    seen |= kinds[code]!;
    units[out++] = to;
  }
  if (seen === (KIND_CYRILLIC | KIND_LATIN)) return foldSlowly(text);
  return scratch.toString('utf16le', 0, out * 2);
}

/** The folded full name, as stored and indexed: surname, given name, patronymic, in that order; absent parts left out. */
export function foldedName(surname: string, given: string | null, patronymic: string | null): string {
  let whole = surname;
  if (given) whole += ` ${given}`;
  if (patronymic) whole += ` ${patronymic}`;
  return fold(whole);
}

/**
 * Whether one word of the text mixes Cyrillic with Latin or Greek letters: a sign of a look-alike typed by mistake or on
 * purpose. The name is kept as it is and flagged (requirements.md, "Traps worth knowing").
 */
export function mixedAlphabets(text: string): boolean {
  let seen = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    seen |= code < TABLE_SIZE ? kinds[code]! : KIND_LATIN;
    if (code > 0x7f && code < 0x400) seen |= KIND_LATIN;
  }
  if (seen !== (KIND_CYRILLIC | KIND_LATIN)) return false;
  const words = text.normalize('NFKC').replace(INVISIBLE, '').split(SEPARATORS);
  return words.some((word) => CYRILLIC.test(word) && FOREIGN_LETTER.test(word));
}

const UNUSUAL_SPACE = /(?! )[\s\p{Z}\p{Default_Ignorable_Code_Point}\p{Cf}]/u;

/** Whether a name holds a no-break or other unusual space, or a character nobody sees: it prints alike, and differs. */
export function unusualSpaces(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Plain letters of the three languages, as nearly every name has them: no need of the slow expression.
    if ((code >= 0x20 && code < 0x7f) || (code >= 0x400 && code < 0x530)) continue;
    return UNUSUAL_SPACE.test(text);
  }
  return false;
}
