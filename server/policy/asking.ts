// Puts questions to Cedar about one compiled set. Each act is asked of its own slice (slices.ts), with the request
// validated against the schema all the same: without one Cedar skips a forbid that errors. Anything but a clean answer is
// told as what it is; nothing here permits. Cedar keeps what it parsed under a name in its own memory until the name is
// given to something else, so a set no longer asked must be let go.
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { Relation } from './relation.ts';
import { slicesOf } from './slices.ts';
import type { PolicySource } from './source.ts';

/** A fault in the policy files; boot stops with it. */
export class PolicyUnusable extends Error {
  override readonly name = 'PolicyUnusable';
}

export type Answer =
  /** Determining policies: of a permission the permits that hold, of a denial the forbids; sorted. */
  | { kind: 'answer'; permits: boolean; reasons: string[] }
  /** The set does not declare this act. */
  | { kind: 'undeclared' }
  /** Cedar could not decide what it should have been able to decide. */
  | { kind: 'fault'; why: string };

export interface Asking {
  ask(act: string, relation: Relation): Answer;
  /** Frees what Cedar keeps of the set; it must not be asked any more. */
  release(): void;
}

let made = 0;

/**
 * Parses the set and the slice of every act. @throws PolicyUnusable
 * @param sliced false for the set as a whole, to hold slices against
 */
export function askingOf(source: PolicySource, sliced = true): Asking {
  made += 1;
  const texts = new Map(source.rules.map(({ id, text }) => [id, text]));
  const sets = new Map<string, string>();
  const schemas: string[] = [];
  function keepSet(ids: readonly string[]): string {
    const same = ids.join();
    const known = sets.get(same);
    if (known !== undefined) return known;
    const name = `${made}/${sets.size}`;
    const staticPolicies = Object.fromEntries(ids.map((id) => [id, texts.get(id)!]));
    ok(cedar.preparsePolicySet(name, { staticPolicies }), 'policies');
    sets.set(same, name);
    return name;
  }
  function keepSchema(schema: cedar.Schema): string {
    const name = `${made}/${schemas.length}`;
    ok(cedar.preparseSchema(name, schema), 'schema');
    schemas.push(name);
    return name;
  }

  const whole = { policies: keepSet([...texts.keys()]), schema: keepSchema(source.schema) };
  const places = new Map<string, typeof whole>();
  for (const [act, { policies, schema }] of slicesOf(source))
    places.set(
      act,
      sliced
        ? {
            policies: keepSet(policies),
            schema: schema === null ? whole.schema : keepSchema(schema as unknown as cedar.Schema),
          }
        : whole,
    );

  return {
    ask(act, relation) {
      const place = places.get(act);
      if (!place) return { kind: 'undeclared' };
      let answer: cedar.AuthorizationAnswer;
      try {
        answer = cedar.statefulIsAuthorized({
          principal: { type: 'Role', id: relation.role },
          action: { type: 'Action', id: act },
          resource: { type: 'Record', id: 'target' },
          context: {
            stage: relation.stage,
            locked: relation.locked,
            clearance: relation.clearance,
            reach: relation.reach,
            factor: relation.factor,
            flags: [...relation.flags],
          },
          entities: [],
          preparsedSchemaName: place.schema,
          preparsedPolicySetId: place.policies,
          validateRequest: true,
        });
      } catch (error) {
        // Threat: once it has failed within, Cedar's instance answers nobody rightly any more.
        return { kind: 'fault', why: error instanceof Error ? error.message : 'unknown fault' };
      }
      if (answer.type !== 'success') return { kind: 'fault', why: messages(answer) };
      const { decision, diagnostics } = answer.response;
      const [erred] = diagnostics.errors;
      if (erred) return { kind: 'fault', why: `${erred.policyId}: ${erred.error.message}` };
      return { kind: 'answer', permits: decision === 'allow', reasons: [...diagnostics.reason].sort() };
    },
    release() {
      places.clear();
      for (const name of sets.values()) cedar.preparsePolicySet(name, {});
      for (const name of schemas) cedar.preparseSchema(name, {});
    },
  };
}

const messages = (answer: { errors: { message: string }[] }) =>
  answer.errors.map(({ message }) => message).join('; ');

function ok(answer: cedar.CheckParseAnswer, what: string): void {
  if (answer.type !== 'success') throw new PolicyUnusable(`${what}: ${messages(answer)}`);
}
