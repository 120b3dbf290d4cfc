// Whose acts a draw is from: read from the leaves themselves, never from a projection, because a projection can be altered
// without the log showing it. Knows the rule, not the database.
import { readLeaf } from './facts.ts';

export interface PopulationRule {
  first: number;
  /** The first entry after the period. */
  next: number;
  roles: readonly string[];
  /** Acts that are left out. */
  without: readonly string[];
}

/** An entry that may be drawn. */
export interface Drawable {
  seq: number;
  actor: string;
  commission: string;
}

/** Tells quickly of most entries that they are not of the population; the others are parsed. */
export function populationTest({ roles, without }: Pick<PopulationRule, 'roles' | 'without'>) {
  const marks = roles.map((role) => Buffer.from(`"role":${JSON.stringify(role)}`));
  return (seq: number, leaf: Buffer): Drawable | null => {
    if (!marks.some((mark) => leaf.includes(mark))) return null;
    const { role, act, actor, commission } = readLeaf(leaf);
    if (!roles.includes(role as string) || without.includes(act as string)) return null;
    return { seq, actor: String(actor ?? ''), commission: String(commission ?? '') };
  };
}

const leavesAtOnce = 1_024;

/** A period with more entries than this is to be split: counting it would hold up everybody else. */
export const entriesAtMost = 5_000_000;

/**
 * Calls `each` for every entry of the population, in order; lets other work in between.
 * @param leaves entries `from` to `to`, the latter excluded
 * @throws Error where the log has a gap
 */
export async function walkPopulation(
  leaves: (from: number, to: number) => Promise<Buffer[]>,
  rule: PopulationRule,
  each: (one: Drawable) => void,
): Promise<void> {
  const test = populationTest(rule);
  for (let from = rule.first; from < rule.next; from += leavesAtOnce) {
    const to = Math.min(rule.next, from + leavesAtOnce);
    const read = await leaves(from, to);
    if (read.length !== to - from) throw new Error(`the log has a gap between entries ${from} and ${to}`);
    for (const [i, leaf] of read.entries()) {
      const one = test(from + i, leaf);
      if (one) each(one);
    }
    await new Promise<void>((resume) => setImmediate(resume));
  }
}
