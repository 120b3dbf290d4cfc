// Text that people answer for: a reason, a note, the number of a document. Imports nothing of ours.
import { Type } from 'typebox';

/** Something is said in it: blanks and characters nobody sees give no reason. Lengths in characters. */
export const words = (minLength: number, maxLength: number) =>
  Type.String({ minLength, maxLength, pattern: '[\\p{L}\\p{N}]' });
