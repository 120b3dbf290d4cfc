/** Schemas are compiled when their route is first asked; here all are, so that no route is found broken by whoever asks first. */
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { openConsole } from '#server/test/console-rig.ts';
import { compileSchema, schemaCompilers } from './schemas.ts';

test('every schema of every route compiles', async () => {
  const { routes, close } = await openConsole();
  await close();
  const broken: string[] = [];
  let compiled = 0;
  for (const { method, url, schema } of routes) {
    const { body, querystring, params, headers, response = {} } = schema;
    const parts = Object.entries({ body, querystring, params, headers })
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, part, name] as const);
    const replies = Object.entries(response as object).map(
      ([status, reply]) => [status, reply, null] as const,
    );
    for (const [name, part, httpPart] of [...parts, ...replies])
      try {
        compileSchema(part, httpPart);
        compiled += 1;
      } catch (error) {
        broken.push(`${method} ${url} ${name}: ${error}`);
      }
  }
  expect(broken).toEqual([]);
  expect(compiled).toBeGreaterThan(routes.length);
});

test('a request is held to them from the first one on, and a reply carries what is named and nothing else', async () => {
  const app = fastify();
  schemaCompilers(app);
  const text = { type: 'object', additionalProperties: false, properties: { a: { type: 'number' } } };
  const schema = { body: text, querystring: text, response: { 200: text } };
  app.post('/', { schema }, async () => ({ a: 1, secret: 'x' }));
  const post = (body: object, query = '') =>
    app
      .inject({ method: 'POST', url: `/${query}`, payload: body })
      .then(({ statusCode, body: reply }) => [statusCode, reply]);
  for (let n = 0; n < 2; n++) {
    expect(await post({ a: 'no' })).toEqual([400, expect.stringContaining('body/a must be number')]);
    expect(await post({ a: '1' })).toEqual([400, expect.stringContaining('body/a must be number')]);
    expect(await post({ b: 1 })).toEqual([400, expect.stringContaining('additional properties')]);
    expect(await post({ a: 1 }, '?a=x')).toEqual([
      400,
      expect.stringContaining('querystring/a must be number'),
    ]);
    expect(await post({ a: 1 }, '?a=2')).toEqual([200, '{"a":1}']);
  }
  await app.close();
});
