// Stands before and behind every route. Before: origin, content type, session, stage and lock. Behind: no reply to an
// authenticated request leaves without exactly one entry, whatever happened in between (R29). A route that names no act
// of the catalogue fails at boot. It decides nothing about voters; that is the gate's.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { LogUnavailable } from '#db/store.ts';
import { type Act, isAct, openRoutes } from '#server/contract/acts.ts';
import type { Stage } from '#server/contract/vocabulary.ts';
import type { Actor, Context, SessionFacts } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { sendProblem } from './problems.ts';

/** What a route says about itself. */
export interface RouteDuty {
  act: Act;
  /** Stages in which it may be called; `open` alone unless said. */
  stages?: readonly Stage[];
  /** True for the few routes used before any session exists (log-in, coupon status). */
  anonymous?: boolean;
  /** True where a locked session may still call (unlock, log-out). */
  whileLocked?: boolean;
  /** Polling and streams never count as the officer's activity. */
  passive?: boolean;
  /** Requests a minute per officer (or per network where anonymous). */
  perMinute?: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    duty?: RouteDuty;
    /** Only for the written list of open routes. */
    open?: true;
  }
  interface FastifyRequest {
    ctx: Context;
  }
}

/** What the access room says of a request's cookie. `gone` names why for the counted entry. */
export type Authenticated =
  | { kind: 'session'; actor: Actor; session: SessionFacts; seenAt: number; workstation: string }
  | { kind: 'none'; why: 'no-cookie' | 'bad-token' | 'ended' | 'expired'; workstation: string };

export interface GuardDeps {
  gate: Gate;
  authenticate(request: FastifyRequest, now: number): Promise<Authenticated>;
  /** Counts a refusal made to nobody in particular: one entry a minute per network and reason. */
  countRefusal(network: string, reason: string): void;
  /** Per-key budget: null, or the seconds to wait. */
  spend(key: string, perMinute: number, now: number): number | null;
  clock: () => number;
  /** The origin pages are served from, `https://host[:port]`. */
  origin: string;
}

