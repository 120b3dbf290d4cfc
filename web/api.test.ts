/** Claims: refusals become named problems; a locked or unproven session is asked once, then the request is repeated. */
import { describe, expect, it } from 'vitest';
import { type ApiHooks, ApiProblem, createApi, type Problem } from './api.ts';

const base = 'https://kuzot.invalid/problems/';
const refusal = (name: string, status: number, facts: object = {}) =>
  new Response(JSON.stringify({ ...facts, type: base + name, title: 'x', status }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });
const done = (value: unknown) => new Response(JSON.stringify(value), { status: 200 });

function setUp(answers: (() => Response)[], hooks: Partial<ApiHooks> = {}) {
  const sent: { path: string; init: RequestInit }[] = [];
  const told: string[] = [];
  const api = createApi(
    async (path, init) => {
      sent.push({ path: String(path), init: init ?? {} });
      const answer = answers.shift();
      if (!answer) throw new TypeError('network');
      return answer();
    },
    {
      signedOut: () => told.push('signed out'),
      stage: (stage) => told.push(`stage ${stage}`),
      unlock: async () => false,
      stepUp: async () => false,
      active: () => told.push('active'),
      reached: (online) => told.push(online ? 'reached' : 'lost'),
      ...hooks,
    },
  );
  return { api, sent, told };
}

const problemOf = async (promise: Promise<unknown>): Promise<Problem> => {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ApiProblem)) throw new Error('no problem was thrown');
  return error.problem;
};

describe('the client', () => {
  it('names a problem by the last part of its type and keeps its facts', async () => {
    const { api } = setUp([() => refusal('stale', 409, { currentVersion: 7, field: 'address' })]);
    expect(await problemOf(api.post('/api/x', {}))).toMatchObject({
      name: 'stale',
      status: 409,
      field: 'address',
      extra: { currentVersion: 7 },
    });
  });

  it('calls an answer that is no problem an internal error', async () => {
    const { api } = setUp([() => new Response('<h1>oops</h1>', { status: 502 })]);
    expect((await problemOf(api.get('/api/x'))).name).toBe('internal-error');
  });

  it('sends JSON to its own origin and never follows a redirect', async () => {
    const { api, sent } = setUp([() => done({})]);
    await api.post('/api/x', { q: 'Осмонова' });
    expect(sent[0]).toMatchObject({
      path: '/api/x',
      init: { credentials: 'same-origin', redirect: 'error', cache: 'no-store', body: '{"q":"Осмонова"}' },
    });
  });

  it('repeats once after a step-up, passing on what was named', async () => {
    const asked: Problem[] = [];
    const { api, sent } = setUp(
      [
        () => refusal('step-up-required', 403, { action: 'voter.reveal', hash: 'ab' }),
        () => done({ value: 1 }),
      ],
      {
        stepUp: async (problem) => {
          asked.push(problem);
          return true;
        },
      },
    );
    expect(await api.post('/api/x', {})).toEqual({ value: 1 });
    expect(asked[0]?.extra).toMatchObject({ action: 'voter.reveal', hash: 'ab' });
    expect(sent).toHaveLength(2);
  });

  it('asks for a factor only once, whatever the server says then', async () => {
    const again = () => refusal('step-up-required', 403);
    const { api, sent } = setUp([again, again, again], { stepUp: async () => true });
    expect((await problemOf(api.post('/api/x'))).name).toBe('step-up-required');
    expect(sent).toHaveLength(2);
  });

  it('says that nothing was done when the factor is not given', async () => {
    const { api } = setUp([() => refusal('step-up-required', 403)]);
    expect((await problemOf(api.post('/api/x'))).name).toBe('step-up-cancelled');
  });

  it('waits for the screen to be unlocked, then repeats', async () => {
    const { api, sent } = setUp([() => refusal('locked', 423), () => done([1])], {
      unlock: async () => true,
    });
    expect(await api.get('/api/x')).toEqual([1]);
    expect(sent).toHaveLength(2);
  });

  it('tells a lost session apart from a wrong password', async () => {
    const lost = setUp([() => refusal('unauthenticated', 401)]);
    await problemOf(lost.api.get('/api/x'));
    expect(lost.told).toContain('signed out');
    const wrong = setUp([() => refusal('bad-credentials', 401)]);
    await problemOf(wrong.api.post('/api/x'));
    expect(wrong.told).not.toContain('signed out');
  });

  it('polling never counts as activity', async () => {
    const { api, told } = setUp([() => done({}), () => done({})]);
    await api.get('/api/x', { background: true });
    expect(told).not.toContain('active');
    await api.get('/api/x');
    expect(told).toContain('active');
  });

  it('an unreachable server is a problem, not a crash', async () => {
    const { api, told } = setUp([]);
    expect((await problemOf(api.get('/api/x'))).name).toBe('unreachable');
    expect(told).toEqual(['lost']);
  });
});
