// Decides with Cedar from the readable files in policies/access. Pure once loaded: the same relation gives the same
// decision, remembered per exact input. Denies on anything but a clean success: without a schema Cedar skips a forbid
// that errors, so the schema is parsed first, every policy is validated against it, and every request is too.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { roles, stages } from '#server/contract/vocabulary.ts';
import { type Decision, flags, type Policy, type Relation } from './relation.ts';

/** A fault in the policy files; boot stops with it. */
export class PolicyFault extends Error {
  override readonly name = 'PolicyFault';
}

type Remedy = Extract<Decision, { kind: 'deny' }>['remedy'];
const remedies: readonly Remedy[] = ['outside', 'recent-factor', 'bound-factor'];
/** Relations are few (roles × acts × a handful of facts); the bound only stops a mistake from growing without end. */
const memoLimit = 20_000;

/**
 * Loads and validates every `*.cedar` and the schema in `dir`. Throws PolicyFault naming the file or rule at fault.
 * @param remembers false only for measuring: every decision is then asked of Cedar again
 */
export function loadPolicy(dir: string, remembers = true): Policy {
  const schema = readFileSync(join(dir, 'kuzot.cedarschema'), 'utf8');
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.cedar'))
    .sort();
  const texts = files.map((name) => readFileSync(join(dir, name), 'utf8'));
  const hash = createHash('sha256')
    .update(JSON.stringify([schema, texts]))
    .digest('hex');

  const parts = ok(cedar.policySetTextToParts(texts.join('\n')), 'policies');
  const rules = new Map<string, { text: string; remedy: Remedy; effect: string }>();
  for (const text of parts.policies) {
    const { json } = ok(cedar.policyToJson(text), 'policy');
    const notes = (json.annotations ?? {}) as Record<string, string | null>;
    const id = notes.id;
    if (!id || !notes.why) throw new PolicyFault(`A policy has no @id or no @why: ${text.slice(0, 80)}`);
    if (rules.has(id)) throw new PolicyFault(`Two policies have the id ${id}`);
    const remedy = (notes.remedy ?? 'none') as Remedy;
    if (remedy !== 'none' && !remedies.includes(remedy))
      throw new PolicyFault(`${id}: unknown remedy ${remedy}`);
    rules.set(id, { text, remedy, effect: json.effect });
  }
  const staticPolicies = Object.fromEntries([...rules].map(([id, rule]) => [id, rule.text]));
  const checked = ok(
    cedar.validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } }),
    'policies against the schema',
  );
  if (checked.validationErrors.length)
    throw new PolicyFault(
      checked.validationErrors.map((e) => `${e.policyId}: ${e.error.message}`).join('\n'),
    );
  ok(cedar.preparseSchema(hash, schema), 'schema');
  ok(cedar.preparsePolicySet(hash, { staticPolicies }), 'policies');

  const memo = new Map<string, Decision>();

  function ask(act: string, relation: Relation): Decision {
    const answer = cedar.statefulIsAuthorized({
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
      preparsedSchemaName: hash,
      preparsedPolicySetId: hash,
      validateRequest: true,
    });
    if (answer.type !== 'success' || answer.response.diagnostics.errors.length)
      return { kind: 'deny', policy: 'policy-error', remedy: 'none' };
    const { decision, diagnostics } = answer.response;
    const reasons = [...diagnostics.reason].sort();
    if (decision === 'allow') return { kind: 'permit', policy: reasons[0] ?? 'policy-error' };
    return denial(act, relation, reasons);
  }

  /** Asks for a factor only where showing it would help; hides existence before saying anything else. */
  function denial(act: string, relation: Relation, reasons: string[]): Decision {
    const of = (remedy: Remedy) => reasons.find((id) => rules.get(id)?.remedy === remedy);
    const outside = of('outside');
    if (outside) return { kind: 'deny', policy: outside, remedy: 'outside' };
    const final = of('none');
    if (final) return { kind: 'deny', policy: final, remedy: 'none' };
    const factor = of('bound-factor') ?? of('recent-factor');
    if (!factor) return { kind: 'deny', policy: 'default-deny', remedy: 'none' };
    const withFactor = decide(act, { ...relation, factor: 'bound' });
    if (withFactor.kind === 'deny') return withFactor;
    return { kind: 'deny', policy: factor, remedy: rules.get(factor)!.remedy };
  }

  function decide(act: string, relation: Relation): Decision {
    // Threat: a value of another kind that reads like a known one would find the answer remembered for that one.
    if (!isExact(relation)) return { kind: 'deny', policy: 'policy-error', remedy: 'none' };
    const { role, stage, locked, clearance, reach, factor, flags } = relation;
    const key = `${act}|${role}|${stage}|${locked ? 1 : 0}|${clearance}|${reach}|${factor}|${flags.toSorted().join()}`;
    const known = memo.get(key);
    if (known) return known;
    const decision = ask(act, relation);
    if (memo.size >= memoLimit) memo.clear();
    if (remembers) memo.set(key, decision);
    return decision;
  }

  return { hash, decide };
}

const words = {
  role: new Set<string>([...roles, 'none', 'system']),
  stage: new Set<string>([...stages, 'none']),
  clearance: new Set(['valid', 'expired']),
  reach: new Set(['own', 'below', 'above', 'outside', 'none']),
  factor: new Set(['bound', 'recent', 'stale']),
  flags: new Set<string>(flags),
};

/** Every fact is there and from its closed list, so that two relations never share a key of the memo. */
function isExact(relation: Relation): boolean {
  return (
    words.role.has(relation.role) &&
    words.stage.has(relation.stage) &&
    (relation.locked === true || relation.locked === false) &&
    words.clearance.has(relation.clearance) &&
    words.reach.has(relation.reach) &&
    words.factor.has(relation.factor) &&
    Array.isArray(relation.flags) &&
    relation.flags.every((flag) => words.flags.has(flag))
  );
}

function ok<A extends { type: string }>(answer: A, what: string): Extract<A, { type: 'success' }> {
  if (answer.type !== 'success') {
    const { errors } = answer as unknown as { errors?: { message: string }[] };
    throw new PolicyFault(`${what}: ${(errors ?? []).map((e) => e.message).join('; ')}`);
  }
  return answer as Extract<A, { type: 'success' }>;
}
