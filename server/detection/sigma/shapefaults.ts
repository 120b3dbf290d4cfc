/**
 * What a schema found wrong, in words with a next step. Of alternatives (text or a list, text or a map) the one is told that the
 * author meant: the one whose kind of value stands there.
 */
import type { ErrorObject } from 'ajv';

export type ShapeFault = { field: string; fault: string; next: string };

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

/** One fault a field. `forms` says for a pattern what to write. */
export function shapeFaults(
  errors: readonly ErrorObject[],
  forms: Readonly<Record<string, string>>,
): ShapeFault[] {
  const seen = new Set<string>();
  return told(errors, '').flatMap((error) => {
    const field = fieldOf(error);
    if (seen.has(field)) return [];
    seen.add(field);
    return [{ field, fault: faultOf(error), next: nextOf(error, forms) }];
  });
}

/** Of the errors below a place in the schema, those to be told: within alternatives the branch that was meant. */
function told(errors: readonly ErrorObject[], below: string): ErrorObject[] {
  const outer = errors.filter(({ schemaPath }) => !schemaPath.slice(below.length).includes('/anyOf/'));
  return outer.flatMap((error) => {
    if (error.keyword !== 'anyOf') return [error];
    const inside = errors.filter(({ schemaPath }) => schemaPath.startsWith(`${error.schemaPath}/`));
    const branches = Map.groupBy(
      inside,
      ({ schemaPath }) => schemaPath.slice(error.schemaPath.length + 1).split('/')[0]!,
    );
    const otherKind = (one: ErrorObject) => one.keyword === 'type' && one.instancePath === error.instancePath;
    const meant = [...branches].find(([, branch]) => !branch.some(otherKind));
    if (meant) return told(meant[1], `${error.schemaPath}/${meant[0]}/`);
    const kinds = inside.filter(otherKind).flatMap(({ params }) => params.type as string | string[]);
    return [{ ...error, keyword: 'type', params: { type: kinds } }];
  });
}

function fieldOf(error: ErrorObject): string {
  const path = error.instancePath
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const named = error.params.missingProperty ?? error.params.additionalProperty;
  return [...path, ...(typeof named === 'string' ? [named] : [])].filter((step) => step !== '').join('.');
}

function kindsOf({ params }: ErrorObject): string {
  const kinds = [params.type as string | string[]].flat();
  const told = kinds.filter((kind) => kind !== 'integer' || !kinds.includes('number'));
  return [...new Set(told.map((kind) => KINDS[kind] ?? kind))].join(' or ');
}

const isEmpty = ({ keyword, params }: ErrorObject): boolean =>
  ['minLength', 'minItems', 'minProperties'].includes(keyword) && params.limit === 1;

function faultOf(error: ErrorObject): string {
  if (error.keyword === 'required') return 'it is missing';
  if (error.keyword === 'additionalProperties') return 'it is not a field of this section';
  if (error.keyword === 'enum') return 'its value is not one of those allowed';
  if (error.keyword === 'pattern') return 'its value has the wrong form';
  if (error.keyword === 'type') return `it is not ${kindsOf(error)}`;
  if (isEmpty(error)) return 'it is empty';
  if (error.keyword === 'uniqueItems') return 'something stands in the list twice';
  return `it ${error.message ?? 'is not valid'}`;
}

function nextOf(error: ErrorObject, forms: Readonly<Record<string, string>>): string {
  if (error.keyword === 'required') return 'add it';
  if (error.keyword === 'additionalProperties') return 'remove it or correct its name';
  if (error.keyword === 'enum') return `use one of ${(error.params.allowedValues as unknown[]).join(', ')}`;
  if (error.keyword === 'type') return `write ${kindsOf(error)}`;
  if (isEmpty(error)) return 'write something or remove it';
  if (error.keyword === 'uniqueItems') return 'write each once';
  if (error.keyword === 'pattern') {
    const pattern = String(error.params.pattern);
    return forms[pattern] ?? `write it so that it matches ${pattern}`;
  }
  return 'correct it as the Sigma 2.1 schema says';
}
