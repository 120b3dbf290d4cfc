// Reads Cedar's JSON form of policies and schema as far as people must be told: which acts a policy speaks of, which roles
// and facts it names, and words in it that no relation ever carries. Pure.
import { acts } from '#server/contract/acts.ts';
import { roles } from '#server/contract/vocabulary.ts';
import { flags, words } from './relation.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const isObject = (json: Json | undefined): json is { [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
export const at = (json: Json | undefined, ...path: string[]): Json | undefined =>
  path.reduce<Json | undefined>((part, key) => (isObject(part) ? part[key] : undefined), json);
export const list = (json: Json | undefined): Json[] => (Array.isArray(json) ? json : []);
export const text = (json: Json | undefined): string => (typeof json === 'string' ? json : '');

type JsonObject = { [key: string]: Json };

/** A policy is asked for the same things act by act: what it was walked through once is kept as long as it is. */
const walked = new WeakMap<JsonObject, readonly JsonObject[]>();

/** Every object within a policy or a part of it, outermost first. */
function objects(json: Json | undefined): readonly JsonObject[] {
  if (!isObject(json)) return list(json).flatMap(objects);
  let found = walked.get(json);
  if (found === undefined) {
    found = [];
    walked.set(json, gather(json, found as JsonObject[]));
  }
  return found;
}

function gather(json: Json, into: JsonObject[]): JsonObject[] {
  if (isObject(json)) into.push(json);
  if (typeof json === 'object' && json !== null) for (const one of Object.values(json)) gather(one, into);
  return into;
}

/** Acts and groups a scope is closed to; null where it is open, or of a form not known here. */
function actsNamed(scope: Json | undefined): string[] | null {
  const op = at(scope, 'op');
  if (op !== '==' && op !== 'in') return null;
  const entities = [at(scope, 'entity'), ...list(at(scope, 'entities'))].filter((one) => one !== undefined);
  const known = entities.every((one) => at(one, 'type') === 'Action' && text(at(one, 'id')) !== '');
  return known && entities.length > 0 ? entities.map((one) => text(at(one, 'id'))) : null;
}

/** Whether conditions speak of acts in another way than by asking which one is asked about. */
export function namesActs(policy: Json): boolean {
  const isAct = (json: Json | undefined) => text(at(json, 'Value', '__entity', 'type')).endsWith('Action');
  function speaks(json: Json | undefined): boolean {
    if (Array.isArray(json)) return json.some(speaks);
    if (!isObject(json)) return false;
    if (isAct(json)) return true;
    return Object.entries(json).some(([op, part]) => {
      const plain = ['in', '==', '!='].includes(op) && at(part, 'left', 'Var') === 'action';
      const right = at(part, 'right');
      const asked = Array.isArray(at(right, 'Set')) ? list(at(right, 'Set')) : [right ?? null];
      return !(plain && asked.every(isAct)) && speaks(part);
    });
  }
  return speaks(at(policy, 'conditions'));
}

/** Acts and groups that conditions hold the act asked about against; null where they speak of acts in another way. */
export function actsHeldAgainst(policy: Json): ReadonlySet<string> | null {
  if (namesActs(policy)) return null;
  const named = objects(at(policy, 'conditions')).flatMap((object) => {
    const entity = at(object, 'Value', '__entity');
    return text(at(entity, 'type')).endsWith('Action') ? [entity] : [];
  });
  return named.every((entity) => at(entity, 'type') === 'Action')
    ? new Set(named.map((entity) => text(at(entity, 'id'))))
    : null;
}

