// What an alert says, worked out from a firing and the entries behind it: whom and what it is about, which unit covers it,
// and its name, which is the same however often the log is replayed. Pure.
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import type { Enriched } from './enrich.ts';
import type { Firing } from './sigma/engine.ts';
import type { Rule } from './sigma/ruleset.ts';

type Value = string | number | boolean;

/** The values an alert is grouped by: what its rule folds by, else what its rule counts by. */
export function entityOf(
  firing: Firing,
  rule: Rule,
  fields: Enriched['fields'],
): Record<string, Value | string[]> {
  const by = rule.kuzot?.suppress?.by ?? [];
  const known: Record<string, Value | readonly string[]> = { ...fields, ...firing.group };
  const entity: Record<string, Value | string[]> = { ...firing.group };
  for (const field of by) {
    const value = known[field];
    if (value !== undefined) entity[field] = typeof value === 'object' ? [...value] : value;
  }
  // Grouped more finely than folded: the finer values would keep alerts apart that the rule wants as one.
  if (by.length > 0 && by.every((field) => entity[field] !== undefined))
    return Object.fromEntries(by.map((field) => [field, entity[field]!]));
  return entity;
}

/** The same firing has the same alert, on every replay. */
export function alertId(ruleVersion: string, entity: string, firstSeq: number): string {
  return sha256(canonicalJson([ruleVersion, entity, firstSeq])).slice(0, 32);
}

/** The smallest unit that holds all of these: their longest common path, `/CEC/` at the least. */
export function coveringUnit(paths: readonly string[]): string | null {
  const [first, ...rest] = paths;
  if (first === undefined) return null;
  let parts = first.split('/').filter(Boolean);
  for (const path of rest) {
    const other = path.split('/').filter(Boolean);
    const apart = parts.findIndex((part, i) => part !== other[i]);
    if (apart >= 0) parts = parts.slice(0, apart);
  }
  return parts.at(-1) ?? null;
}

export interface Evidence {
  seqs: number[];
  /** Officers who made the entries; the system is nobody. */
  officers: string[];
  /** Paths of the units the entries belong to or touch. */
  paths: string[];
}

export function mergeEvidence(into: Evidence, more: Evidence): Evidence {
  const both = <T>(a: readonly T[], b: readonly T[]) => [...new Set([...a, ...b])];
  return {
    seqs: both(into.seqs, more.seqs).sort((a, b) => a - b),
    officers: both(into.officers, more.officers).sort(),
    paths: both(into.paths, more.paths),
  };
}

/** Already told: by this very firing before, or folded into the entity's newest alert. */
export type Placement = { kind: 'known' } | { kind: 'fold' } | { kind: 'raise' };

export function placeFiring(
  firing: { timeMs: number; lastSeq: number },
  latest: { lastSeq: number; state: string; createdAt: number } | null,
  suppressMs: number | null,
): Placement {
  if (latest && latest.lastSeq >= firing.lastSeq) return { kind: 'known' };
  const folds =
    latest !== null &&
    suppressMs !== null &&
    latest.state !== 'closed' &&
    firing.timeMs - latest.createdAt < suppressMs;
  return { kind: folds ? 'fold' : 'raise' };
}
