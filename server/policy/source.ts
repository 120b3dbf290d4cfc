// The text of access policies as people write it: read from files, parsed, and checked until nothing of it can surprise. A
// fault names file, line, what is wrong and what to do. Pure but for the reading of a folder; it decides nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { isAct } from '#server/contract/acts.ts';
import type { PolicyFault, PolicyFile } from '#server/contract/policies.ts';
import { sha256 } from '#server/lib/digest.ts';
import { tooDeepAt } from './bounds.ts';
import { actsOf, asksOtherwise, type Json, misspelt } from './reading.ts';
import type { Decision } from './relation.ts';

export type Remedy = Extract<Decision, { kind: 'deny' }>['remedy'];
const remedies: readonly Remedy[] = ['outside', 'recent-factor', 'bound-factor'];
export const schemaName = 'kuzot.cedarschema';
const fileName = /^[a-z0-9][a-z0-9-]{0,40}\.cedar$/;
const idForm = /^[a-z][a-z0-9-]{0,60}$/;

/** One policy as written. */
export interface PolicyRule {
  id: string;
  why: string;
  remedy: Remedy;
  effect: 'permit' | 'forbid';
  text: string;
  file: string;
  line: number;
  /** Acts it speaks of, groups resolved. */
  acts: ReadonlySet<string>;
  json: Json;
}

export interface PolicySource {
  /** Hex SHA-256 of schema and files, in the order of their names. */
  hash: string;
  schema: string;
  /** Cedar's JSON of the schema. */
  json: Json;
  /** Each act as the schema declares it, and the rest of the schema. */
  declarations: ReadonlyMap<string, string>;
  types: string;
  files: readonly PolicyFile[];
  rules: readonly PolicyRule[];
}

/** Every policy file of a folder, by name. */
export function readPolicyFiles(dir: string): PolicyFile[] {
  return readdirSync(dir)
    .filter((name) => name === schemaName || name.endsWith('.cedar'))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(dir, name), 'utf8') }));
}

export function policyHash(files: readonly PolicyFile[]): string {
  const schema = files.find(({ name }) => name === schemaName)?.text ?? '';
  const texts = files
    .filter(({ name }) => name !== schemaName)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ text }) => text);
  return sha256(JSON.stringify([schema, texts]));
}

/** As a set is kept: by name. */
export const inOrder = (files: readonly PolicyFile[]): PolicyFile[] =>
  files.toSorted((a, b) => (a.name < b.name ? -1 : 1));

const lineAt = (text: string, offset: number) => text.slice(0, Math.max(0, offset)).split('\n').length;

type Failed = { errors?: { message: string; sourceLocations?: { start: number }[] | null }[] };
const failures = (answer: unknown) => (answer as Failed).errors ?? [{ message: 'it cannot be read' }];

type Parsed = { kind: 'set'; source: PolicySource } | { kind: 'faults'; faults: PolicyFault[] };

/** Sets parsed of late, by exactly what was given: a proposal is checked, proposed and approved, the same text each time. */
const parsedOfLate = new Map<string, Parsed>();
const keptOfLate = 4;

/**
 * Parses and checks a whole set.
 * @param complete false for a set approved under an earlier release, which need not know this one's acts
 */
export function parsePolicies(given: readonly PolicyFile[], complete = true): Parsed {
  const key = JSON.stringify([complete, given.map(({ name, text }) => [name, text])]);
  const known = parsedOfLate.get(key) ?? parse(given, complete);
  parsedOfLate.delete(key);
  // What is not a set is not kept: anybody may send as much of it as they like.
  if (known.kind === 'set') parsedOfLate.set(key, known);
  const [oldest] = parsedOfLate.keys();
  if (parsedOfLate.size > keptOfLate) parsedOfLate.delete(oldest!);
  return known;
}

