// The generated matrix: every route the application registers × every role × own, foreign and unknown target. What is
// expected is a table written by hand (matrix-routes.ts). Each authenticated request makes exactly one entry,
// denials and malformed ones included.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRoutes } from '#server/contract/acts.ts';
import { type Role, roles } from '#server/contract/vocabulary.ts';
import { type ConsoleRig, type Officer, openConsole } from './console-rig.ts';
import { cases, seat, type Targets } from './matrix-routes.ts';
import { makeTargets } from './matrix-scene.ts';
import { origin } from './set-up.ts';

let rig: ConsoleRig;
let targets: Targets;
const officers = {} as Record<Role, Officer>;

beforeAll(async () => {
  rig = await openConsole();
  for (const role of roles) officers[role] = await rig.logIn(role, seat[role]);
  targets = await makeTargets(rig);
});
afterAll(() => rig.close());

/** Let in: the policy permitted it, or asks only for a fresh factor or a better input. */
function letIn(status: number, body: string): boolean {
  if (status < 400 || status === 409 || status === 422) return true;
  return status === 403 && body.includes('step-up-required');
}

async function sendCounted(officer: Officer, route: string, request: { url: string; body?: object }) {
  const [method] = route.split(' ') as ['GET' | 'POST' | 'DELETE'];
  const before = rig.size();
  const reply = await officer.send(method, request.url, request.body);
  return { reply, entries: rig.size() - before };
}

describe('every route × role × scope', () => {
  test.each(cases)('$route', async ({ route, own, foreign, may }) => {
    for (const role of roles) {
      const { reply, entries } = await sendCounted(officers[role], route, own(targets));
      const label = `${role} ${route}: ${reply.statusCode} ${reply.body.slice(0, 120)}`;
      expect(letIn(reply.statusCode, reply.body), label).toBe(may.includes(role));
      expect(entries, label).toBe(1);
      if (!foreign || seat[role] === 'CEC') continue;
      const abroad = await sendCounted(officers[role], route, foreign(targets));
      const said = `${role} ${route} abroad: ${abroad.reply.statusCode} ${abroad.reply.body.slice(0, 120)}`;
      expect(abroad.reply.statusCode, said).toBe(404);
      expect(abroad.entries, said).toBe(1);
    }
  });

  test('the table covers every registered route of the rooms', () => {
    const listed = new Set(cases.map((c) => c.route));
    const registered = rig.routes
      .filter(({ url }) => url.startsWith('/api/') && !(openRoutes as readonly string[]).includes(url))
      .map(({ method, url }) => `${method} ${url}`)
      // Steps of a session are everybody's (server/access tests); a stream stays open (server/alerts tests).
      .filter((route) => !/\/api\/(session(?!\/(factors|passkey|recovery))|alerts\/stream|\*)/.test(route));
    expect(registered.filter((route) => !listed.has(route))).toEqual([]);
  });
});

describe('no reply without its entry', () => {
  test('a malformed, an unknown, a foreign-origin and a wrongly typed request make one entry each', async () => {
    const { 'precinct-member': member } = officers;
    const requests: [string, () => Promise<{ statusCode: number }>, number][] = [
      ['missing field', () => member.post('/api/voters/search', {}), 400],
      ['extra field', () => member.post('/api/voters/search', { q: 'Асанова', all: true }), 400],
      ['wrong type', () => member.post('/api/voters/search', { q: 7 }), 400],
      ['unknown address', () => member.get('/api/no/such/address'), 404],
      [
        'other origin',
        () => member.send('POST', '/api/voters/search', { q: 'Асанова' }, { origin: 'https://evil.invalid' }),
        403,
      ],
      [
        'simple type',
        () => member.send('POST', '/api/voters/search', undefined, { 'content-type': 'text/plain' }),
        403,
      ],
      [
        'prototype',
        () => member.send('POST', '/api/voters/search', undefined, { 'content-type': 'application/json' }),
        400,
      ],
    ];
    for (const [name, send, status] of requests) {
      const before = rig.size();
      const reply = await send();
      expect(reply.statusCode, name).toBe(status);
      expect(rig.size() - before, name).toBe(1);
    }
  });

  test('4.1.4 HEAD and odd methods see nothing', async () => {
    const { 'precinct-member': member } = officers;
    for (const method of ['HEAD', 'PUT', 'PATCH'] as const) {
      const reply = await member.send(
        method,
        `/api/voters/${targets.voter}`,
        method === 'HEAD' ? undefined : {},
      );
      expect(reply.statusCode, method).toBe(404);
      expect(reply.body, method).not.toContain('surname');
    }
  });

  test('a Range request gets the whole masked card with one entry, as any other', async () => {
    const before = rig.size();
    const reply = await officers['precinct-member'].send('GET', `/api/voters/${targets.voter}`, undefined, {
      range: 'bytes=0-10',
    });
    expect(reply.statusCode).toBe(200);
    expect(rig.size() - before).toBe(1);
  });

  test('the same request twice makes two entries', async () => {
    const before = rig.size();
    await Promise.all([1, 2].map(() => officers['precinct-member'].get(`/api/voters/${targets.voter}`)));
    expect(rig.size() - before).toBe(2);
  });

  test('without a session nothing is told, not even that an address exists', async () => {
    for (const url of [`/api/voters/${targets.voter}`, '/api/voters/whatever-0', '/api/applications']) {
      const reply = await rig.app.inject({ method: 'GET', url });
      expect(reply.statusCode, url).toBe(401);
    }
  });

  test('a handler that answers without asking the gate is stopped: 500 and an entry that says so', async () => {
    const leaky = await openConsole({
      before: (app) => {
        app.get('/api/leak', { config: { duty: { act: 'voter.view' } } }, async () => ({
          surname: 'Ачыкталганова',
        }));
      },
    });
    try {
      const member = await leaky.logIn('precinct-member', '1001');
      const before = leaky.size();
      const reply = await member.get('/api/leak');
      expect(reply.statusCode).toBe(500);
      expect(reply.body).not.toContain('Ачыкталганова');
      expect(leaky.size() - before).toBe(1);
    } finally {
      await leaky.close();
    }
  });

  test('a route that names no act of the catalogue fails at boot', async () => {
    await expect(
      openConsole({ before: (app) => void app.get('/api/nameless', async () => ({})) }),
    ).rejects.toThrow(/names no act/);
  });
});

