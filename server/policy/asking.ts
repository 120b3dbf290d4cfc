// Puts questions to Cedar about one compiled set. Each act is asked of its own slice (slices.ts), with the request
// validated against the schema all the same: without one Cedar skips a forbid that errors. Anything but a clean answer is
// told as what it is; nothing here permits. Cedar keeps what it parsed under a name in its own memory until the name is
// given to something else, so a set no longer asked must be let go.
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { Relation } from './relation.ts';
import { type ContextFact, contextFacts, slicesOf } from './slices.ts';
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

/** Where Cedar finds what a question about one act is asked of, by names it was given. */
interface Place {
  policies: string;
  schema: string;
  facts: readonly ContextFact[];
}

let made = 0;

/**
 * Parses the set; slices of it are parsed at the first question that needs them. @throws PolicyUnusable
 * @param sliced false for the set as a whole, to hold slices against
 */
export function askingOf(source: PolicySource, sliced = true): Asking {
  made += 1;
  const mine = made;
  const texts = new Map(source.rules.map(({ id, text }) => [id, text]));
  const sets = new Map<string, string>();
  const schemas = new Map<string, string>();
  function keepSet(ids: readonly string[]): string {
    const same = ids.join();
    const known = sets.get(same);
    if (known !== undefined) return known;
    const name = `${mine}/${sets.size}`;
    const staticPolicies = Object.fromEntries(ids.map((id) => [id, texts.get(id)!]));
    ok(cedar.preparsePolicySet(name, { staticPolicies }), 'policies');
    sets.set(same, name);
    return name;
  }
  function keepSchema(of: string, schema: cedar.Schema): string {
    const known = schemas.get(of);
    if (known !== undefined) return known;
    const name = `${mine}/${schemas.size}`;
    ok(cedar.preparseSchema(name, schema), 'schema');
    schemas.set(of, name);
    return name;
  }

  const whole: Place = {
    policies: keepSet([...texts.keys()]),
    schema: keepSchema('', source.schema),
    facts: contextFacts,
  };
  const slices = slicesOf(source);
  const places = new Map<string, Place>();
  let released = false;

  function placeOf(act: string, role: string): Place | null {
    const known = places.get(`${act} ${role}`);
    if (known) return known;
    const slice = slices.get(act);
    if (!slice) return null;
    const { policies, schema, facts } = slice;
    const ids = policies.filter((policy) => policy.role === null || policy.role === role).map(({ id }) => id);
    const place = sliced
      ? {
          policies: keepSet(ids),
          schema: schema === null ? whole.schema : keepSchema(act, schema as unknown as cedar.Schema),
          facts,
        }
      : whole;
    places.set(`${act} ${role}`, place);
    return place;
  }

  function authorise(act: string, relation: Relation): cedar.AuthorizationAnswer | null {
    if (released) throw new Error('the set was let go of');
    const place = placeOf(act, relation.role);
    if (place === null) return null;
    const context: cedar.Context = {};
    for (const fact of place.facts) context[fact] = fact === 'flags' ? [...relation.flags] : relation[fact];
    return cedar.statefulIsAuthorized({
      principal: { type: 'Role', id: relation.role },
      action: { type: 'Action', id: act },
      resource: { type: 'Record', id: 'target' },
      context,
      entities: [],
      preparsedSchemaName: place.schema,
      preparsedPolicySetId: place.policies,
      validateRequest: true,
    });
  }

  return {
    ask(act, relation) {
      let answer: cedar.AuthorizationAnswer | null;
      try {
        answer = authorise(act, relation);
      } catch (error) {
        // Threat: once it has failed within, Cedar's instance answers nobody rightly any more.
        return { kind: 'fault', why: error instanceof Error ? error.message : 'unknown fault' };
      }
      if (answer === null) return { kind: 'undeclared' };
      if (answer.type !== 'success') return { kind: 'fault', why: messages(answer) };
      const { decision, diagnostics } = answer.response;
      const [erred] = diagnostics.errors;
      if (erred) return { kind: 'fault', why: `${erred.policyId}: ${erred.error.message}` };
      return { kind: 'answer', permits: decision === 'allow', reasons: [...diagnostics.reason].sort() };
    },
    release() {
      released = true;
      for (const name of sets.values()) cedar.preparsePolicySet(name, {});
      for (const name of schemas.values()) cedar.preparseSchema(name, {});
    },
  };
}

const messages = (answer: { errors: { message: string }[] }) =>
  answer.errors.map(({ message }) => message).join('; ');

function ok(answer: cedar.CheckParseAnswer, what: string): void {
  if (answer.type !== 'success') throw new PolicyUnusable(`${what}: ${messages(answer)}`);
}
