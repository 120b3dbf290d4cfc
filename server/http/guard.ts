// Stands before and behind every route. Before: origin, content type, session, stage and lock. Behind: no reply to an
// authenticated request leaves without exactly one entry, whatever happened in between (R29). A route that names no act
// of the catalogue fails at boot. It decides nothing about voters; that is the gate's.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { type Act, isAct, openRoutes } from '#server/contract/acts.ts';
import type { Stage } from '#server/contract/vocabulary.ts';
import type { Actor, Context, SessionFacts } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { misleading, refusalOf, Unstorable, unstorable } from './faults.ts';
import { fixedHeaders } from './headers.ts';
import { problemOf, sendProblem } from './problems.ts';

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
  /** What is typed is compared and read by nobody (a password, words searched for): it may hold marks that turn what is read. */
  unread?: true;
  /** Requests a minute per officer (or per network where anonymous), and an hour. */
  perMinute?: number;
  perHour?: number;
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
  | {
      kind: 'none';
      why: 'no-cookie' | 'bad-token' | 'account-forged' | 'ended' | 'expired';
      /** Whose the session claims to be, where its rows were written past the server. */
      officer?: string;
      workstation: string;
    };

export interface GuardDeps {
  gate: Gate;
  authenticate(request: FastifyRequest, now: number): Promise<Authenticated>;
  /** Counts a refusal made to nobody in particular: one entry a minute per network and reason. */
  countRefusal(network: string, reason: string, officer?: string): void;
  /** Per-key budget of `amount` in `windowMs`: null, or the seconds to wait. */
  spend(key: string, amount: number, now: number, windowMs?: number): number | null | Promise<number | null>;
  clock: () => number;
  /** The origin pages are served from, `https://host[:port]`. */
  origin: string;
}

const hourMs = 3_600_000;
/** All that is left of a reply whose payload was taken away. */
const everyReply: ReadonlySet<string> = new Set(Object.keys(fixedHeaders(true)));
/** What a form, or a script without our consent, of any site can send (Fetch, CORS-safelisted); no type at all as well. */
const simpleType = /^ *($|;|(text\/plain|multipart\/form-data|application\/x-www-form-urlencoded) *(;|$))/i;
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
    request.ctx = contextOf(request, found, now, config.duty?.passive ?? false);
    const refusal = await admit(request, found, now);
    if (!refusal) return;
    if (found.kind === 'none')
      deps.countRefusal(
        request.ip,
        refusal.kind === 'unauthenticated' ? found.why : refusal.kind,
        found.officer,
      );
    return sendProblem(reply, refusal);
  });

  // Bodies have passed their schemas here, so they are shallow. A NUL or half a surrogate pair can neither be stored
  // on both engines nor be committed to, and a text that reads as another must not reach a second person's eyes: refused in
  // one place instead of failing deep inside.
  app.addHook('preHandler', (request, _reply, next) => {
    const isRead = !request.routeOptions.config.duty?.unread;
    const at =
      unstorable(request.body, 'body') ??
      unstorable(request.query, 'query') ??
      (isRead ? misleading(request.body, 'body') : null);
    next(at ? new Unstorable(at) : undefined);
  });

  /** The reasons to refuse before any room is asked. */
  async function admit(request: FastifyRequest, found: Authenticated, now: number): Promise<Refusal | null> {
    const duty = request.routeOptions.config.duty;
    if (changing.has(request.method)) {
      if (request.headers.origin !== deps.origin)
        return refuse('bad-origin', { detail: `Send Origin: ${deps.origin}` });
      const site = request.headers['sec-fetch-site'];
      if (site !== undefined && site !== 'same-origin') return refuse('bad-origin');
      const type = request.headers['content-type'] ?? '';
      if (!(request.method === 'DELETE' && type === '') && !/^application\/json *(;|$)/i.test(type))
        return refuse(simpleType.test(type) ? 'simple-type' : 'unsupported-type', {
          detail: 'Send Content-Type: application/json',
        });
    }
    if (found.kind === 'none') {
      return duty?.anonymous ? overBudget(duty, `${duty.act}@${request.ip}`, now) : refuse('unauthenticated');
    }
    if (!duty) return null; // an unknown address: the not-found handler answers, and the entry says so
    if (found.session.locked && !duty.whileLocked)
      return refuse('locked', { detail: 'Unlock with your password' });
    if (!duty.anonymous && !(duty.stages ?? ['open']).includes(found.session.stage))
      return refuse('stage-required', { facts: { stage: found.session.stage } });
    return overBudget(duty, `${duty.act}:${found.actor.id}`, now);
  }

  async function overBudget(duty: RouteDuty, key: string, now: number): Promise<Refusal | null> {
    const { perMinute, perHour } = duty;
    const wait =
      (perMinute === undefined ? null : await deps.spend(key, perMinute, now)) ??
      (perHour === undefined ? null : await deps.spend(`${key} an hour`, perHour, now, hourMs));
    return wait === null ? null : refuse('too-many', { facts: { retryAfterSeconds: wait } });
  }

  // Threat: a handler that answers without asking the gate, a refused body, an unknown address. The entry is made here,
  // before a byte is sent; a success nobody recorded is a bug and leaves as 500. Where not even that entry can be made
  // nothing leaves but that. A refusal to nobody in particular was counted before.
  app.addHook('onSend', (request, reply, payload, done) => {
    const { ctx } = request;
    const unrecorded = reply.statusCode < 400;
    if (!ctx || ctx.ledger.entries > 0 || !(ctx.session || unrecorded)) return done(null, payload);
    record(request, reply, payload, unrecorded).then((left) => done(null, left), done);
  });

  async function record(
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    unrecorded: boolean,
  ): Promise<unknown> {
    const { ctx } = request;
    const act = request.routeOptions.config.duty?.act ?? 'http.unknown';
    try {
      await gate.refused(ctx, act, unrecorded ? 'unrecorded-reply' : `http:${reply.statusCode}`);
    } catch (error) {
      return instead(reply, payload, refusalOf(error as Error, request));
    }
    if (!unrecorded) return payload;
    request.log.error({ route: request.routeOptions.url }, 'a reply was about to leave without its entry');
    return instead(reply, payload, refuse('internal-error'));
  }

  app.setErrorHandler(
    async (error: Error & { statusCode?: number; validation?: unknown[] }, request, reply) => {
      const refusal = refusalOf(error, request);
      const { ctx } = request;
      if (ctx && !ctx.session && ctx.ledger.entries === 0) deps.countRefusal(request.ip, refusal.kind);
      return sendProblem(reply, refusal);
    },
  );

  app.setNotFoundHandler(async (request, reply) => {
    if (!request.ctx?.session && !request.url.startsWith('/api/'))
      return sendProblem(reply, refuse('not-found'));
    return sendProblem(reply, refuse('not-found', { detail: 'There is no such address' }));
  });
}

