// Compiles the TypeBox schemas of routes, each when its route is first asked: a server listens sooner, and what reads alike is
// compiled once. Bodies and parameters are taken as they are: nothing is coerced, dropped or filled in, unknown fields are
// refused (ASVS 15.3.3). Only query strings, which are text, are read as numbers. Replies carry what their schema names.
import { Ajv, type ValidateFunction } from 'ajv';
import fastJson from 'fast-json-stringify';
import type { FastifyInstance, FastifySchemaValidationError } from 'fastify';

/** As Ajv's: what the last answer was about stands beside it. */
type Validator = ((data: unknown) => boolean) & {
  errors?: readonly { instancePath: string; message?: string }[] | null;
};

const options = { allErrors: false, removeAdditional: false, useDefaults: false, strict: false } as const;
const validators = { exact: remembered(validator(false)), textual: remembered(validator(true)) };
const serializers = remembered((schema) => fastJson(schema as Parameters<typeof fastJson>[0]));

/** @param httpPart what of a request it describes; null for a reply */
export function compileSchema(schema: unknown, httpPart: string | null) {
  if (httpPart === null) return serializers(schema);
  return (httpPart === 'querystring' ? validators.textual : validators.exact)(schema);
}

export function schemaCompilers(app: FastifyInstance): void {
  app.setValidatorCompiler(({ schema, httpPart = '' }) => {
    let validate: Validator | null = null;
    return (data) => {
      validate ??= compileSchema(schema, httpPart) as Validator;
      return validate(data)
        ? true
        : { error: (validate.errors as FastifySchemaValidationError[]) ?? new Error('invalid') };
    };
  });
  app.setSerializerCompiler(({ schema }) => {
    let serialize: ((data: unknown) => string) | null = null;
    return (data) => {
      serialize ??= compileSchema(schema, null) as (data: unknown) => string;
      return serialize(data);
    };
  });
}

function validator(coerceTypes: boolean) {
  const ajv = new Ajv({ ...options, coerceTypes });
  return (schema: object): Validator => {
    const validate = ajv.compile(bounded(schema) as object);
    return coerceTypes ? inDigits(schema, validate) : validate;
  };
}

const safe = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

/** Beyond 2^53 - 1 two numbers are read as one: what was asked could be neither looked up nor entered. */
function bounded(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bounded);
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.entries(schema).map(([key, part]) => [key, bounded(part)]);
  const own = Object.fromEntries(parts);
  return own.type === 'integer' ? { ...safe, ...own } : own;
}

/** Of a query string, whole numbers in decimal digits only: read by the language, ` ` would be 0 and `0x10` 16. */
function inDigits({ properties = {} }: { properties?: object }, validate: ValidateFunction): Validator {
  const whole = Object.entries(properties).filter(([, part]) => part.type === 'integer');
  const check: Validator = (data) => {
    const odd = whole.find(([name]) => {
      const text = (data as Record<string, unknown> | null)?.[name];
      return typeof text === 'string' && !/^-?[0-9]+$/.test(text);
    });
    const holds = odd === undefined && validate(data);
    check.errors = odd ? [{ instancePath: `/${odd[0]}`, message: 'must be integer' }] : validate.errors;
    return holds;
  };
  return check;
}

function remembered<F>(compile: (schema: object) => F): (schema: unknown) => F {
  const compiled = new Map<string, F>();
  return (schema) => {
    const text = JSON.stringify(schema);
    const known = compiled.get(text) ?? compile(JSON.parse(text) as object);
    compiled.set(text, known);
    return known;
  };
}
