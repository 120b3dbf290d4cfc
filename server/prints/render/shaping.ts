/**
 * Makes pdfkit's shaping of words cheap without changing its outcome. For Cyrillic and Latin, what a glyph advances
 * depends on itself and its right neighbour (kerning); a country's names hold some thousand such pairs, a precinct's
 * list some ten thousand distinct words. So pairs are shaped once and words put together from them. Where that does
 * not hold (combining marks, ligatures) the word is shaped whole, as it is when pdfkit's inside is not as expected:
 * then a list takes longer, and is the same list.
 */

type Position = { xAdvance: number };
type Run = { glyphs: readonly unknown[]; positions: readonly Position[]; advanceWidth: number };
type Shape = (text: string, features?: unknown) => Run;
type Shaper = { layoutRun: Shape };

function isShaper(font: unknown): font is Shaper {
  return (
    typeof font === 'object' && font !== null && 'layoutRun' in font && typeof font.layoutRun === 'function'
  );
}

/** Changes the current font of a pdfkit document in place. Call once for each font, before it draws. */
export function shapeByPairs(document: object): void {
  const font = '_font' in document ? document._font : null;
  if (!isShaper(font)) return;
  const whole: Shape = font.layoutRun.bind(font);
  const pairs = new Map<string, Run>();
  const pairOf = (text: string): Run => {
    const known = pairs.get(text);
    if (known) return known;
    const run = whole(text);
    pairs.set(text, run);
    return run;
  };
  font.layoutRun = (text, features) => {
    const characters = [...text];
    if (features || characters.length < 3 || /\p{M}/u.test(text)) return whole(text, features);
    const glyphs: unknown[] = [];
    const positions: Position[] = [];
    for (let index = 0; index < characters.length - 1; index += 1) {
      const pair = pairOf(`${characters[index]}${characters[index + 1]}`);
      const [left, right] = pair.positions;
      if (pair.glyphs.length !== 2 || !left || !right) return whole(text);
      glyphs.push(pair.glyphs[0]);
      positions.push(left);
      if (index === characters.length - 2) {
        glyphs.push(pair.glyphs[1]);
        positions.push(right);
      }
    }
    return { glyphs, positions, advanceWidth: positions.reduce((sum, { xAdvance }) => sum + xAdvance, 0) };
  };
}
