// Compiles the TypeBox schemas of routes. Bodies and parameters are taken as they are: nothing is coerced, dropped or
// filled in, unknown fields are refused (ASVS 15.3.3). Only query strings, which are text, are read as numbers.
import { Ajv } from 'ajv';
import type { FastifyInstance } from 'fastify';

export function strictValidation(app: FastifyInstance): void {
  const options = { allErrors: false, removeAdditional: false, useDefaults: false, strict: false } as const;
  const exact = new Ajv({ ...options, coerceTypes: false });
  const textual = new Ajv({ ...options, coerceTypes: true });
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const plain = JSON.parse(JSON.stringify(schema)) as object;
    return (httpPart === 'querystring' ? textual : exact).compile(plain);
  });
}
