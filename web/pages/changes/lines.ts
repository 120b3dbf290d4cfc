/** Two texts side by side, line by line: what is gone, what is new, and around it as much as one needs to find one's way. Pure. */
export type Line =
  | { kind: 'same' | 'gone' | 'new'; text: string }
  /** That many unchanged lines are left out. */
  | { kind: 'left'; count: number };

/** More comparisons than this: the differing part is shown whole, before and after. */
const comparedAtMost = 2_000_000;
/** Lines shown before one asks for all of them; a few more are shown at once. */
const firstLines = 40;
const fewMore = 10;
/** Unchanged lines kept on each side of a change. */
const around = 3;

/** How many of so many lines are shown before one asks for all. */
export const shownAtMost = (count: number): number => (count > firstLines + fewMore ? firstLines : count);

export function linesOf(before: string, after: string): Line[] {
  const [a, b] = [before, after].map((text) => text.replace(/\n$/, '').split('\n')) as [string[], string[]];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const same = (text: string): Line => ({ kind: 'same', text });
  return folded([
    ...a.slice(0, head).map(same),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ]);
}

/** By the longest common sequence of lines; what is gone stands before what is new. */
function middle(a: readonly string[], b: readonly string[]): Line[] {
  const gone = (text: string): Line => ({ kind: 'gone', text });
  const fresh = (text: string): Line => ({ kind: 'new', text });
  if (a.length * b.length > comparedAtMost) return [...a.map(gone), ...b.map(fresh)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [was, is] = [a[i], b[j]];
    if (was !== undefined && was === is) {
      lines.push({ kind: 'same', text: was });
      i += 1;
      j += 1;
    } else if (was !== undefined && (is === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(gone(was));
      i += 1;
    } else if (is !== undefined) {
      lines.push(fresh(is));
      j += 1;
    }
  }
  return lines;
}

function folded(lines: readonly Line[]): Line[] {
  const near = lines.map((_, n) =>
    lines.slice(Math.max(0, n - around), n + around + 1).some(({ kind }) => kind !== 'same'),
  );
  const shown: Line[] = [];
  for (const [n, line] of lines.entries()) {
    const last = shown.at(-1);
    if (near[n]) shown.push(line);
    else if (last?.kind === 'left') last.count += 1;
    else shown.push({ kind: 'left', count: 1 });
  }
  return shown;
}
