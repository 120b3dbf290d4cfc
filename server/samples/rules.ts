// Who judges what was drawn, which digits are dice, and what a sample may go through. Pure.
import type { SampleFinding, SampleItemState, SampleSource } from '#server/contract/vocabulary.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { isCentral } from '#server/policy/relation.ts';
import type { Drawable } from './population.ts';
import { standing } from './recipe.ts';

export interface Reviewer {
  id: string;
  role: string;
  /** Unit path. */
  path: string;
}

/** Roles that may judge; a supervisor only where no auditor may, since entries in scope are those of their own chain. */
export const reviewerRoles = ['auditor', 'supervisor'] as const;

/**
 * How two officers are tied: `closely` where one made the other's account or both took part in one approval, so that neither
 * may judge the other; `loosely` where one activated the other's account in person: somebody else judges where there is one.
 */
export type Tied = (a: string, b: string) => 'closely' | 'loosely' | null;

export interface Ties {
  makers: readonly { id: string; createdBy: string; activatedBy: string | null }[];
  approvals: readonly { approval: string; requester: string; voter: string }[];
}

export function tiesOf({ makers, approvals }: Ties): Tied {
  const close = new Set<string>();
  const loose = new Set<string>();
  const pair = (pairs: Set<string>, a: string, b: string) => pairs.add(`${a} ${b}`).add(`${b} ${a}`);
  for (const { id, createdBy, activatedBy } of makers) {
    pair(close, id, createdBy);
    if (activatedBy !== null) pair(loose, id, activatedBy);
  }
  const together = new Map<string, Set<string>>();
  for (const { approval, requester, voter } of approvals) {
    const all = together.get(approval) ?? new Set([requester]);
    together.set(approval, all.add(voter));
  }
  for (const all of together.values()) for (const a of all) for (const b of all) pair(close, a, b);
  return (a, b) => {
    if (a === b) return null;
    const both = `${a} ${b}`;
    return close.has(both) ? 'closely' : loose.has(both) ? 'loosely' : null;
  };
}

/**
 * Where a reviewer stands for an act of a unit: 0 best; null when they may not judge it. Auditors of another unit, then
 * auditors of the same, then supervisors from further up, then those of the unit itself; all of them before anybody who is
 * loosely tied to the actor.
 */
export function rankFor(
  reviewer: Reviewer,
  { actor, path }: { actor: string; path: string | null },
  tied: Tied,
): number | null {
  const tie = tied(reviewer.id, actor);
  if (reviewer.id === actor || tie === 'closely') return null;
  // What lies outside one's unit does not exist for one.
  if (path === null ? !isCentral(reviewer.path) : !path.startsWith(reviewer.path)) return null;
  const same = path === reviewer.path ? 1 : 0;
  return (reviewer.role === 'auditor' ? 0 : 2) + same + (tie === 'loosely' ? 4 : 0);
}

/**
 * One reviewer for each act, in the order drawn: the best standing, then whoever has fewest so far, then whoever stands
 * first in the draw's own order. The same roster always gives the same answer; null where nobody may.
 */
export function assign(
  drawn: readonly (Drawable & { path: string | null })[],
  reviewers: readonly Reviewer[],
  tied: Tied,
  seed: string,
  load: Map<string, number> = new Map(),
): (string | null)[] {
  const order = new Map(reviewers.map(({ id }) => [id, standing(seed, id)]));
  return drawn.map((act) => {
    let best: { id: string; rank: number; load: number; order: string } | null = null;
    for (const reviewer of reviewers) {
      const rank = rankFor(reviewer, act, tied);
      if (rank === null) continue;
      const one = { id: reviewer.id, rank, load: load.get(reviewer.id) ?? 0, order: order.get(reviewer.id)! };
      if (!best || before(one, best)) best = one;
    }
    if (best) load.set(best.id, best.load + 1);
    return best?.id ?? null;
  });
}

interface Standing {
  rank: number;
  load: number;
  order: string;
}
function before(a: Standing, b: Standing): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.load !== b.load) return a.load < b.load;
  return a.order < b.order;
}

/** Twenty throws of a die are fifty bits, as are thirteen hexadecimal digits; nobody tries that many periods. */
const diceAtLeast = 20;
const publicAtLeast = 16;

/** The digits as they are hashed: without spaces, small letters. */
export function readDigits(source: SampleSource, typed: string): string | Refusal {
  const digits = typed.replaceAll(' ', '').toLowerCase();
  const wrong = (detail: string) => refuse('invalid-input', { field: 'digits', detail });
  if (source === 'dice') {
    if (!/^[1-6]*$/.test(digits)) return wrong('Dice show 1 to 6: type what was thrown, in order');
    if (digits.length < diceAtLeast) return wrong(`Throw a die at least ${diceAtLeast} times`);
  } else if (digits.length < publicAtLeast)
    return wrong(`Type at least ${publicAtLeast} digits of the published number`);
  if (new Set(digits).size < 3) return wrong('These digits were not thrown: hardly any differ');
  return digits;
}

export interface ItemStanding {
  state: string;
  reviewer: string | null;
  signer: string | null;
  foundBy: string | null;
}

/** Who is to act now. */
export function waitsFor({ state, reviewer, signer }: ItemStanding): string | null {
  return state === 'open' ? reviewer : state === 'to-sign' ? signer : null;
}

/** The state after a finding: an irregular one waits for a second person. */
export function afterFinding(finding: SampleFinding): SampleItemState {
  return finding === 'irregular' ? 'to-sign' : 'done';
}

/** Findings counted; an act that cannot be judged counts as wrong in what the report claims. */
export function tallyFindings(findings: readonly (string | null)[]) {
  const of = (finding: SampleFinding) => findings.filter((one) => one === finding).length;
  return { inOrder: of('in-order'), irregular: of('irregular'), cannotTell: of('cannot-tell') };
}
