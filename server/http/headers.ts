// Security headers of every reply (ASVS 3.4). The policy allows nothing but our own files; markup can only be made by
// the framework's own template policy; nothing is framed, cached or told to other sites.
import type { FastifyInstance } from 'fastify';

/** Where browsers say what the policy kept from running. */
export const reportsAt = '/api/csp-reports';

export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
  'report-to csp',
  // For browsers that do not know the line above; the others pass over it.
  `report-uri ${reportsAt}`,
].join('; ');

/** By name, for every reply; `https` adds the promise to stay with it. */
export function fixedHeaders(https: boolean): Record<string, string> {
  return {
    'content-security-policy': contentSecurityPolicy,
    'reporting-endpoints': `csp="${reportsAt}"`,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), display-capture=(), clipboard-read=()',
    ...(https && { 'strict-transport-security': 'max-age=63072000; includeSubDomains' }),
  };
}

export function securityHeaders(app: FastifyInstance, { https }: { https: boolean }): void {
  const fixed = fixedHeaders(https);
  const every = { ...fixed, 'cache-control': 'no-store' };
  app.addHook('onRequest', (_request, reply, next) => {
    reply.headers(every);
    next();
  });
}
