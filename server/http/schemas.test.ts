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

test('a whole number of a request is one that can be told from the next, and in a query stands in digits', async () => {
  const app = fastify();
  schemaCompilers(app);
  const part = { type: 'object', properties: { after: { type: 'integer', minimum: 0 } } };
  const list = { type: 'object', properties: { items: { type: 'array', items: part } } };
  app.post('/', { schema: { body: list, querystring: part } }, async ({ query }) => query);
  const ask = async (query: string, after = '1') => {
    const body = `{"items":[{"after":${after}}]}`;
    const headers = { 'content-type': 'application/json' };
    const reply = await app.inject({ method: 'POST', url: `/${query}`, headers, body });
    return [reply.statusCode, reply.body];
  };
  const largest = '9007199254740991';
  expect(await ask(`?after=${largest}`, largest)).toEqual([200, `{"after":${largest}}`]);
  for (const wrong of [
    '9007199254740992',
    '1e20',
    '1e999',
    'Infinity',
    '%20',
    '',
    '0x10',
    '1e2',
    '+5',
    '-1',
    '1.5',
  ])
    expect([wrong, ...(await ask(`?after=${wrong}`))]).toEqual([
      wrong,
      400,
      expect.stringContaining('querystring/after must be'),
    ]);
  for (const wrong of ['9007199254740992', '1e20', '1e999', '-1', '"5"'])
    expect([wrong, ...(await ask('', wrong))]).toEqual([
      wrong,
      400,
      expect.stringContaining('body/items/0/after must be'),
    ]);
  await app.close();
});