/** The acts a schema declares, and which of them a policy's scope takes in. @param schema Cedar's JSON of it */
export function actsOf(schema: Json) {
  const declared = at(schema, '', 'actions');
  const groups = new Map<string, string[]>();
  if (isObject(declared))
    for (const [name, action] of Object.entries(declared))
      groups.set(
        name,
        list(at(action, 'memberOf')).map((group) => text(at(group, 'id'))),
      );
  const all = [...groups.keys()];
  /** Each act and every group around it, however many deep. */
  const around = new Map(
    all.map((act) => {
      const seen = new Set([act]);
      for (const name of seen) for (const group of groups.get(name) ?? []) seen.add(group);
      return [act, seen] as const;
    }),
  );
  return {
    keys: () => all,
    /** The act itself and every group around it; null where it is not declared. */
    around: (act: string): ReadonlySet<string> | null => around.get(act) ?? null,
    /** For whom and about what the act can be asked, as text. */
    appliesTo: (act: string) => JSON.stringify(at(declared, act, 'appliesTo')),
    /** Each act's own declaration as text; and everything else of the schema. */
    declarations: (): ReadonlyMap<string, string> =>
      new Map(all.map((act) => [act, JSON.stringify(at(declared, act))])),
    types: () => JSON.stringify([at(schema, '', 'entityTypes'), at(schema, '', 'commonTypes')]),
    /** Acts of the catalogue that it does not know. */
    missing: () => Object.keys(acts).filter((act) => !groups.has(act)),
    /** Every act the policy could apply to; all of them where its scope is open or cannot be read for certain. */
    of(policy: Json): ReadonlySet<string> {
      const named = actsNamed(at(policy, 'action'));
      // An act that belongs to one which is named alone is not that act.
      const alone = at(policy, 'action', 'op') === '==';
      const takesIn = (act: string) =>
        named === null || named.some((name) => (alone ? name === act : around.get(act)!.has(name)));
      return new Set(all.filter((act) => act.includes('.') && takesIn(act)));
    },
  };
}

/** The one role a policy's scope is closed to; null where it is open, or of a form not known here. */
export function roleOf(policy: Json): string | null {
  const scope = at(policy, 'principal');
  const role = text(at(scope, 'entity', 'id'));
  return at(scope, 'op') === '==' && at(scope, 'entity', 'type') === 'Role' && role !== '' ? role : null;
}

/**
 * Roles a permit can ever hold for, as far as its text says for certain; null for all. Threat: a role named to be left out
 * (`unless`, `if`, a comparison with `false`) leaves in everybody else.
 */
export function rolesIn(policy: Json): ReadonlySet<string> | null {
  const scope = at(policy, 'principal');
  const closed = [
    at(scope, 'op') === '==' || at(scope, 'op') === 'in' ? rolesOf([at(scope, 'entity')]) : null,
    ...list(at(policy, 'conditions')).map((one) =>
      at(one, 'kind') === 'when' ? rolesFor(at(one, 'body')) : null,
    ),
  ];
  return closed.reduce(both, null);
}

type Closed = ReadonlySet<string> | null;
const both = (one: Closed, other: Closed): Closed =>
  one === null || other === null ? (one ?? other) : new Set([...one].filter((role) => other.has(role)));

/** Roles for which a condition can hold, where it says so as it stands; null for any. */
function rolesFor(condition: Json | undefined): Closed {
  const sides = (op: string) => [at(condition, op, 'left'), at(condition, op, 'right')] as const;
  const [op] = isObject(condition) ? Object.keys(condition) : [];
  if (op === '&&') return sides(op).map(rolesFor).reduce(both);
  if (op === '||') {
    const [left, right] = sides(op).map(rolesFor);
    return left && right ? new Set([...left, ...right]) : null;
  }
  if (op !== '==' && op !== 'in') return null;
  const [left, right] = sides(op);
  if (at(left, 'Var') !== 'principal') return null;
  const asked = op === 'in' && isObject(right) && 'Set' in right ? list(right.Set) : [right];
  return rolesOf(asked.map((one) => at(one, 'Value', '__entity')));
}

/** Their ids, where all of them are roles. */
function rolesOf(entities: readonly (Json | undefined)[]): Closed {
  const isRole = (one: Json | undefined) => at(one, 'type') === 'Role' && text(at(one, 'id')) !== '';
  return entities.every(isRole) ? new Set(entities.map((one) => text(at(one, 'id')))) : null;
}

function rolesNamed(policy: Json): string[] {
  return objects(policy).flatMap((object) => (object.type === 'Role' ? [text(object.id)] : []));
}

