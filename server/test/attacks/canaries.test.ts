// Words that must stay where they were typed. A whole story is told with marked strings while operators' logging is at its
// loudest; afterwards none of them stands in a log line, a leaf, a header, an error, a sign of life or the API's description,
// and nothing personal may be kept by a cache.

import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeAt } from '#server/lib/totp.ts';
import { type ConsoleRig, type Officer, openConsole } from '../console-rig.ts';
import { approvedList, done, otherWindow, step } from './scene.ts';

const canary = {
  pin: '10707197788877',
  newPin: '10707197799988',
  surname: 'Канарейкинаев',
  givenName: 'Сырдаана',
  address: 'Жашыруун туюк 77',
  newAddress: 'Башка туюк 88',
  contact: 'canary@sandyk.invalid',
  passport: 'КН7788990',
  query: 'канарейкин сурамы',
  note: 'эскертүү-канарейка',
  reason: 'себеп-канарейка',
  representative: 'Өкүл Канарейкасы',
  password: 'Canary-Password-7!',
  agent: 'canary-agent/7.7',
  coupon: '',
  code: '',
};

let rig: ConsoleRig;
let member: Officer;
let admin: Officer;
const lines: string[] = [];
const replies: { what: string; reply: LightMyRequestResponse }[] = [];

beforeAll(async () => {
  rig = await openConsole({
    logLines: lines,
    before: (app) => {
      app.post('/api/explode', { config: { duty: { act: 'voter.view' } } }, async (request) => {
        throw new Error(`cannot handle ${JSON.stringify(request.body)}`);
      });
    },
  });
  member = await rig.logIn('precinct-member', '1001');
  admin = await rig.logIn('territorial-admin', 'T1');
  const second = await rig.logIn('territorial-admin', 'T1');
  const auditor = await rig.logIn('auditor', 'CEC');
  const approvers: [Officer, Officer] = [
    await rig.logIn('approver', 'CEC'),
    await rig.logIn('approver', 'T1'),
  ];
  const voter = await rig.addVoter('1001', {
    pin: canary.pin,
    surname: canary.surname,
    givenName: canary.givenName,
    address: canary.address,
  });

  const say = async (what: string, sent: Promise<LightMyRequestResponse>) => {
    const reply = await sent;
    replies.push({ what, reply });
    return reply;
  };
  const { get, post } = {
    get: (by: Officer, url: string) => say(`GET ${url}`, by.get(url)),
    post: (by: Officer, url: string, body: object = {}) => say(`POST ${url}`, by.post(url, body)),
  };

  // Finding and looking.
  await post(member, '/api/voters/search', { q: canary.query });
  await post(member, '/api/voters/search', { q: canary.surname });
  await post(member, '/api/voters/search', { q: canary.pin });
  await post(member, '/api/voters/locate', { pin: canary.pin, purpose: 'application' });
  await get(member, `/api/voters/${voter.id}`);
  await post(admin, `/api/voters/${voter.id}/reveal`, { field: 'address', purpose: 'list-check' });

  // A correction from counter to reply.
  const made = await post(member, '/api/applications', {
    kind: 'correction',
    voter: voter.id,
    applicant: {
      surname: canary.surname,
      givenName: canary.givenName,
      pin: canary.pin,
      address: canary.address,
      contact: canary.contact,
    },
    representative: { name: canary.representative, authority: canary.note },
    change: [
      { field: 'address', new: canary.newAddress },
      { field: 'pin', new: canary.newPin },
    ],
  });
  let at = done(made);
  at = await step(member, at, 'check-identity', {
    photoMatched: true,
    passport: { series: 'ID', number: canary.passport },
    note: canary.note,
  });
  at = await step(member, at, 'receive');
  canary.coupon = (at as unknown as { coupon: string }).coupon;
  at = await step(member, at, 'enter');
  at = await step(admin, at, 'start-review');
  at = await step(admin, at, 'ask', { note: canary.note });
  at = await step(member, at, 'answer', { note: canary.note });
  at = await step(admin, at, 'decide', {
    outcome: 'approved',
    reason: canary.reason,
    legalReference: canary.note,
  });
  await get(admin, `/api/applications/${at.id}`);
  await get(admin, '/api/applications');
  const { approval } = done<{ approval: { id: string } }>(await admin.get(`/api/applications/${at.id}`));
  await second.withFactor(`/api/approvals/${approval.id}/actions/approve`);
  await get(second, '/api/approvals');
  at = await step(admin, at, 'apply', { note: canary.note });
  at = await step(admin, at, 'reply', { method: 'electronic', proof: canary.contact });
  await step(admin, at, 'archive', { shelf: canary.note });
  await get(admin, `/api/voters/${voter.id}/versions`);
  await say('GET /api/status', rig.app.inject({ url: `/api/status/${canary.coupon}` }));

  // Asking for the old state back; a list that leaves.
  await admin.withFactor(`/api/voters/${voter.id}/restore`, { version: 1, reason: canary.reason });
  for (const kind of ['prints', 'exports'] as const) {
    const id = await approvedList(kind, admin, approvers);
    await say(`download of ${kind}`, admin.withFactor(`/api/downloads/${id}`));
  }
  const denied = done<{ id: string }>(
    await admin.withFactor('/api/prints', { precinct: '1001', list: 'final', purpose: 'review' }),
  );
  await approvers[0].withFactor(`/api/approvals/${denied.id}/actions/deny`, { reason: canary.reason });

  // Passwords and codes, right and wrong.
  canary.code = codeAt(Buffer.alloc(20, 1), rig.time.now);
  await post(member, '/api/session/step-up', { code: canary.code });
  member = { ...member, post: await reopened(member) };
  await say(
    'log-in',
    rig.app.inject({
      method: 'POST',
      url: '/api/session',
      headers: { origin: 'http://localhost:8080', 'user-agent': canary.agent },
      payload: { login: member.login, password: canary.password },
    }),
  );
  await post(admin, '/api/session/unlock', { password: canary.password });
  await post(admin, '/api/session/password', { current: canary.password, new: `${canary.password}8` });

  // The trail of all that, read by those who may.
  await get(auditor, '/api/audit/entries?limit=100');
  await post(auditor, '/api/audit/search', { voter: voter.id });

  // What goes wrong.
  await post(admin, '/api/explode', { q: canary.query, address: canary.address });
  await post(admin, '/api/voters/search', { q: canary.query, [canary.surname]: canary.pin });
  await post(admin, '/api/voters/search', { q: [canary.query] });
  await post(admin, `/api/voters/${encodeURIComponent(canary.surname)}/reveal`, { field: canary.address });
  await get(admin, `/api/voters/${encodeURIComponent(canary.surname)}`);
  await get(admin, `/api/${encodeURIComponent(canary.surname)}?q=${encodeURIComponent(canary.query)}`);
  await get(admin, `/api/voters/%zz${encodeURIComponent(canary.surname)}`);
  await get(admin, `/api/applications?state=${encodeURIComponent(canary.surname)}`);
  await say(
    'malformed',
    admin.send('POST', '/api/voters/search', undefined, { 'content-type': `text/${canary.query.length}` }),
  );
});
afterAll(() => rig.close());