const changing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Registers the hooks. Rooms' routes registered afterwards are covered; those without a duty refuse to boot. */
export function guard(app: FastifyInstance, deps: GuardDeps): void {
  const { gate, clock } = deps;
  app.decorateRequest('ctx', null as unknown as Context);

  app.addHook('onRoute', (route: RouteOptions) => {
    const open: readonly string[] = openRoutes;
    if (route.config?.open && open.includes(route.url)) return;
    const act = route.config?.duty?.act;
    if (!act || !isAct(act))
      throw new Error(
        `${String(route.method)} ${route.url} names no act of the catalogue: add config.duty.act, or list it as open`,
      );
  });

  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions;
    if (config.open) return;
    const now = clock();
    const found = await deps.authenticate(request, now);
    request.ctx = {
      request: randomUUID(),
      now,
      actor: found.kind === 'session' ? found.actor : null,
      session: found.kind === 'session' ? found.session : null,
      address: request.ip,
      workstation: found.workstation,
      passive: config.duty?.passive ?? false,
      seenAt: found.kind === 'session' ? found.seenAt : now,
      ledger: { entries: 0, lastSeq: -1 },
    };
    const refusal = admit(request, found, now);
    if (refusal) return sendProblem(reply, refusal);
  });

  /** The reasons to refuse before any room is asked. */
  function admit(request: FastifyRequest, found: Authenticated, now: number): Refusal | null {
    const duty = request.routeOptions.config.duty;
    if (changing.has(request.method)) {
      if (request.headers.origin !== deps.origin)
        return refuse('bad-origin', { detail: `Send Origin: ${deps.origin}` });
      const site = request.headers['sec-fetch-site'];
      if (site !== undefined && site !== 'same-origin') return refuse('bad-origin');
      const type = request.headers['content-type'] ?? '';
      if (!(request.method === 'DELETE' && type === '') && !/^application\/json *(;|$)/i.test(type))
        return refuse('unsupported-type', { detail: 'Send Content-Type: application/json' });
    }
    if (found.kind === 'none') {
      if (duty?.anonymous) return overBudget(duty, `${duty.act}@${request.ip}`, now);
      deps.countRefusal(request.ip, found.why);
      return refuse('unauthenticated');
    }
    if (!duty) return null; // an unknown address: the not-found handler answers, and the entry says so
    if (found.session.locked && !duty.whileLocked)
      return refuse('locked', { detail: 'Unlock with your password' });
    if (!duty.anonymous && !(duty.stages ?? ['open']).includes(found.session.stage))
      return refuse('stage-required', { facts: { stage: found.session.stage } });
    return overBudget(duty, `${duty.act}:${found.actor.id}`, now);
  }

  function overBudget(duty: RouteDuty, key: string, now: number): Refusal | null {
    if (duty.perMinute === undefined) return null;
    const wait = deps.spend(key, duty.perMinute, now);
    return wait === null ? null : refuse('too-many', { facts: { retryAfterSeconds: wait } });
  }

  // Threat: a handler that answers without asking the gate, a refused body, an unknown address. The entry is made here,
  // before a byte is sent; a success nobody recorded is a bug and leaves as 500.
  app.addHook('onSend', async (request, reply, payload) => {
    const { ctx } = request;
    if (!ctx?.session || ctx.ledger.entries > 0) return payload;
    const act = request.routeOptions.config.duty?.act ?? 'http.unknown';
    const unrecorded = reply.statusCode < 400;
    await gate.refused(ctx, act, unrecorded ? 'unrecorded-reply' : `http:${reply.statusCode}`);
    if (!unrecorded) return payload;
    request.log.error({ route: request.routeOptions.url }, 'a reply was about to leave without its entry');
    reply.code(500).type('application/problem+json').removeHeader('content-length');
    return JSON.stringify({ type: 'about:blank', title: 'Something went wrong here', status: 500 });
  });

  app.setErrorHandler(
    async (error: Error & { statusCode?: number; validation?: unknown[] }, request, reply) =>
      sendProblem(reply, refusalOf(error, request, reply)),
  );

  app.setNotFoundHandler(async (request, reply) => {
    if (!request.ctx?.session && !request.url.startsWith('/api/'))
      return sendProblem(reply, refuse('not-found'));
    return sendProblem(reply, refuse('not-found', { detail: 'There is no such address' }));
  });
}

/** Expected faults of parsing and storage become refusals; anything else is a bug: logged, and answered in general words. */
function refusalOf(
  error: Error & { statusCode?: number; validation?: unknown[]; code?: string },
  request: FastifyRequest,
  _reply: FastifyReply,
): Refusal {
  if (error instanceof LogUnavailable) {
    request.log.error({ why: error.message }, 'the audit log does not accept entries; service is stopped');
    return refuse('log-unavailable');
  }
  if (error.validation) {
    const [first] = error.validation as {
      instancePath?: string;
      message?: string;
      params?: Record<string, unknown>;
    }[];
    const missing =
      first?.params?.missingProperty ?? (first?.params?.requiredProperties as string[] | undefined)?.[0];
    const field = [first?.instancePath?.slice(1).replaceAll('/', '.'), missing].filter(Boolean).join('.');
    return refuse('bad-request', {
      field: field || 'body',
      detail: `${field || 'body'}: ${first?.message ?? 'not valid'}`,
    });
  }
  const status = error.statusCode ?? 500;
  if (status === 415) return refuse('unsupported-type');
  if (status === 413) return refuse('bad-request', { detail: 'The request is too large' });
  if (status >= 400 && status < 500)
    return refuse('bad-request', { detail: 'The body is not JSON of the expected shape' });
  request.log.error({ err: { name: error.name, stack: error.stack } }, 'unexpected error');
  return refuse('internal-error');
}
