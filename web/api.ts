/**
 * The one way from the page to the server: JSON to the same origin. Turns problem+json (RFC 9457) into a typed
 * error, and answers three refusals by itself: no session → log-in, locked → lock screen, fresh factor asked →
 * step-up dialog and one repetition. It stores nothing and writes nothing about a person into a URL.
 */

/** A problem as the pages see it. `name` is the last part of the problem's `type`. */
export interface Problem {
  readonly name: string;
  readonly status: number;
  readonly title?: string;
  readonly detail?: string;
  /** the input field at fault */
  readonly field?: string;
  /** What else the server said: `action`, `hash`, `retryAfterSeconds`, `currentVersion`, … */
  readonly extra: Readonly<Record<string, unknown>>;
}

export class ApiProblem extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.name);
    this.name = 'ApiProblem';
    this.problem = problem;
  }
}

/** What the shell does when the server refuses for want of a session, an unlocked screen or a fresh factor. */
export interface ApiHooks {
  signedOut(): void;
  /** The session is not open yet (or no longer): the server names the stage it is in. */
  stage(stage: unknown): void;
  /** Shows the lock screen; resolves true once unlocked, false when the session ended instead. */
  unlock(): Promise<boolean>;
  /** Asks for a code; resolves true when the session was raised, false when the person gave up. */
  stepUp(problem: Problem): Promise<boolean>;
  /** The server answered an officer's own act: its idle clock starts again. */
  active(): void;
  reached(online: boolean): void;
}

export interface CallOptions {
  /** For the session's own requests, whose 401 and 423 the calling page explains itself. */
  readonly plain?: boolean;
  /** For polling: does not restart the idle clock shown to the officer. */
  readonly background?: boolean;
  readonly signal?: AbortSignal;
}

export interface Api {
  get<T>(path: string, options?: CallOptions): Promise<T>;
  post<T>(path: string, body?: unknown, options?: CallOptions): Promise<T>;
  del<T>(path: string, options?: CallOptions): Promise<T>;
  /** The raw answer, for downloads. Same refusals, same errors. */
  raw(method: 'GET' | 'POST', path: string, body?: unknown, options?: CallOptions): Promise<Response>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Reads a refusal; anything that is not problem+json becomes `internal-error` or `bad-request`. */
export async function readProblem(response: Response): Promise<Problem> {
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    body = undefined;
  }
  const fallback = response.status >= 500 ? 'internal-error' : 'bad-request';
  if (!isRecord(body)) return { name: fallback, status: response.status, extra: {} };
  const { type, title, detail, field, status: _status, ...extra } = body;
  const name =
    typeof type === 'string' && type !== 'about:blank' ? type.split(/[/:#]/).at(-1) || fallback : fallback;
  const retryAfter = Number(response.headers.get('retry-after'));
  return {
    name,
    status: response.status,
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
    ...(typeof field === 'string' ? { field } : {}),
    extra: retryAfter > 0 ? { retryAfterSeconds: retryAfter, ...extra } : extra,
  };
}

/** Builds the client; `fetcher` and `hooks` are passed in so that tests need no browser. */
export function createApi(fetcher: typeof fetch, hooks: ApiHooks): Api {
  async function send(method: string, path: string, body: unknown, options: CallOptions): Promise<Response> {
    try {
      const response = await fetcher(path, {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        headers: {
          accept: 'application/json, application/problem+json',
          ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
        },
        ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
        ...(options.signal ? { signal: options.signal } : {}),
      });
      hooks.reached(true);
      return response;
    } catch (error) {
      if (options.signal?.aborted) throw error;
      hooks.reached(false);
      throw new ApiProblem({ name: 'unreachable', status: 0, extra: {} });
    }
  }

  async function call(method: string, path: string, body: unknown, options: CallOptions): Promise<Response> {
    let raised = false;
    let unlocked = false;
    for (;;) {
      const response = await send(method, path, body, options);
      if (response.ok) {
        if (!options.background && !options.plain) hooks.active();
        return response;
      }
      const problem = await readProblem(response);
      if (!options.plain) {
        if (problem.name === 'unauthenticated') hooks.signedOut();
        if (problem.name === 'stage-required') hooks.stage(problem.extra.stage);
        // A refused request did nothing, so it is safe to send it once more when the obstacle is gone.
        if (problem.name === 'locked' && !unlocked && !options.background) {
          unlocked = true;
          if (await hooks.unlock()) continue;
        }
        if (problem.name === 'step-up-required' && !raised && !options.background) {
          raised = true;
          if (await hooks.stepUp(problem)) continue;
          throw new ApiProblem({ ...problem, name: 'step-up-cancelled' });
        }
      }
      throw new ApiProblem(problem);
    }
  }

  async function json<T>(method: string, path: string, body: unknown, options: CallOptions = {}): Promise<T> {
    const response = await call(method, path, body, options);
    const text = await response.text();
    // The server's replies are checked by the schemas it sends them with; this is where they are parsed.
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  return {
    get: (path, options) => json('GET', path, undefined, options),
    post: (path, body, options) => json('POST', path, body, options),
    del: (path, options) => json('DELETE', path, undefined, options),
    raw: (method, path, body, options = {}) => call(method, path, body, options),
  };
}

const silent: ApiHooks = {
  signedOut: () => {},
  stage: () => {},
  unlock: async () => false,
  stepUp: async () => false,
  active: () => {},
  reached: () => {},
};
let hooks = silent;

/** The shell says once, at start, how refusals are answered. */
export function answerRefusals(given: ApiHooks): void {
  hooks = given;
}

/** The client every page uses. */
export const api: Api = createApi((input, init) => fetch(input, init), {
  signedOut: () => hooks.signedOut(),
  stage: (stage) => hooks.stage(stage),
  unlock: () => hooks.unlock(),
  stepUp: (problem) => hooks.stepUp(problem),
  active: () => hooks.active(),
  reached: (online) => hooks.reached(online),
});
