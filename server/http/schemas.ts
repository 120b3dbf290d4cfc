// Compiles the TypeBox schemas of routes. Bodies and parameters are taken as they are: nothing is coerced, dropped or
// filled in, unknown fields are refused (ASVS 15.3.3). Only query strings, which are text, are read as numbers.
import { Ajv, type ValidateFunction } from 'ajv';
import type { FastifyInstance } from 'fastify';

const options = { allErrors: false, removeAdditional: false, useDefaults: false, strict: false } as const;
const exact = compiler(new Ajv({ ...options, coerceTypes: false }));
const textual = compiler(new Ajv({ ...options, coerceTypes: true }));

export function strictValidation(app: FastifyInstance): void {
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'querystring' ? textual : exact)(schema));
}

/** Compiles what reads alike once: many routes take the same parameters. */
function compiler(ajv: Ajv): (schema: unknown) => ValidateFunction {
  const compiled = new Map<string, ValidateFunction>();
  return (schema) => {
    const text = JSON.stringify(schema);
    const known = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
    compiled.set(text, known);
    return known;
  };
}
