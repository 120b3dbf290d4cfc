/**
 * How many voters each precinct has. In a small country a handful of precincts is still full size, so that lists,
 * prints and paging look as they will; the rest share what is left by population.
 */
import { prng } from './prng.ts';
import { TERRITORIES } from './territories.ts';
import type { Commission } from './types.ts';
import { VOTERS_PER_PRECINCT } from './units.ts';

/** Below this average the country counts as small. */
const SMALL_AVERAGE = VOTERS_PER_PRECINCT * 0.6;

/** Voters by precinct code, in the order of `units`; the sizes sum to `voters` exactly. Throws without precincts. */
export function precinctSizes(
  seed: string,
  units: readonly Commission[],
  voters: number,
): Map<string, number> {
  const precincts = units.filter((unit) => unit.level === 'PEC');
  if (precincts.length === 0) throw new Error('the country has no precincts to put voters in');
  const rng = prng(`${seed}/sizes`);
  const siblings = new Map<string, number>();
  for (const { parent } of precincts) siblings.set(parent ?? '', (siblings.get(parent ?? '') ?? 0) + 1);
  const population = new Map(TERRITORIES.map(({ code, weight }) => [code, weight]));
  const weights = precincts.map(({ parent }) => {
    const share = (population.get(parent ?? '') ?? 1) / (siblings.get(parent ?? '') ?? 1);
    return share * (0.75 + rng.unit() / 2);
  });

  const sizes = new Map(precincts.map(({ code }) => [code, 0]));
  const full = voters / precincts.length < SMALL_AVERAGE ? fullSize(precincts, population, voters) : [];
  for (const code of full) sizes.set(code, VOTERS_PER_PRECINCT + rng.int(-60, 60));
  let left = voters;
  for (const size of sizes.values()) left -= size;

  let weightLeft = 0;
  precincts.forEach(({ code }, index) => {
    if (!full.includes(code)) weightLeft += weights[index] ?? 0;
  });
  // Each precinct takes its share of what is still left, so rounding never loses or invents a voter.
  precincts.forEach(({ code }, index) => {
    const weight = weights[index] ?? 0;
    if (full.includes(code)) return;
    const size = weightLeft - weight < 1e-9 ? left : Math.round((left * weight) / weightLeft);
    sizes.set(code, size);
    left -= size;
    weightLeft -= weight;
  });
  return sizes;
}

/** The first precincts of the most populous territories, as many as half of the voters can fill. */
function fullSize(
  precincts: readonly Commission[],
  population: ReadonlyMap<string, number>,
  voters: number,
): readonly string[] {
  const byTerritory = new Map<string, string>();
  for (const { code, parent } of precincts)
    if (!byTerritory.has(parent ?? '')) byTerritory.set(parent ?? '', code);
  return [...byTerritory]
    .sort(([a], [b]) => (population.get(b) ?? 0) - (population.get(a) ?? 0))
    .slice(0, Math.floor(voters / 2 / VOTERS_PER_PRECINCT))
    .map(([, code]) => code);
}
