// How checks say what they found. File names, the names in a note, a bundle or a proof are a stranger's: a line of theirs must
// neither begin another line nor move the cursor, or a folder could say "ok" for itself.
import { withNothingHidden } from '#server/lib/hidden-text.ts';

/** One line on standard output. */
export const say = (line: string): void => console.log(withNothingHidden(line));

/** One line on standard error. @returns the exit code of what is wrong */
export function wrong(where: string, why: string): number {
  console.error(withNothingHidden(`wrong: ${where}: ${why}`));
  return 1;
}
