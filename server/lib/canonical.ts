// Canonical JSON (RFC 8785) for audit leaves and everything that is hashed: one value, one byte sequence.
// Only what a leaf may hold is accepted (strings, safe integers, booleans, null, arrays, plain objects);
// whatever could be written in two ways, or not at all, is refused by name of its place instead of guessed at.
// Must not repair, round, drop or reorder anything except the keys of objects.

export type CanonicalValue =
  | string
  | number
  | boolean
  | null
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue };

/** Deeper nesting than any leaf needs; a cycle ends here too. */
const maxDepth = 64;

/**
 * RFC 8785 text of a value: no white space, keys ordered by UTF-16 code units, strings escaped as
 * ECMAScript does. UTF-8 encode it to get the bytes to hash.
 * @throws TypeError naming the path (`$.fields[2]`) of anything outside the subset: fractions, numbers beyond
 * 2^53-1, undefined, functions, class instances, holes, lone surrogates, nesting beyond 64.
 */
export function canonicalJson(value: CanonicalValue): string {
  // Where every key already stands in order (the writer builds leaves that way) the engine's own serialiser
  // gives exactly the canonical text, several times faster than joining pieces.
  return isOrdered(value, 0) ? JSON.stringify(value) : write(value, 0);
}

/** True when all keys are in order; throws TypeError for anything outside the subset. */
function isOrdered(value: unknown, depth: number): boolean {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new Refused('a lone surrogate, which has no UTF-8 form');
    return true;
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Refused(`the number ${value}, which is not a safe integer`);
    return true;
  }
  if (typeof value === 'boolean' || value === null) return true;
  if (typeof value !== 'object') throw new Refused(`a value of type ${typeof value}`);
  if (depth >= maxDepth) throw new Refused(`nesting deeper than ${maxDepth}, or a cycle`);
  let ordered = true;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      try {
        if (!isOrdered(value[i], depth + 1)) ordered = false;
      } catch (error) {
        throw within(error, `[${i}]`, depth);
      }
    }
    return ordered;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new Refused('an object of a class');
  let previous = '';
  let key = '';
  try {
    const object = value as Record<string, unknown>;
    for (key of Object.keys(object)) {
      if (key < previous) ordered = false;
      previous = key;
      if (!key.isWellFormed()) throw new Refused('a key with a lone surrogate');
      if (!isOrdered(object[key], depth + 1)) ordered = false;
    }
  } catch (error) {
    throw within(error, `.${key}`, depth);
  }
  return ordered;
}

/** The same text built piece by piece; the value has been checked by then. */
function write(value: CanonicalValue, depth: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  const object = value as { readonly [key: string]: CanonicalValue };
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(object[key]!, depth + 1)}`);
  return `{${members.join(',')}}`;
}

/** A refusal on its way up; each level adds its step of the path, so that the hot path keeps none. */
class Refused extends TypeError {
  readonly fault: string;
  readonly path: string;
  constructor(fault: string, path = '') {
    super(`canonical JSON: $${path} holds ${fault}`);
    this.fault = fault;
    this.path = path;
  }
}

function within(error: unknown, step: string, depth: number): unknown {
  if (!(error instanceof Refused)) return error;
  // Sixty levels of a cycle say nothing more than its first turn.
  return depth > 8 ? error : new Refused(error.fault, step + error.path);
}
