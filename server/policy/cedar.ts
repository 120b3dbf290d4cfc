// Decides with Cedar from the readable files in policies/access. Pure once compiled: the same relation gives the same
// decision, remembered per exact input. Denies on anything but a clean success: without a schema Cedar skips a forbid
// that errors, so the schema is parsed first, every policy is validated against it, and every request is too.
import { type Asking, askingOf, PolicyUnusable } from './asking.ts';
import { openRelation } from './inputs.ts';
import type { Decision, Policy, Relation } from './relation.ts';
import { words } from './relation.ts';
import { type PolicySource, parsePolicies, type Remedy, readPolicyFiles } from './source.ts';

/** Relations are few (roles × acts × a handful of facts); the bound only stops a mistake from growing without end. */
const memoLimit = 20_000;

/** The files of a folder, parsed. @throws PolicyUnusable naming every fault with file and line */
export function readPolicies(dir: string): PolicySource {
  const parsed = parsePolicies(readPolicyFiles(dir));
  if (parsed.kind === 'set') return parsed.source;
  const lines = parsed.faults.map(
    ({ file, line, fault, next }) => `${file}${line ? `:${line}` : ''}: ${fault}; ${next}`,
  );
  throw new PolicyUnusable(lines.join('\n'));
}

export interface Deciding {
  /** False only for measuring: every decision is then asked of Cedar again. */
  remembers?: boolean;
  /** Told of the first fault within the decider, for operators; every one of them denies. */
  onFault?: (error: Error) => void;
}

/** Loads and compiles every `*.cedar` and the schema in `dir`. @throws PolicyUnusable */
export function loadPolicy(dir: string): Compiled {
  return compilePolicies(readPolicies(dir));
}

/** A policy with what its keeper must know of it. */
export interface Compiled extends Policy {
  /**
   * Why nothing can be decided any more, or null: asks one question anew, whatever is remembered. Denials for this
   * reason are not the policies' and help nobody until the process is started again.
   */
  broken(): string | null;
  /** Questions that should have been decided and were not. */
  faults(): number;
  /** Frees what is kept of the set; it must not be asked any more. */
  release(): void;
}

/** Makes checked policies decide. @throws PolicyUnusable */
export function compilePolicies(source: PolicySource, deciding: Deciding = {}): Compiled {
  return decideBy(askingOf(source), source, deciding);
}

/** @param asking what questions about `source` are put to */
export function decideBy(
  asking: Asking,
  { hash, rules: all, declarations }: PolicySource,
  { remembers = true, onFault = () => undefined }: Deciding = {},
): Compiled {
  const rules = new Map(all.map((rule) => [rule.id, rule]));
  const memo = new Map<string, Decision>();
  const [sampleAct = ''] = [...declarations.keys()].filter((name) => name.includes('.'));
  let faults = 0;

  /** @returns null where Cedar could not decide */
  function ask(act: string, relation: Relation): Decision | null {
    const answer = asking.ask(act, relation);
    if (answer.kind === 'undeclared') return { kind: 'deny', policy: 'policy-error', remedy: 'none' };
    if (answer.kind === 'fault') {
      faults += 1;
      if (faults === 1) onFault(new Error(`The access policies could not decide ${act}: ${answer.why}`));
      return null;
    }
    const { permits, reasons } = answer;
    if (permits) return { kind: 'permit', policy: reasons[0] ?? 'policy-error' };
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
    // A fault is not what the policies say: the next one asks again.
    if (decision === null) return { kind: 'deny', policy: 'policy-error', remedy: 'none' };
    if (memo.size >= memoLimit) memo.clear();
    if (remembers) memo.set(key, decision);
    return decision;
  }

  return {
    hash,
    decide,
    why: (id) => rules.get(id)?.why ?? null,
    broken() {
      const answer = asking.ask(sampleAct, openRelation('system', { reach: 'none' }));
      return answer.kind === 'answer' ? null : answer.kind === 'fault' ? answer.why : 'no act is declared';
    },
    faults: () => faults,
    release() {
      memo.clear();
      asking.release();
    },
  };
}

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