/** A step-up rotates the cookie; the test goes on in another window. */
async function reopened(officer: Officer) {
  const window = await otherWindow(rig, officer, '');
  return (url: string, payload: object = {}) => window(url, payload);
}

const words = () => Object.entries(canary).filter(([, word]) => word !== '');
/**
 * In every writing in which it could leave: as it is, escaped, percent-encoded, base64. Six digits by themselves: within a salt or a
 * hash any six stand sooner or later.
 */
function findIn(text: string): string[] {
  return words()
    .filter(([name, word]) =>
      [
        word,
        encodeURIComponent(word),
        JSON.stringify(word).slice(1, -1),
        Buffer.from(word).toString('base64').replace(/=+$/, '').slice(0, -1),
        Buffer.from(word).toString('hex'),
      ].some((form) =>
        name === 'code'
          ? new RegExp(`(?<![0-9A-Za-z])${form}(?![0-9A-Za-z])`).test(text)
          : text.includes(form),
      ),
    )
    .map(([name]) => name);
}

describe('after the whole story', () => {
  test('the words were really spoken: the story reached its end', () => {
    expect(words()).toHaveLength(Object.keys(canary).length);
    const said = replies.map(({ reply }) => reply.body).join('\n');
    for (const word of [canary.surname, canary.address, canary.newAddress, canary.contact])
      expect(said).toContain(word);
    expect(replies.find(({ what }) => what === 'download of exports')?.reply.statusCode).toBe(200);
  });

  test('16.2.5 no line of the operators’ log holds any of them, not even at its loudest', () => {
    expect(lines.length).toBeGreaterThan(0);
    expect(findIn(lines.join('\n'))).toEqual([]);
    for (const line of lines) expect(line).not.toMatch(/\/api\/(voters|applications)\/[a-z]+-/);
  });

  test('no leaf holds any of them, nor an id of a voter or a case', async () => {
    const all = await rig.store.reader.audit.entriesAt(Array.from({ length: rig.size() }, (_, i) => i));
    expect(all.length).toBe(rig.size());
    const leaves = all.map((entry) => Buffer.from(entry.leaf).toString('utf8'));
    expect(findIn(leaves.join('\n'))).toEqual([]);
    expect(leaves.join('\n')).not.toMatch(/voter-\d+-0000/);
    // The events do hold them: the story was recorded.
    expect(findIn(all.map((entry) => entry.json).join('\n'))).toEqual(
      expect.arrayContaining(['query', 'note', 'reason', 'address', 'newAddress']),
    );
    for (const secret of ['password', 'code', 'passport', 'coupon'])
      expect(findIn(all.map((entry) => entry.json).join('\n'))).not.toContain(secret);
  });

  test('a leaf is text, safe whole numbers and lists of text, from closed words', async () => {
    const all = await rig.store.reader.audit.entriesAt(Array.from({ length: rig.size() }, (_, i) => i));
    const known =
      /^(v|t|act|outcome|actor|role|commission|session|request|purpose|case|fields|n|subjects|query|artifact|policy|node|detail)$/;
    for (const { leaf } of all) {
      expect(leaf.length).toBeLessThan(2_000);
      for (const [key, value] of Object.entries(JSON.parse(Buffer.from(leaf).toString('utf8')))) {
        expect(key).toMatch(known);
        if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
        else for (const text of [value].flat()) expect(text).toMatch(/^[A-Za-z0-9:._ -]+$/);
      }
    }
  });

  test('16.5.1 no header and no error repeats any of them', () => {
    for (const { what, reply } of replies) {
      const { 'content-disposition': name = '', ...headers } = reply.headers;
      expect([what, findIn(JSON.stringify(headers) + name)]).toEqual([what, []]);
      if (reply.statusCode >= 400) expect([what, findIn(reply.body)]).toEqual([what, []]);
    }
    expect(replies.filter(({ reply }) => reply.statusCode >= 400).length).toBeGreaterThan(8);
    expect(replies.find(({ what }) => what.includes('explode'))?.reply.statusCode).toBe(500);
  });

  test('signs of life, checkpoint and description of the API hold none', async () => {
    for (const url of ['/healthz', '/metrics', '/api/openapi.json', '/api/audit/checkpoint'])
      expect([url, findIn((await rig.app.inject({ url })).body)]).toEqual([url, []]);
  });

  test('14.3.2 3.4.4 3.4.5 3.4.6 nothing of it may be kept by a cache, framed, sniffed or told to another site', () => {
    for (const { what, reply } of replies) {
      expect([what, reply.headers['cache-control']]).toEqual([what, 'no-store']);
      expect(reply.headers['x-content-type-options']).toBe('nosniff');
      expect(reply.headers['referrer-policy']).toBe('no-referrer');
      expect(reply.headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(reply.headers).not.toHaveProperty('etag');
      expect(reply.headers).not.toHaveProperty('server');
      expect(reply.headers).not.toHaveProperty('x-powered-by');
    }
  });

  test('14.2.6 what a search, a list or a card shows unasked is masked', () => {
    for (const { what, reply } of replies) {
      if (!/GET \/api\/voters|search|versions|approvals/.test(what) || reply.statusCode !== 200) continue;
      if (what.includes('/audit/')) continue;
      expect([what, findIn(reply.body).filter((name) => /pin|address/i.test(name))]).toEqual([what, []]);
    }
  });
});
