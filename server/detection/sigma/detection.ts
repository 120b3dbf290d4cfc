/**
 * Compiles the `detection` section of a rule (and the same section of a filter) into one predicate over an event,
 * and finds what every matching event must have (`event.action` is one of …) so that the engine need not try the
 * rule on other events. Source: Sigma rules specification 2.1, "Detection".
 */
import { type Condition, compileCondition, parseCondition } from './condition.ts';
import { Fault } from './faults.ts';
import { anyLeaf, anyScalar, fieldReader, isObject, type Scalar, type SigmaEvent } from './fields.ts';
import { foldCase } from './pattern.ts';
import { TIME_PARTS, type TimePart, timePart } from './times.ts';
import {
  applyModifier,
  compileValue,
  type Placeholders,
  readValue,
  VALUE_MODIFIERS,
  type Value,
  type ValueTest,
} from './values.ts';

export type Predicate = (event: SigmaEvent) => boolean;
/** Every matching event has, in `field`, one of `values` (without case). */
export type Need = { field: string; values: ReadonlySet<string> };
export type Search = { matches: Predicate; needs: readonly Need[] };

/**
 * Compiles search identifiers and their condition (a text, or a list of which any may hold).
 * Throws `Fault`; its field is the search identifier and field at fault, or "condition".
 */
export function compileDetection(
  section: Record<string, unknown>,
  skip: readonly string[],
  config: Placeholders,
): Search {
  const searches = new Map<string, Search>();
  for (const [name, definition] of Object.entries(section)) {
    if (name === 'condition' || skip.includes(name)) continue;
    searches.set(name, compileSearch(name, definition, config));
  }
  if (searches.size === 0)
    throw new Fault(
      'detection',
      'no search identifier is defined',
      'add one, such as selection, beside condition',
    );
  const names = [...searches.keys()];
  const texts = Array.isArray(section.condition) ? section.condition : [section.condition];
  if (texts.length === 0) throw new Fault('condition', 'the list of conditions is empty', 'write one');
  const alternatives = texts.map((text): Search => {
    if (typeof text !== 'string')
      throw new Fault('condition', 'the condition is missing or not text', 'write one');
    const condition = parseCondition(text, names);
    return {
      matches: compileCondition(condition, (name) => searches.get(name)!.matches),
      needs: needsOf(condition, searches),
    };
  });
  return either(alternatives);
}

function either(searches: readonly Search[]): Search {
  if (searches.length === 1) return searches[0]!;
  const tests = searches.map((one) => one.matches);
  return {
    matches: (event) => tests.some((test) => test(event)),
    needs: commonNeeds(searches.map((one) => one.needs)),
  };
}

function both(searches: readonly Search[]): Search {
  if (searches.length === 1) return searches[0]!;
  const tests = searches.map((one) => one.matches);
  return {
    matches: (event) => tests.every((test) => test(event)),
    needs: searches.flatMap((one) => one.needs),
  };
}

/** Of alternatives, only a field that every one of them needs is needed, with the values of all. */
function commonNeeds(alternatives: readonly (readonly Need[])[]): Need[] {
  const [first = [], ...rest] = alternatives;
  return first.flatMap((need) => {
    const others = rest.map((needs) => needs.find((one) => one.field === need.field));
    if (others.some((one) => one === undefined)) return [];
    return [
      { field: need.field, values: new Set([...need.values, ...others.flatMap((one) => [...one!.values])]) },
    ];
  });
}

function needsOf(condition: Condition, searches: ReadonlyMap<string, Search>): readonly Need[] {
  if (condition.kind === 'name') return searches.get(condition.name)!.needs;
  if (condition.kind === 'not') return [];
  if (condition.kind === 'some') {
    const needs = condition.names.map((name) => searches.get(name)!.needs);
    return condition.least === needs.length ? needs.flat() : commonNeeds(needs);
  }
  const needs = condition.of.map((one) => needsOf(one, searches));
  return condition.kind === 'and' ? needs.flat() : commonNeeds(needs);
}

/** One search identifier: a map (all of it), a list of maps or keywords (any of them), or a single keyword. */
function compileSearch(name: string, definition: unknown, config: Placeholders): Search {
  if (isObject(definition)) return compileMap(name, definition, config);
  const alternatives = Array.isArray(definition) ? definition : [definition];
  if (alternatives.length === 0) throw new Fault(name, 'the list is empty', 'add a value or remove it');
  return either(
    alternatives.map((one) =>
      isObject(one) ? compileMap(name, one, config) : compileItem(name, '', one, config),
    ),
  );
}

function compileMap(name: string, map: Record<string, unknown>, config: Placeholders): Search {
  const entries = Object.entries(map);
  if (entries.length === 0) throw new Fault(name, 'the map is empty', 'add a field or remove it');
  return both(entries.map(([key, value]) => compileItem(name, key, value, config)));
}

type Modifiers = { all: boolean; cased: boolean; neq: boolean; part: TimePart | null; changes: string[] };

