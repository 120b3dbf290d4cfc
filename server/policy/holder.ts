// The policy in force, by one name that never changes: whoever was given it decides by the new set from the moment it is
// replaced, and nothing remembered of the old one is asked any more.
import { compilePolicies } from './cedar.ts';
import type { Policy } from './relation.ts';
import type { PolicySource } from './source.ts';

export interface PolicyHolder extends Policy {
  readonly source: PolicySource;
  replace(source: PolicySource): void;
}

/** @param remembers false only for measuring */
export function holdPolicies(first: PolicySource, remembers = true): PolicyHolder {
  let source = first;
  let policy = compilePolicies(first, remembers);
  return {
    get hash() {
      return policy.hash;
    },
    get source() {
      return source;
    },
    why: (id) => policy.why?.(id) ?? null,
    decide: (act, relation) => policy.decide(act, relation),
    replace(next) {
      // Compiled first: a set that cannot be leaves the old one in force.
      const before = policy;
      policy = compilePolicies(next, remembers);
      source = next;
      before.release();
    },
  };
}
