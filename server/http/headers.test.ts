/** The headers of every reply, and what they say. */
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { contentSecurityPolicy, fixedHeaders, reportsAt, securityHeaders } from './headers.ts';

const directives = Object.fromEntries(
  contentSecurityPolicy.split('; ').map((line) => {
    const [name, ...sources] = line.split(' ');
    return [name!, sources];
  }),
);

test('3.4.3 nothing runs or loads but files of our own: no inline code, no evaluation, no other host, no nonce to steal', () => {
  expect(directives['default-src']).toEqual(["'none'"]);
  for (const [name, sources] of Object.entries(directives)) {
    if (/^(trusted-types|require-|report-)/.test(name)) continue;
    for (const source of sources)
      expect(["'none'", "'self'", ...(name === 'img-src' ? ['data:'] : [])], name).toContain(source);
  }
  expect(directives).toMatchObject({ 'base-uri': ["'none'"], 'form-action': ["'self'"] });
  expect(directives['require-trusted-types-for']).toEqual(["'script'"]);
});

test('3.4.7 browsers are told where to say what was kept from running: by the new word and the old one', () => {
  expect(directives['report-to']).toEqual(['csp']);
  expect(directives['report-uri']).toEqual([reportsAt]);
  expect(fixedHeaders(true)['reporting-endpoints']).toBe(`csp="${reportsAt}"`);
});

test('3.4.6 nothing frames a page, by the new word and the old one', () => {
  expect(directives['frame-ancestors']).toEqual(["'none'"]);
  expect(fixedHeaders(true)['x-frame-options']).toBe('DENY');
});

test('3.4.1 over https every reply promises it for a year at least, subdomains too; plain http promises nothing', async () => {
  for (const https of [true, false]) {
    const app = fastify();
    securityHeaders(app as never, { https });
    app.get('/fine', async () => 'x');
    app.get('/broken', async () => {
      throw new Error('x');
    });
    for (const url of ['/fine', '/broken', '/unknown']) {
      const promise = (await app.inject(url)).headers['strict-transport-security'];
      if (https) {
        expect(promise).toMatch(/^max-age=\d+; includeSubDomains$/);
        expect(Number(/\d+/.exec(promise as string)![0])).toBeGreaterThanOrEqual(31_536_000);
      } else expect(promise).toBeUndefined();
    }
    await app.close();
  }
});

test('3.4.4 3.4.5 3.4.8 nothing is sniffed, no address is told to others, no window of another site reaches in', () => {
  expect(fixedHeaders(false)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  });
});
