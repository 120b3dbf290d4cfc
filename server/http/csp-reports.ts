// Browsers say here what the content policy kept from running (ASVS 3.4.7): markup that got in somewhere, or a mistake of ours.
// Anybody may send anything. Nothing of it is kept or repeated but the name of a directive of our own policy: reports carry
// addresses, samples of text and names of extensions. Counted like refusals to nobody: one entry a minute per network.
import type { FastifyInstance } from 'fastify';
import { refuse } from '#server/gate/outcome.ts';
import { contentSecurityPolicy, reportsAt } from './headers.ts';
import { sendProblem } from './problems.ts';

const maxBytes = 16 * 1024;
const perMinute = 30;
/** Of one request; browsers send a few together. */
const reportsAtMost = 20;

const ours: ReadonlySet<string> = new Set(
  contentSecurityPolicy.split('; ').map((directive) => directive.split(' ')[0]!),
);

export interface CspReportDeps {
  countRefusal(network: string, reason: string): void;
  spend(key: string, amount: number, now: number): number | null | Promise<number | null>;
  clock: () => number;
}

export async function cspReportRoutes(
  app: FastifyInstance,
  { countRefusal, spend, clock }: CspReportDeps,
): Promise<void> {
  // In a scope of its own: no other route takes these types, and this one no other.
  await app.register(async (own) => {
    own.removeAllContentTypeParsers();
    own.addContentTypeParser(
      ['application/csp-report', 'application/reports+json'],
      { parseAs: 'string', bodyLimit: maxBytes },
      (_request, body, done) => done(null, body),
    );
    own.post(reportsAt, { config: { open: true } }, async (request, reply) => {
      const wait = await spend(`csp-report@${request.ip}`, perMinute, clock());
      if (wait !== null)
        return sendProblem(reply, refuse('too-many', { facts: { retryAfterSeconds: wait } }));
      for (const directive of directivesOf(request.body)) countRefusal(request.ip, `csp ${directive}`);
      return reply.code(204).send();
    });
  });
}

/** Directives of ours that a report names, of either form (CSP 3, 5.3 and 5.5); none where it is no report. */
export function directivesOf(body: unknown): string[] {
  if (typeof body !== 'string') return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return []; // whatever it was, it is no report
  }
  const named = (Array.isArray(parsed) ? parsed : [parsed]).slice(0, reportsAtMost).map((report: unknown) => {
    const old = member(report, 'csp-report');
    const name =
      member(member(report, 'body'), 'effectiveDirective') ??
      member(old, 'effective-directive') ??
      member(old, 'violated-directive');
    // Browsers name script-src-elem where the policy says script-src; older ones repeat the whole directive.
    return typeof name === 'string' ? name.split(' ')[0]!.replace(/-(elem|attr)$/, '') : '';
  });
  return named.filter((name) => ours.has(name));
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}