/** Attributes of the context a policy asks for; null where it takes the context as a whole. */
export function attributesIn(policy: Json): ReadonlySet<string> | null {
  const asked = new Set<string>();
  let whole = 0;
  for (const object of objects(policy)) {
    if (object.Var === 'context') whole += 1;
    for (const op of ['.', 'has']) {
      const attr = at(object[op], 'attr');
      if (at(object[op], 'left', 'Var') !== 'context' || typeof attr !== 'string') continue;
      asked.add(attr);
      whole -= 1;
    }
  }
  return whole === 0 ? asked : null;
}

/** Values a policy holds an attribute of the context against; null where it asks in another way, so that any could matter. */
export function valuesTold(policy: Json, attribute: string): ReadonlySet<string> | null {
  const isAsked = (json: Json | undefined) =>
    at(json, '.', 'attr') === attribute && at(json, '.', 'left', 'Var') === 'context';
  const told = new Set<string>();
  let open = 0;
  for (const object of objects(policy)) {
    if (isAsked(object)) open += 1;
    for (const op of ['==', '!=', 'contains']) {
      const [left, right] = [at(object[op], 'left'), at(object[op], 'right')];
      const [asked, other] = isAsked(left) && op !== 'contains' ? [left, right] : [right, left];
      if (!isAsked(asked) || !isNamed(other)) continue;
      for (const value of valuesOf(other)) told.add(value);
      open -= 1;
    }
  }
  return open === 0 ? told : null;
}

/** Whether the answer can hang on who asks. */
export function asksForRole(policy: Json): boolean {
  return (
    at(policy, 'principal', 'op') !== 'All' ||
    objects(at(policy, 'conditions')).some((object) => object.Var === 'principal')
  );
}

/** Facts a policy asks for. */
export function flagsIn(policy: Json): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const object of objects(policy)) {
    const contains = object.contains ?? object.containsAll ?? object.containsAny;
    if (!isObject(contains) || at(contains, 'left', '.', 'attr') !== 'flags') continue;
    for (const value of valuesOf(contains.right)) asked.add(value);
  }
  return asked;
}

/**
 * Whether facts, or the context as a whole, are asked in another way than by name: what such a condition holds for nobody
 * who compares sets, or asks who sees a unit, could say.
 */
export function asksOtherwise(policy: Json): boolean {
  let facts = 0;
  for (const object of objects(policy)) {
    if (at(object, '.', 'attr') === 'flags') facts += 1;
    const contains = object.contains ?? object.containsAll ?? object.containsAny;
    if (at(contains, 'left', '.', 'attr') === 'flags' && isNamed(at(contains, 'right'))) facts -= 1;
  }
  return attributesIn(policy) === null || facts !== 0;
}

/** One text, or a set of texts, written out. */
const isNamed = (json: Json | undefined): boolean =>
  typeof at(json, 'Value') === 'string' ||
  (Array.isArray(at(json, 'Set')) &&
    list(at(json, 'Set')).every((one) => typeof at(one, 'Value') === 'string'));

function valuesOf(json: Json | undefined): string[] {
  const value = at(json, 'Value');
  if (typeof value === 'string') return [value];
  return list(at(json, 'Set')).flatMap(valuesOf);
}

/**
 * Words that make a condition silently false: a role nobody has, a fact nobody states. The schema calls them text, so
 * Cedar cannot know.
 */
export function misspelt(policy: Json): string[] {
  const found: string[] = [];
  const known = new Set<string>([...roles, 'system', 'none']);
  for (const role of rolesNamed(policy)) if (!known.has(role)) found.push(`the role "${role}"`);
  for (const flag of flagsIn(policy))
    if (!(flags as readonly string[]).includes(flag)) found.push(`the fact "${flag}"`);
  for (const object of objects(policy))
    for (const op of ['==', '!='] as const) {
      const attr = text(at(object[op], 'left', '.', 'attr'));
      const value = at(object[op], 'right', 'Value');
      const allowed = (words as Record<string, ReadonlySet<string>>)[attr];
      if (allowed && typeof value === 'string' && !allowed.has(value)) found.push(`${attr} "${value}"`);
    }
  return found;
}
