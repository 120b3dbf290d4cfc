// Hostile content: whatever is typed is data. It is refused with 400 or kept as it is; it never becomes a statement, a
// header, a formula, a prototype or a crash, and every attempt is one entry.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConsoleRig, type Officer, openConsole } from '../console-rig.ts';
import { approvedList, begin, done } from './scene.ts';

let rig: ConsoleRig;
let member: Officer;
let admin: Officer;
let voter: string;

beforeAll(async () => {
  rig = await openConsole();
  member = await rig.logIn('precinct-member', '1001');
  admin = await rig.logIn('territorial-admin', 'T1');
  voter = (await rig.addVoter('1001')).id;
});
afterAll(() => rig.close());

const nasty = [
  "' OR '1'='1",
  "'; DROP TABLE voter; --",
  '" UNION SELECT leaf FROM entry --',
  '%_%',
  '\\',
  '{"$gt":""}',
  '#{7*7}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  'javascript:alert(1)',
  '=HYPERLINK("http://evil.invalid")',
  '../../../../etc/passwd',
  '\u202eадресинверсия',
  'a\u0301\u0301\u0301\u0301\u0301\u0301\u0301',
  '\ufeff\u200b\u2060невидимо',
  '👩‍👩‍👧‍👦🇰🇬',
  '\r\nSet-Cookie: x=y',
  'ÅÍÎÏ˝ÓÔÒÚÆ☃',
  'ﷺ'.repeat(20),
  'а'.repeat(120),
];

/** A body exactly as given, not serialised. */
const raw = (url: string, body: string, type = 'application/json') =>
  rig.app.inject({
    method: 'POST',
    url,
    headers: { cookie: member.cookie, origin: 'http://localhost:8080', 'content-type': type },
    payload: body,
  });

const kept = { kind: 'correction', applicant: { surname: 'А', givenName: 'Б' } };