/**
 * Answers what the router refuses before any hook runs (an address that is no URL, a part too long), which would
 * otherwise be answered in the framework's words, repeating the address, and leave no trace.
 */
export function unroutable(deps: GuardDeps) {
  const fixed = fixedHeaders(deps.origin.startsWith('https:'));
  return async (_error: Error, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.headers(fixed).header('cache-control', 'no-store');
    let refusal = refuse('bad-request', { detail: 'The address is malformed' });
    try {
      const now = deps.clock();
      const found = await deps.authenticate(request, now);
      if (found.kind === 'none') deps.countRefusal(request.ip, 'bad-request');
      else
        await deps.gate.refused(contextOf(request, found, now, false), 'http.unknown', 'http:400', {
          detail: { reason: refusal.kind },
        });
    } catch (error) {
      refusal = refusalOf(error as Error, request);
    }
    sendProblem(reply, refusal);
  };
}

function contextOf(request: FastifyRequest, found: Authenticated, now: number, passive: boolean): Context {
  const session = found.kind === 'session' ? found : null;
  return {
    request: randomUUID(),
    now,
    actor: session?.actor ?? null,
    session: session?.session ?? null,
    address: request.ip,
    workstation: found.workstation,
    passive,
    seenAt: session?.seenAt ?? now,
    ledger: { entries: 0, lastSeq: -1 },
  };
}

/** Puts a problem in the place of a payload that must not leave, whatever the handler had set. */
function instead(reply: FastifyReply, payload: unknown, refusal: Refusal): string {
  if (payload instanceof Readable) payload.destroy();
  for (const name of Object.keys(reply.getHeaders())) if (!everyReply.has(name)) reply.removeHeader(name);
  const problem = problemOf(refusal);
  reply.code(problem.status).type('application/problem+json').header('cache-control', 'no-store');
  return JSON.stringify(problem);
}
