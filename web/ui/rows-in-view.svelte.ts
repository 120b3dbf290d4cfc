/**
 * Which rows of a long table are drawn: those near the window, measured as they appear, so that thousands cost no more than
 * dozens while the page keeps its one scrollbar. Rows differ in height; what was not measured yet counts as the mean.
 */
const AROUND_PX = 1_200;

export interface DrawnRows {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
  /** Room above and below, in px. */
  readonly above: number;
  readonly below: number;
}

/** @param heights of the rows measured so far, by index @param top where the first row begins, from the window's top */
export function rowsInView(
  count: number,
  heights: ReadonlyMap<number, number>,
  top: number,
  windowHeight: number,
): DrawnRows {
  let known = 0;
  for (const height of heights.values()) known += height;
  const mean = heights.size > 0 ? known / heights.size : 64;
  let at = top;
  let first = 0;
  let above = 0;
  while (first < count - 1) {
    const height = heights.get(first) ?? mean;
    if (at + height >= -AROUND_PX) break;
    at += height;
    above += height;
    first += 1;
  }
  let end = first;
  while (end < count && at < windowHeight + AROUND_PX) {
    at += heights.get(end) ?? mean;
    end += 1;
  }
  let below = 0;
  for (let i = end; i < count; i++) below += heights.get(i) ?? mean;
  return { first, end, above, below };
}
