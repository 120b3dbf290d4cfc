// What of a typed text a reader would not see, or see other than it is: marks that turn the direction of reading, characters without
// a shape, letters buried under accents. With them a name can look like another one to whoever approves it, and on paper. Lists
// from elsewhere are judged by the import (voters/import/rows.ts): what they have is flagged, what is typed here is refused.

/** Marks that turn the direction of reading, and the tags that are text nobody sees. */
const turning = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u;

/**
 * Control and format characters, what no font has a shape for, private and unassigned characters, line separators, fillers of
 * Hangul and the blank of Braille.
 */
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** More accents than any alphabet puts on a letter: they are drawn over the lines around it. */
const buried = /\p{M}{4}/u;

const shown = /[\p{L}\p{N}]/u;

export const turnsText = (text: string): boolean => turning.test(text);

const everyHidden = new RegExp(hidden, 'gu');

/** The text with its number in the place of every character a reader would not see, line ends and tabs too. */
export const withNothingHidden = (text: string): string =>
  text.replace(everyHidden, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);

/** What to mend in a line that is to stand in the list; null for nothing. Names no part of the text. */
export function lineFault(text: string): string | null {
  if (/\p{Cc}/u.test(text)) return 'Remove the control characters';
  if (hidden.test(text)) return 'Remove the characters that cannot be seen, and type it again';
  if (buried.test(text.normalize('NFC'))) return 'Remove the accents that stand upon each other';
  return shown.test(text) ? null : 'Fill it in';
}
