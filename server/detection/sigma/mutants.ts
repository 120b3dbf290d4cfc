/**
 * Slightly wrong versions of a rule, to learn whether its tests would notice: every threshold one up and one down,
 * every window one second longer and shorter, every compared number in its detections one up and one down.
 */
import type { RuleDocument } from './document.ts';
import { isObject } from './fields.ts';
import type { Rule } from './ruleset.ts';
import { parseTimespan } from './times.ts';

export type Mutant = { change: string; documents: RuleDocument[] };

const NUMBERS = /^(gt|gte|lt|lte|eq|neq)$/;
const COMPARED = /\|(gt|gte|lt|lte)$/;

/** All mutants of a rule, of what it listens to and of the filters; each is the whole set of documents it needs. */
export function mutantsOf(rule: Rule, documents: readonly RuleDocument[]): Mutant[] {
  const needed = neededBy(rule, documents);
  return needed.flatMap((document, at) =>
    numbersIn(document.body, []).flatMap(({ path, versions }) =>
      versions.map(({ value, text }) => ({
        change: `${path.join('.')} of "${document.title}" ${text}`,
        documents: needed.with(at, { ...document, body: replaced(document.body, path, value) }),
      })),
    ),
  );
}

/** The rule's document, what it listens to, and the filters that name only such rules. */
function neededBy(rule: Rule, documents: readonly RuleDocument[]): RuleDocument[] {
  const called = (name: string) => documents.find(({ id, name: other }) => id === name || other === name);
  const needed = new Set<RuleDocument>();
  const visit = (document: RuleDocument | undefined) => {
    if (!document || needed.has(document)) return;
    needed.add(document);
    const section = document.body.correlation;
    if (isObject(section) && Array.isArray(section.rules))
      for (const name of section.rules) visit(called(String(name)));
  };
  visit(
    documents.find(({ id, name, title, kind }) => kind !== 'filter' && (id ?? name ?? title) === rule.key),
  );
  for (const document of documents) {
    const section = document.body.filter;
    const over =
      isObject(section) && Array.isArray(section.rules)
        ? section.rules.map((name) => called(String(name)))
        : [];
    if (over.length > 0 && over.every((one) => one && needed.has(one))) needed.add(document);
  }
  return [...needed];
}

type Numbered = { path: string[]; versions: { value: unknown; text: string }[] };

function numbersIn(value: unknown, path: string[]): Numbered[] {
  const key = path.at(-1) ?? '';
  if (path[0] === 'kuzot') return [];
  if (typeof value === 'number' && (COMPARED.test(key) || (NUMBERS.test(key) && path.at(-2) === 'condition')))
    return [{ path, versions: [1, -1].map((by) => ({ value: value + by, text: `moved to ${value + by}` })) }];
  if (typeof value === 'string' && key === 'timespan') {
    const seconds = (parseTimespan(value) ?? 0) / 1000;
    const spans = [seconds + 1, seconds - 1].filter((span) => span > 0);
    return [
      { path, versions: spans.map((span) => ({ value: `${span}s`, text: `moved to ${span} seconds` })) },
    ];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([inner, one]) => numbersIn(one, [...path, inner]));
}

function replaced(
  body: Readonly<Record<string, unknown>>,
  path: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const [key = '', ...rest] = path;
  const inner = body[key];
  return { ...body, [key]: rest.length > 0 && isObject(inner) ? replaced(inner, rest, value) : value };
}
