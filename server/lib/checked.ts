// Whether a value from outside (a file, a socket, a leaf of the log) is what a TypeBox schema asks for. Taken as it is: nothing
// is coerced, dropped or filled in.
import { Ajv, type ValidateFunction } from 'ajv';
import type { Static, TSchema } from 'typebox';

export interface Fault {
  /** JSON pointer (`/rates/0`); empty for the value as a whole. */
  at: string;
  /** `must be string` */
  says: string;
}

const ajv = new Ajv({ strict: false });
const compiled = new WeakMap<TSchema, ValidateFunction>();

/** The first thing that is wrong, or null. */
export function faultOf(schema: TSchema, value: unknown): Fault | null {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  if (validate(value)) return null;
  const [first] = validate.errors ?? [];
  return { at: first?.instancePath ?? '', says: first?.message ?? 'is not right' };
}

export const isOf = <S extends TSchema>(schema: S, value: unknown): value is Static<S> =>
  faultOf(schema, value) === null;
