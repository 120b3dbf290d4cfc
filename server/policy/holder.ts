// The policy in force, by one name that never changes: whoever was given it decides by the new set from the moment it is
// replaced, and nothing remembered of the old one is asked any more.
import { type Compiled, compilePolicies, type Deciding } from './cedar.ts';
import type { PolicySource } from './source.ts';

export interface PolicyHolder extends Omit<Compiled, 'release'> {
  readonly source: PolicySource;
  replace(source: PolicySource): void;
}

/** @throws PolicyUnusable */
export function holdPolicies(first: PolicySource, deciding: Deciding = {}): PolicyHolder {
  let source = first;
  let policy = compilePolicies(first, deciding);
  return {
    get hash() {
      return policy.hash;
    },
    get source() {
      return source;
    },
    why: (id) => policy.why?.(id) ?? null,
    decide: (act, relation) => policy.decide(act, relation),
    broken: () => policy.broken(),
    faults: () => policy.faults(),
    replace(next) {
      // Compiled first: a set that cannot be leaves the old one in force.
      const before = policy;
      policy = compilePolicies(next, deciding);
      source = next;
      before.release();
    },
  };
}