// How an account or its session can stand in the way, and what every route then answers, whoever asks. By hand, like the
// duties above: `entries` is what the log gets at once (requests of nobody are counted, one entry a minute).
const minuteMs = 60_000;
const hindrances: {
  name: string;
  account?: Parameters<ConsoleRig['logIn']>[2];
  session?: (now: number) => Parameters<ConsoleRig['logIn']>[3];
  status: number;
  says: string;
  entries: 0 | 1;
}[] = [
  { name: 'disabled', account: { state: 'disabled' }, status: 401, says: 'unauthenticated', entries: 0 },
  {
    name: 'on leave',
    account: { absentFrom: '2025-11-04', absentUntil: '2025-11-04' },
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
  { name: 'issued', account: { state: 'issued' }, status: 401, says: 'unauthenticated', entries: 0 },
  {
    name: 'without a factor',
    account: { totpConfirmedAt: null },
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
  {
    name: 'clearance expired yesterday',
    account: { clearanceUntil: '2025-11-03' },
    status: 403,
    says: 'clearance-expired',
    entries: 1,
  },
  {
    name: 'no clearance order',
    account: { clearanceOrder: '' },
    status: 403,
    says: 'clearance-expired',
    entries: 1,
  },
  {
    name: 'not briefed',
    account: { briefingVersion: null },
    status: 403,
    says: 'stage-required',
    entries: 1,
  },
  {
    name: 'briefed on another text',
    account: { briefingHash: 'x' },
    status: 403,
    says: 'stage-required',
    entries: 1,
  },
  ...(['password-change', 'totp-enrol', 'totp', 'briefing'] as const).map((stage) => ({
    name: `stage ${stage}`,
    session: () => ({ stage }),
    status: 403,
    says: 'stage-required',
    entries: 1 as const,
  })),
  { name: 'locked', session: (now) => ({ lockedAt: now - 1 }), status: 423, says: 'locked', entries: 1 },
  {
    name: 'idle for ten minutes',
    session: (now) => ({ seenAt: now - 10 * minuteMs }),
    status: 423,
    says: 'locked',
    entries: 1,
  },
  {
    name: 'idle for fifteen minutes',
    session: (now) => ({ seenAt: now - 15 * minuteMs }),
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
  {
    name: 'over its time',
    session: (now) => ({ endsAt: now }),
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
  {
    name: 'ended',
    session: (now) => ({ endedAt: now - 1, endReason: 'left' }),
    status: 401,
    says: 'unauthenticated',
    entries: 0,
  },
];

describe('every route × role × state of account and session', () => {
  const hindered = new Map<Role, { officer: Officer; hindrance: (typeof hindrances)[number] }[]>();
  beforeAll(async () => {
    for (const role of roles) {
      const standing = [];
      for (const hindrance of hindrances) {
        const { account, session } = hindrance;
        const officer = await rig.logIn(role, seat[role], account, session?.(rig.time.now));
        standing.push({ officer, hindrance });
      }
      hindered.set(role, standing);
    }
  });

  // A session's own routes are there for what is not finished yet; a coupon's status is everybody's.
  test.each(cases.filter(({ route }) => !/\/api\/(status|session)\//.test(route)))(
    '$route',
    async ({ route, own }) => {
      const request = own(targets);
      const [method] = route.split(' ') as ['GET' | 'POST' | 'DELETE'];
      for (const role of roles) {
        const standing = hindered.get(role)!;
        const before = rig.size();
        const replies = await Promise.all(
          standing.map(({ officer }) => officer.send(method, request.url, request.body)),
        );
        const nobody = await rig.app.inject({
          method,
          url: request.url,
          ...(method !== 'GET' && { headers: { origin } }),
          ...(request.body && { payload: request.body }),
        });
        expect(nobody.statusCode, `${route} without a session`).toBe(401);
        let entries = 0;
        for (const [i, { hindrance }] of standing.entries()) {
          const reply = replies[i]!;
          const label = `${role} ${hindrance.name} ${route}: ${reply.statusCode} ${reply.body.slice(0, 120)}`;
          entries += hindrance.entries;
          // What does not exist is not there for somebody without clearance either.
          if (hindrance.says === 'clearance-expired' && reply.statusCode === 404) continue;
          expect(reply.statusCode, label).toBe(hindrance.status);
          expect(reply.json().type, label).toMatch(new RegExp(`/${hindrance.says}$`));
        }
        expect(rig.size() - before, `${role} ${route}: entries`).toBe(entries);
      }
    },
  );
});

describe('every entry of this file', () => {
  test('names the policy, or the rule, that decided', async () => {
    const rows = await rig.store.reader.audit.leaves(0, rig.size());
    expect(rows.length).toBe(rig.size());
    const unnamed = rows
      .map((leaf) => JSON.parse(Buffer.from(leaf).toString()) as { act: string; policy?: string })
      .filter(({ policy }) => !/^([a-z][a-z-]+|rule:[a-z-]+|http:\d{3})$/.test(policy ?? ''));
    expect(unnamed).toEqual([]);
  });
});
