// Compiles the TypeBox schemas of routes, each when its route is first asked: a server listens sooner, and what reads alike is
// compiled once. Bodies and parameters are taken as they are: nothing is coerced, dropped or filled in, unknown fields are
// refused (ASVS 15.3.3). Only query strings, which are text, are read as numbers. Replies carry what their schema names.
import { Ajv, type ValidateFunction } from 'ajv';
import fastJson from 'fast-json-stringify';
import type { FastifyInstance, FastifySchemaValidationError } from 'fastify';

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
    let validate: ValidateFunction | null = null;
    return (data) => {
      validate ??= compileSchema(schema, httpPart) as ValidateFunction;
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
  return (schema: object) => ajv.compile(schema);
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