function readModifiers(words: readonly string[]): Modifiers {
  const modifiers: Modifiers = { all: false, cased: false, neq: false, part: null, changes: [] };
  for (const word of words) {
    if (word === 'all' || word === 'cased' || word === 'neq') modifiers[word] = true;
    else if (TIME_PARTS.some((part) => part === word)) modifiers.part = word as TimePart;
    else if (VALUE_MODIFIERS.includes(word)) modifiers.changes.push(word);
    else
      throw new Fault(
        '',
        `the modifier "${word}" is not known`,
        `use one of ${[...VALUE_MODIFIERS, 'all', 'cased', 'neq', ...TIME_PARTS].join(', ')}`,
      );
  }
  return modifiers;
}

/** One `field|modifier: value` (or keyword, when the field is empty), its faults named by where they stand. */
function compileItem(name: string, key: string, raw: unknown, config: Placeholders): Search {
  try {
    const [field = '', ...words] = key.split('|');
    const modifiers = readModifiers(words);
    const values = readValues(raw, modifiers, config);
    if (field === '') return { matches: keywords(values, modifiers), needs: [] };
    const matches = negatable(fieldPredicate(field, values, modifiers), modifiers.neq);
    return { matches, needs: exactNeed(field, values, modifiers) };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    throw new Fault(key === '' ? name : `${name}.${key}`, thrown.message, thrown.next);
  }
}

function readValues(raw: unknown, modifiers: Modifiers, config: Placeholders): Value[] {
  if (modifiers.all && !Array.isArray(raw))
    throw new Fault('', 'the modifier all has a single value', 'give it a list');
  const list = Array.isArray(raw) ? raw : [raw];
  if (list.length === 0)
    throw new Fault('', 'the list of values is empty', 'add a value or remove the field');
  if (Array.isArray(raw) && list.includes(null))
    throw new Fault('', 'null stands in a list of values', 'give null a search identifier of its own');
  return list.map((one) =>
    modifiers.changes.reduce((value, change) => applyModifier(change, value, config), readValue(one)),
  );
}

function negatable(matches: Predicate, negated: boolean): Predicate {
  return negated ? (event) => !matches(event) : matches;
}

/** Any value of the list, or with `all` every value, each matched by any element of an array-valued field. */
function fieldPredicate(field: string, values: readonly Value[], modifiers: Modifiers): Predicate {
  const read = fieldReader(field);
  const tests = values.map((value): Predicate => {
    if (value.kind === 'exists') return (event) => (read(event) !== undefined) === value.want;
    if (value.kind === 'null') return (event) => (read(event) ?? null) === null;
    const test = ofPart(compileValue(value, modifiers.cased), modifiers.part);
    return (event) => anyScalar(read(event), (scalar) => test(scalar, event));
  });
  if (modifiers.all) return (event) => tests.every((test) => test(event));
  const exact = modifiers.cased || modifiers.part ? null : exactValues(values);
  if (exact) return (event) => anyScalar(read(event), (scalar) => exact.has(foldCase(String(scalar))));
  return tests.length === 1 ? tests[0]! : (event) => tests.some((test) => test(event));
}

function ofPart(test: ValueTest, part: TimePart | null): ValueTest {
  if (part === null) return test;
  return (scalar, event) => {
    const number = timePart(scalar, part);
    return number !== null && test(number, event);
  };
}

/** The values as a set of texts without case, when each is plain text or a number; else null. */
function exactValues(values: readonly Value[]): ReadonlySet<string> | null {
  const exact = new Set<string>();
  for (const value of values) {
    if (value.kind === 'scalar') exact.add(foldCase(String(value.value)));
    else if (value.kind === 'text' && value.parts.every((part) => part.kind === 'text'))
      exact.add(foldCase(value.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')));
    else return null;
  }
  return exact;
}

function exactNeed(field: string, values: readonly Value[], modifiers: Modifiers): Need[] {
  if (modifiers.neq || modifiers.part || (modifiers.all && values.length > 1)) return [];
  const exact = exactValues(values);
  return exact ? [{ field, values: exact }] : [];
}

/** Keywords stand anywhere in any value of the event; with `all`, each of them stands in some value. */
function keywords(values: readonly Value[], modifiers: Modifiers): Predicate {
  const tests = values.map((value): Predicate => {
    if (value.kind === 'null' || value.kind === 'exists' || value.kind === 'field')
      throw new Fault('', 'a keyword is neither text nor number', 'name the field it is about');
    const anywhere =
      value.kind === 'text' || value.kind === 'scalar' || value.kind === 'bytes' || value.kind === 'any';
    const test = compileValue(anywhere ? applyModifier('contains', value, {}) : value, modifiers.cased);
    return (event) => anyLeaf(event, (scalar: Scalar) => test(scalar, event));
  });
  const matches: Predicate = modifiers.all
    ? (event) => tests.every((test) => test(event))
    : (event) => tests.some((test) => test(event));
  return negatable(matches, modifiers.neq);
}