describe('hostile text', () => {
  test.each(nasty)('1.2.4 searched for is inert: %j', async (q) => {
    const before = rig.size();
    const reply = await member.post('/api/voters/search', { q: q.slice(0, 120) });
    expect([200, 422]).toContain(reply.statusCode);
    if (reply.statusCode === 200) expect(done<{ items: unknown[] }>(reply).items).toEqual([]);
    else expect(reply.body).not.toContain(q);
    expect(rig.size() - before).toBe(1);
  });

  /** Without a letter or digit, or read as another text than it is. */
  const isReadable = (text: string) =>
    /[\p{L}\p{N}]/u.test(text) && !/[\p{Cf}\p{Cc}]/u.test(text) && !/\p{M}{4}/u.test(text);
  const readable = nasty.filter(isReadable);

  test.each(readable)('wanted as an address is kept as it is: %j', async (text) => {
    const made = await begin(member, voter, { change: [{ field: 'address', new: text }] });
    const reply = await member.get(`/api/applications/${made.id}`);
    expect(done<{ change: { new: string }[] }>(reply).change[0]!.new).toBe(text);
    expect(reply.headers['content-type']).toContain('application/json');
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
  });

  test.each(nasty.filter((text) => !isReadable(text)))(
    'wanted as an address is refused by its place, for nobody could read what it is: %j',
    async (text) => {
      const body = { ...kept, voter, change: [{ field: 'address', new: text }] };
      const reply = await member.post('/api/applications', body);
      expect([400, 422]).toContain(reply.statusCode);
      expect(reply.json()).toMatchObject({ field: 'change.0.new' });
      if (text.length > 2) expect(reply.body).not.toContain(text);
    },
  );

  test('what turns the direction of reading reaches no second person: reasons, notes and policies as names', async () => {
    const text = 'Себеби \u202e:дөн';
    for (const [officer, url, body, field] of [
      [admin, `/api/voters/${voter}/restore`, { version: 1, reason: text }, 'reason'],
      [admin, '/api/approvals/no-such-approval/actions/deny', { reason: text }, 'reason'],
      [member, '/api/applications', { ...kept, voter, legalBasis: text, change: [] }, 'legalBasis'],
    ] as [Officer, string, object, string][]) {
      const reply = await officer.post(url, body);
      expect([reply.statusCode, reply.json().field], url).toEqual([400, field]);
    }
    // What is typed under the session and shown again is no secret: the name of a passkey.
    const named = await member.post('/api/session/passkeys/0123456789abcdef0123456789abcdef/actions/rename', {
      name: text,
    });
    expect([named.statusCode, named.json().field]).toEqual([400, 'name']);
  });

  test('what nobody reads may hold marks that turn it: words searched for, and passwords, which are taken as typed', async () => {
    const text = 'Себеби \u202e:дөн';
    expect((await member.post('/api/voters/search', { q: `Асан${text}` })).statusCode).toBe(200);
    for (const [url, body] of [
      ['/api/session', { login: 'nobody', password: text }],
      ['/api/session/password', { current: text, new: text }],
      ['/api/session/password/check', { new: text }],
      ['/api/session/unlock', { password: text }],
      ['/api/session/passkeys/registration', { password: text }],
      ['/api/session/recovery-codes', { password: text }],
    ] as const)
      expect((await member.post(url, body)).statusCode, url).not.toBe(400);
  });

  test.each(['surname', 'givenName', 'patronymic', 'address', 'contact'])(
    'a line end in the applicant’s %s is refused by its name',
    async (field) => {
      const reply = await member.post('/api/applications', {
        ...kept,
        voter,
        applicant: { ...kept.applicant, [field]: 'А\r\nБ' },
        change: [{ field: 'address', new: 'x' }],
      });
      expect([reply.statusCode, reply.json().field]).toEqual([422, `applicant.${field}`]);
    },
  );

  test.each([
    ['NUL', 'А\u0000Б'],
    ['half a surrogate pair', 'А\ud800Б'],
  ])('%s is refused with the place it stands in, everywhere', async (_name, text) => {
    for (const [officer, url, body, field] of [
      [member, '/api/voters/search', { q: text }, 'q'],
      [
        member,
        '/api/applications',
        { ...kept, voter, change: [{ field: 'address', new: text }] },
        'change.0.new',
      ],
      [member, '/api/applications', { ...kept, voter, legalBasis: text, change: [] }, 'legalBasis'],
      [
        admin,
        '/api/applications/no-such-application/actions/decide',
        { expectedVersion: 1, reason: text },
        'reason',
      ],
      [admin, `/api/voters/${voter}/restore`, { version: 1, reason: `${text} ата` }, 'reason'],
      [admin, '/api/approvals/no-such-approval/actions/deny', { reason: text }, 'reason'],
    ] as [Officer, string, object, string][]) {
      const before = rig.size();
      const reply = await officer.post(url, body);
      expect([url, reply.statusCode, reply.json().field]).toEqual([url, 400, field]);
      expect(reply.body).not.toContain('Б');
      expect(rig.size() - before, url).toBe(1);
    }
    const query = await admin.get('/api/audit/entries?actor=%00');
    expect(query.statusCode).toBe(400);
  });

  test('1.2.10 names that begin like a formula leave harmless in an export', async () => {
    for (const name of ['=1+1', '+cmd|calc', '-2+3', '@SUM(A1)', '\u0009=1', '＝1+1'])
      await rig.addVoter('1002', { surname: name, address: name });
    const approvers: [Officer, Officer] = [
      await rig.logIn('approver', 'CEC'),
      await rig.logIn('approver', 'CEC'),
    ];
    const id = await approvedList('exports', admin, approvers, '1002');
    const csv = (await admin.withFactor(`/api/downloads/${id}`)).body;
    const cells = csv
      .split('\r\n')
      .slice(1)
      .flatMap((line) => line.split('","'))
      .map((cell) => cell.replace(/^"/, ''));
    expect(cells.filter((cell) => cell.includes('SUM'))).not.toEqual([]);
    expect(cells.filter((cell) => /^[=+\-@\t＝]/.test(cell))).toEqual([]);
  });
});

describe('hostile shapes', () => {
  test.each([
    ['a prototype', `{"q":"асан","__proto__":{"role":"central-admin"}}`],
    ['a constructor', `{"q":"асан","constructor":{"prototype":{"role":"auditor"}}}`],
    ['an extra field', `{"q":"асан","role":"central-admin"}`],
    ['an array', '[{"q":"асан"}]'],
    ['a text', '"асан"'],
    ['null', 'null'],
    ['nothing', ''],
    ['half of it', '{"q":"асан"'],
    ['two of them', '{"q":"асан"}{"q":"асан"}'],
    ['a comment', '{"q":"асан"/* */}'],
    ['an object for a text', '{"q":{"$ne":null}}'],
    ['a list for a text', '{"q":["асан"]}'],
    ['true for a text', '{"q":true}'],
    ['a huge number', '{"q":"асан","limit":1e400}'],
    ['a fraction', '{"q":"асан","limit":1.5}'],
    ['a depth of 50,000', `{"q":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
    ['300 KiB', JSON.stringify({ q: 'а'.repeat(150_000) }), 413, 'too-large'],
    ['a byte order mark alone', '\ufeff'],
  ] as [string, string, number?, string?][])(
    '15.3.3 15.3.6 16.5.1 %s is refused with one entry, in our words',
    async (_name, body, status = 400, type = 'bad-request') => {
      const before = rig.size();
      const reply = await raw('/api/voters/search', body);
      expect(reply.statusCode).toBe(status);
      expect(reply.json().type.endsWith(`/${type}`)).toBe(true);
      expect(reply.body).not.toMatch(/асан|ааа|central-admin|SyntaxError|:\d+:\d+/);
      expect(rig.size() - before).toBe(1);
      expect(({} as { role?: string }).role).toBeUndefined();
    },
  );

  test('15.3.3 where a body says nothing, it holds nothing', async () => {
    const registered = rig.routes.filter(({ method, url }) => method === 'POST' && url !== '/api/*');
    expect(registered.filter(({ schema }) => !schema.body).map(({ url }) => url)).toEqual([
      '/api/csp-reports',
    ]);
    const url = '/api/downloads/no-such-approval';
    for (const body of [{ recipient: 'x' }, [], null, 'x', 7])
      expect((await raw(url, JSON.stringify(body))).statusCode).toBe(400);
    expect((await raw(url, '{}')).statusCode).toBe(404);
  });

  test('of a key given twice the same one is judged and used', async () => {
    const reply = await raw('/api/voters/search', '{"q":"аб","q":"Төлөгөнова"}');
    expect(done<{ items: unknown[] }>(reply).items).toHaveLength(1);
    const [entry] = await rig.store.reader.audit.entriesAt([rig.size() - 1]);
    expect(JSON.parse(entry!.json!)).toMatchObject({ query: { text: 'Төлөгөнова' } });
  });

  test.each([
    ['text/plain', 403],
    ['text/plain;charset=UTF-8', 403],
    ['text/plain; application/json', 403],
    ['TEXT/PLAIN', 403],
    [' text/plain', 403],
    ['application/x-www-form-urlencoded', 403],
    ['multipart/form-data; boundary=x', 403],
    ['', 403],
    [';', 403],
    ['application/jsonp', 415],
    ['application/json-patch+json', 415],
    ['text/json', 415],
    ['application/xml', 415],
  ])('3.5.2 a body sent as %j, from our own pages too, is %d with one entry', async (type, status) => {
    const before = rig.size();
    const reply = await raw('/api/voters/search', '{"q":"асан"}', type);
    const kind = status === 403 ? 'simple-type' : 'unsupported-type';
    expect([reply.statusCode, reply.json().type]).toEqual([status, expect.stringMatching(`/${kind}$`)]);
    expect(rig.size() - before).toBe(1);
  });

  test.each([
    '%2e%2e%2fvoters',
    'a%2fb%2fc-voter',
    '..%5c..%5cvoters',
    `${'v'.repeat(41)}`,
    'voter%00-1-0000',
    'voter-1%0d%0aX: y',
    '%F0%9F%92%A9%F0%9F%92%A9',
    "voter';--",
    '__proto__',
    'constructor',
    'hasOwnProperty',
  ])('an id %s finds nothing and makes one entry', async (id) => {
    for (const url of [`/api/voters/${id}`, `/api/applications/${id}`, `/api/approvals/${id}`]) {
      const before = rig.size();
      const reply = await member.get(url);
      expect([400, 404], url).toContain(reply.statusCode);
      expect(reply.headers.x).toBeUndefined();
      expect(rig.size() - before, url).toBe(1);
    }
  });

  test('15.3.6 a step, an event and a role named like a built-in are unknown', async () => {
    for (const name of ['constructor', 'to-string', '__proto__', 'decide%20'])
      expect([400, 404]).toContain(
        (await admin.post(`/api/applications/${voter}/actions/${name}`, { expectedVersion: 1 })).statusCode,
      );
    const central = await rig.logIn('central-admin', 'CEC');
    const election = { nameKy: 'ш', nameRu: 'в', nameEn: 'e', votingDay: '2026-03-01' };
    const act = { onDay: '2026-02-01', act: '№ 12' };
    for (const dates of [
      [{ event: 'constructor', ...act }],
      [
        { event: 'freeze', ...act },
        { event: 'freeze', ...act },
      ],
      [{ event: 'freeze', ...act, onDay: '2026-02-30' }],
      [{ event: 'freeze', ...act, act: '  ' }],
    ])
      expect((await central.post('/api/calendar', { election, dates })).statusCode).toBe(422);
  });
});

describe('where a request comes from', () => {
  test.each([
    ['no origin', { origin: '' }],
    ['null', { origin: 'null' }],
    ['another scheme', { origin: 'https://localhost:8080' }],
    ['another port', { origin: 'http://localhost:8081' }],
    ['a longer host', { origin: 'http://localhost:8080.evil.invalid' }],
    ['a user before it', { origin: 'http://x@localhost:8080' }],
    ['upper case', { origin: 'HTTP://LOCALHOST:8080' }],
    ['two origins', { origin: 'http://localhost:8080, http://evil.invalid' }],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site fetch', { 'sec-fetch-site': 'same-site' }],
    ['an override of the method', { origin: '', 'x-http-method-override': 'GET' }],
  ])('3.5.1 3.5.3 %s changes nothing and is one entry', async (_name, headers) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      const before = rig.size();
      const reply = await member.send(method, '/api/voters/search', { q: 'Төлөгөнова' }, headers);
      expect(reply.statusCode).toBe(403);
      expect(reply.body).not.toContain('Төлөгөнова');
      expect(rig.size() - before).toBe(1);
    }
    expect((await member.send('DELETE', '/api/session', undefined, headers)).statusCode).toBe(403);
    expect((await member.get('/api/session')).statusCode).toBe(200);
  });

  test('3.4.2 3.5.1 no reply opens the API to another site', async () => {
    const reply = await member.send('GET', `/api/voters/${voter}`, undefined, {
      origin: 'http://evil.invalid',
    });
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(reply.headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  test('refusals to nobody in particular are counted, each kind, also before a session exists', async () => {
    await rig.rooms.access.flush();
    const before = rig.size();
    for (let i = 0; i < 3; i++) {
      await rig.app.inject({ method: 'POST', url: '/api/session', payload: { login: 'x', password: 'y' } });
      await rig.app.inject({ url: '/api/voters/anything-0' });
      await rig.app.inject({ url: '/api/voters/%zz' });
      await rig.app.inject({
        method: 'POST',
        url: '/api/session',
        headers: { origin: 'http://localhost:8080' },
        payload: { login: ['x'] },
      });
    }
    expect(rig.size()).toBe(before);
    await rig.rooms.access.flush();
    const entries = await rig.store.reader.audit.entriesAt(
      Array.from({ length: rig.size() - before }, (_, i) => before + i),
    );
    const counted = entries.map(
      (entry) => JSON.parse(entry.json!).detail.json as { reason: string; count: number },
    );
    expect(Object.fromEntries(counted.map(({ reason, count }) => [reason, count]))).toEqual({
      'bad-origin': 3,
      'no-cookie': 3,
      'bad-request': 6,
    });
  });
});
