/**
 * How a Sigma field name finds its value in an event: first the whole name as a key (`"event.action": …`), then
 * as a path through nested objects (`{"event": {"action": …}}`), through arrays as well. Only own properties
 * count, so a field named `constructor` finds nothing that the event did not bring.
 */
export type SigmaEvent = Readonly<Record<string, unknown>>;
export type Scalar = string | number | boolean;

/** Reads one field; `undefined` means absent (JSON has no undefined), `null` means present and null. */
export type FieldReader = (event: SigmaEvent) => unknown;

// A document nested deeper than this is not an event; the rest is not looked at.
const DEEPEST = 64;

export function fieldReader(name: string): FieldReader {
  const steps = name.split('.', DEEPEST + 1);
  if (steps.length === 1 || steps.length > DEEPEST)
    return (event) => (Object.hasOwn(event, name) ? event[name] : undefined);
  // keys[from][to]: the steps from one to another as they would stand in a single key.
  const keys = steps.map((_, from) => steps.map((_, to) => steps.slice(from, to + 1).join('.')));
  const last = steps.length - 1;
  const read = (object: SigmaEvent, from: number): unknown => {
    const whole = keys[from]![last]!;
    if (Object.hasOwn(object, whole)) return object[whole];
    for (let to = from; to < last; to++) {
      const head = keys[from]![to]!;
      if (!Object.hasOwn(object, head)) continue;
      const found = descend(object[head], to + 1, 0);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const descend = (value: unknown, from: number, depth: number): unknown => {
    if (!Array.isArray(value)) return isObject(value) ? read(value, from) : undefined;
    if (depth > DEEPEST) return undefined;
    const found = value.map((one) => descend(one, from, depth + 1)).filter((one) => one !== undefined);
    return found.length === 0 ? undefined : found;
  };
  return (event) => read(event, 0);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** The scalars of a field: itself, or each element of an array, however nested; objects and nulls are none. */
export function scalarsOf(value: unknown, depth = 0): Scalar[] {
  if (isScalar(value)) return [value];
  if (!Array.isArray(value) || depth > DEEPEST) return [];
  return value.flatMap((one) => scalarsOf(one, depth + 1));
}

/** True when any scalar of the field passes: an array-valued field matches by any element. */
export function anyScalar(value: unknown, test: (scalar: Scalar) => boolean, depth = 0): boolean {
  if (isScalar(value)) return test(value);
  if (!Array.isArray(value) || depth > DEEPEST) return false;
  return value.some((one) => anyScalar(one, test, depth + 1));
}

/** True when any value anywhere in the event passes: what a keyword search looks through. */
export function anyLeaf(value: unknown, test: (scalar: Scalar) => boolean, depth = 0): boolean {
  if (isScalar(value)) return test(value);
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return false;
  for (const one of Array.isArray(value) ? value : Object.values(value)) {
    if (anyLeaf(one, test, depth + 1)) return true;
  }
  return false;
}
