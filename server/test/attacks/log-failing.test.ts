// No durable entry, no data: while the log takes no entries nothing is shown anywhere, and nothing waits, loops or crashes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRoutes } from '#server/contract/acts.ts';
import { type Role, roles } from '#server/contract/vocabulary.ts';
import type { ConsoleRig, Officer } from '../console-rig.ts';
import { openTapped, type Tap, unhandledDuring } from './scene.ts';

const secret = 'Ачыкталбаган';
const seat = (role: Role) =>
  role === 'precinct-member' ? '1001' : role === 'territorial-admin' ? 'T1' : 'CEC';

let rig: ConsoleRig;
let tap: Tap;
let voter: string;
const officers: Officer[] = [];

beforeAll(async () => {
  ({ rig, tap } = await openTapped({
    before: (app) => {
      app.get('/api/leak', { config: { duty: { act: 'voter.view' } } }, async (_request, reply) =>
        reply.header('x-name', encodeURIComponent(secret)).send({ surname: secret }),
      );
      app.get('/api/open-leak', { config: { duty: { act: 'status.view', anonymous: true } } }, async () => ({
        surname: secret,
      }));
    },
  }));
  for (const role of roles) officers.push(await rig.logIn(role, seat(role)));
  voter = (await rig.addVoter('1001', { surname: secret })).id;
});
afterAll(() => rig.close());

const nothingOf = (reply: { body: string; headers: object }) => {
  expect(reply.body).not.toContain(secret);
  expect(JSON.stringify(reply.headers)).not.toContain(encodeURIComponent(secret));
};

describe('while the log takes no entries', () => {
  test('16.5.1 16.5.3 every route answers 503 to everybody, and says nothing of a voter', async () => {
    const routes = rig.routes.filter(
      ({ url, method }) =>
        url.startsWith('/api/') && !(openRoutes as readonly string[]).includes(url) && method !== 'HEAD',
    );
    expect(routes.length).toBeGreaterThan(50);
    tap.failing = true;
    const unhandled = await unhandledDuring(async () => {
      for (const { method, url } of routes) {
        const address = url
          .replace('/tile/entries/*', '/tile/entries/000')
          .replace(':name', 'receive')
          .replace(':coupon', '22222-22222-22222')
          .replace(/:\w+/g, voter)
          .replace('*', 'x');
        for (const officer of officers) {
          const reply = await officer.send(method as 'GET', address, method === 'GET' ? undefined : {});
          expect(reply.statusCode, `${method} ${url} ${reply.body}`).toBe(503);
          expect(reply.headers['content-type']).toContain('application/problem+json');
          nothingOf(reply);
        }
      }
    });
    tap.failing = false;
    expect(unhandled).toEqual([]);
  });

  test('the signs of life say so, in words without anything personal', async () => {
    tap.failing = true;
    const health = await rig.app.inject({ url: '/healthz' });
    const metrics = await rig.app.inject({ url: '/metrics' });
    const api = await rig.app.inject({ url: '/api/openapi.json' });
    tap.failing = false;
    expect([health.statusCode, health.json()]).toEqual([
      503,
      { ok: false, why: 'the disk of the log is full' },
    ]);
    expect(metrics.body).toContain('kuzot_log_accepting 0');
    expect(api.statusCode).toBe(200);
    for (const reply of [health, metrics, api]) nothingOf(reply);
  });

  test('16.5.3 a search, a card and a reveal that were read are thrown away when their entry fails', async () => {
    const [admin] = officers.filter((_, i) => roles[i] === 'territorial-admin');
    const asked = () =>
      Promise.all([
        admin!.post('/api/voters/search', { q: secret }),
        admin!.get(`/api/voters/${voter}`),
        admin!.post(`/api/voters/${voter}/reveal`, { field: 'address', purpose: 'list-check' }),
      ]);
    expect((await asked()).map((reply) => reply.statusCode)).toEqual([200, 200, 200]);
    tap.failing = true;
    const replies = await asked();
    tap.failing = false;
    for (const reply of replies) {
      expect(reply.statusCode).toBe(503);
      nothingOf(reply);
    }
  });

  test('a reply nobody recorded stays inside even when its own refusal cannot be recorded', async () => {
    const member = officers[roles.indexOf('precinct-member')]!;
    tap.failing = true;
    const unhandled = await unhandledDuring(async () => {
      for (const send of [
        () => member.get('/api/leak'),
        () => rig.app.inject({ url: '/api/open-leak' }),
        () => member.get('/api/no-such-address'),
        () => member.post('/api/voters/search', { q: 7 }),
        () => member.get('/api/voters/%zz'),
        () => member.send('POST', '/api/voters/search', { q: secret }, { origin: 'https://evil.invalid' }),
      ]) {
        const reply = await send();
        expect(reply.statusCode).toBe(503);
        expect(reply.headers).not.toHaveProperty('x-name');
        nothingOf(reply);
      }
    });
    tap.failing = false;
    expect(unhandled).toEqual([]);
  });

  test('nothing that was asked meanwhile is carried out later, and all comes back at once', async () => {
    const member = officers[roles.indexOf('precinct-member')]!;
    const before = rig.size();
    expect((await member.get(`/api/voters/${voter}`)).statusCode).toBe(200);
    expect((await rig.app.inject({ url: '/healthz' })).statusCode).toBe(200);
    expect(rig.size()).toBe(before + 1);
    expect(rig.faults).toEqual([]);
  });
});

describe('without a log failing', () => {
  test('an anonymous handler that forgets the log is stopped too', async () => {
    const before = rig.size();
    const reply = await rig.app.inject({ url: '/api/open-leak' });
    expect(reply.statusCode).toBe(500);
    nothingOf(reply);
    expect(rig.size()).toBe(before + 1);
  });

  test('a stopped reply keeps no header its handler had set', async () => {
    const reply = await officers[0]!.get('/api/leak');
    expect(reply.statusCode).toBe(500);
    expect(reply.headers).not.toHaveProperty('x-name');
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['content-security-policy']).toBeDefined();
  });
});