function parse(given: readonly PolicyFile[], complete: boolean): Parsed {
  const faults: PolicyFault[] = [];
  const say = (file: string, line: number | null, fault: string, next: string) =>
    void faults.push({ file, line, fault, next });
  const files = inOrder(given);
  const names = files.map(({ name }) => name);
  for (const name of names.filter((one, i) => names.indexOf(one) !== i))
    say(name, null, 'two files have this name', 'give each file a name of its own');
  for (const name of names)
    if (name !== schemaName && !fileName.test(name))
      say(
        name,
        null,
        'it is no name of a policy file',
        `use small letters, digits and dashes before .cedar, or ${schemaName}`,
      );
  for (const { name, text } of files) {
    const deep = tooDeepAt(text);
    if (deep === null) continue;
    say(name, lineAt(text, deep), 'it is nested or chained too deeply', 'make several policies of it');
  }
  const schema = files.find(({ name }) => name === schemaName)?.text;
  if (schema === undefined) say(schemaName, null, 'the schema is missing', 'add it to the files');
  // Cedar is not shown what it could not bear.
  if (schema === undefined || faults.length > 0) return { kind: 'faults', faults };
  const read = cedar.schemaToJson(schema);
  if (read.type !== 'success') {
    for (const { message, sourceLocations } of failures(read))
      say(
        schemaName,
        sourceLocations?.[0] ? lineAt(schema, sourceLocations[0].start) : null,
        message,
        'mend the schema',
      );
    return { kind: 'faults', faults };
  }
  // Threat: through a namespace an act would belong to groups, or be asked for by policies, that nobody sees by its name.
  for (const space of Object.keys(read.json).filter((name) => name !== ''))
    say(
      schemaName,
      lineAt(schema, schema.indexOf(`namespace ${space}`)),
      `it declares the namespace ${space}`,
      'declare all acts and types outside namespaces',
    );
  const actions = actsOf(read.json as unknown as Json);
  if (complete) {
    for (const act of actions.keys())
      if (act.includes('.') && !isAct(act))
        say(
          schemaName,
          lineAt(schema, schema.indexOf(`"${act}"`)),
          `${act} is no act of the catalogue`,
          'take it out',
        );
    for (const act of actions.missing())
      say(
        schemaName,
        null,
        `the act ${act} is missing`,
        'add it: what the schema does not know is denied to everybody',
      );
  }
  const rules: PolicyRule[] = [];
  for (const { name, text } of files.filter((file) => file.name !== schemaName)) {
    const parts = cedar.policySetTextToParts(text);
    if (parts.type !== 'success') {
      for (const { message, sourceLocations } of failures(parts))
        say(
          name,
          sourceLocations?.[0] ? lineAt(text, sourceLocations[0].start) : null,
          message,
          'mend the policy',
        );
      continue;
    }
    for (const template of parts.policy_templates)
      say(
        name,
        lineAt(text, text.indexOf(template)),
        'it has a slot (?principal or ?resource)',
        'name the role itself',
      );
    let from = 0;
    for (const policy of parts.policies) {
      const at = text.indexOf(policy, from);
      from = at + policy.length;
      const line = lineAt(text, at);
      const here = (fault: string, next: string) => say(name, line, fault, next);
      const parsed = cedar.policyToJson(policy);
      if (parsed.type !== 'success') {
        here(failures(parsed)[0]!.message, 'mend the policy');
        continue;
      }
      const json = parsed.json as unknown as Json;
      const notes = (parsed.json.annotations ?? {}) as Record<string, string | null>;
      const { id = null, why = null } = notes;
      const remedy = (notes.remedy ?? 'none') as Remedy;
      if (!id) here('the policy has no @id', 'give it one: @id("a-name")');
      else if (!idForm.test(id)) here(`"${id}" is no id`, 'use small letters, digits and dashes');
      else if (rules.some((rule) => rule.id === id))
        here(`two policies have the id ${id}`, 'give each an id of its own');
      if (!why?.trim()) here(`the policy ${id ?? ''} has no @why`, 'say why it stands: @why("…")');
      if (remedy !== 'none' && !remedies.includes(remedy))
        here(`${id}: unknown remedy ${remedy}`, `use one of ${remedies.join(', ')}, or none`);
      for (const word of misspelt(json))
        here(
          `${id}: ${word} would never hold`,
          'use a word of server/policy/relation.ts and of the list of roles',
        );
      if (asksOtherwise(json))
        here(
          `${id}: facts are asked otherwise than by name, so that nobody could be told what it changes`,
          'ask context.flags.contains("…"), containsAll or containsAny with the facts written out',
        );
      if (!id || !why) continue;
      const acts = actions.of(json);
      rules.push({ id, why, remedy, effect: parsed.json.effect, text: policy, file: name, line, acts, json });
    }
  }
  if (faults.length > 0) return { kind: 'faults', faults };
  const staticPolicies = Object.fromEntries(rules.map(({ id, text }) => [id, text]));
  const checked = cedar.validate({
    schema,
    policies: { staticPolicies },
    validationSettings: { mode: 'strict' },
  });
  if (checked.type !== 'success') {
    for (const { message } of failures(checked)) say(schemaName, null, message, 'mend the schema');
    return { kind: 'faults', faults };
  }
  // A warning (a policy that can never apply) is a fault here: it is not what was meant.
  for (const { policyId, error } of [...checked.validationErrors, ...checked.validationWarnings]) {
    const rule = rules.find(({ id }) => id === policyId);
    const start = error.sourceLocations?.[0]?.start ?? 0;
    const line = rule ? rule.line - 1 + lineAt(rule.text, start) : null;
    say(rule?.file ?? schemaName, line, error.message, error.help ?? 'mend the policy');
  }
  if (faults.length > 0) return { kind: 'faults', faults };
  return {
    kind: 'set',
    source: {
      hash: policyHash(files),
      schema,
      json: read.json as unknown as Json,
      files,
      rules,
      declarations: actions.declarations(),
      types: actions.types(),
    },
  };
}
