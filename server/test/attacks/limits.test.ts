// How much one officer may look at in a while. Beyond it every request is refused, and every refusal is an entry: a list
// that is read out bit by bit is evidence.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportsAt } from '#server/http/headers.ts';
import { codeAt } from '#server/lib/totp.ts';
import { type ConsoleRig, type Officer, openConsole } from '../console-rig.ts';

let rig: ConsoleRig;
let voter: string;
const minute = 60_000;
const hour = 60 * minute;

beforeAll(async () => {
  rig = await openConsole({ limits: true });
  voter = (await rig.addVoter('1001')).id;
});
afterAll(() => rig.close());

async function statuses(n: number, send: (i: number) => Promise<{ statusCode: number }>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < n; i++) found.push((await send(i)).statusCode);
  return found;
}
const allowed = (codes: number[]) => codes.filter((code) => code === 200).length;

describe('limits of one officer', () => {
  test('60 searches a minute; the 61st waits, each refused one is one entry, and nobody else waits with them', async () => {
    const member = await rig.logIn('precinct-member', '1001');
    const other = await rig.logIn('precinct-member', '1001');
    const search = (by: Officer) => by.post('/api/voters/search', { q: 'Төлөгөнова' });
    const before = rig.size();
    expect(allowed(await statuses(60, () => search(member)))).toBe(60);
    const refused = await search(member);
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.body).not.toContain('Төлөгөнова');
    expect(await statuses(4, () => search(member))).toEqual([429, 429, 429, 429]);
    expect(rig.size() - before).toBe(65);
    const [entry] = await rig.store.reader.audit.entriesAt([rig.size() - 1]);
    expect(JSON.parse(Buffer.from(entry!.leaf).toString())).toMatchObject({
      act: 'voter.search',
      outcome: 'denied',
      actor: member.id,
      policy: 'http:429',
    });
    expect((await search(other)).statusCode).toBe(200);
    rig.time.now += minute;
    expect((await search(member)).statusCode).toBe(200);
  });

  test('parallel requests spend the same allowance', async () => {
    const member = await rig.logIn('precinct-member', '1001');
    const replies = await Promise.all(
      Array.from({ length: 80 }, () => member.post('/api/voters/search', { q: 'Төлөгөнова' })),
    );
    expect(allowed(replies.map((reply) => reply.statusCode))).toBe(60);
  });

  test('ten requests for emergency access an hour, the first tries of five among them', async () => {
    const admin = await rig.logIn('territorial-admin', 'T2');
    const ask = { unit: '1001', acts: ['voter.view'], reason: 'участоктун администратору жооп бербейт' };
    const codes = await statuses(11, () => admin.post('/api/emergencies', ask));
    expect(codes).toEqual([...Array.from({ length: 10 }, () => 403), 429]);
  });

  test('30 reveals an hour, over all voters and fields together', async () => {
    const admin = await rig.logIn('territorial-admin', 'T1');
    const voters = [voter, (await rig.addVoter('1002')).id];
    const reveal = (i: number) =>
      admin.post(`/api/voters/${voters[i % 2]}/reveal`, {
        field: ['pin', 'address', 'birthDate'][i % 3],
        purpose: 'list-check',
      });
    const codes = await statuses(33, reveal);
    expect([allowed(codes), codes.slice(30)]).toEqual([30, [429, 429, 429]]);
    // A minute later there is nothing new to be had; two minutes an hour's thirtieth.
    const { now } = rig.time;
    rig.time.now = now + minute;
    expect((await reveal(0)).statusCode).toBe(429);
    rig.time.now = now;
  });

  test('another session, another window, another field: the same officer', async () => {
    const member = await rig.logIn('precinct-member', '1001');
    await statuses(60, () => member.post('/api/voters/search', { q: 'Төлөгөнова' }));
    const forwarded = await member.send(
      'POST',
      '/api/voters/search',
      { q: 'Төлөгөнова' },
      { 'x-forwarded-for': '203.0.113.7', 'user-agent': 'another' },
    );
    expect(forwarded.statusCode).toBe(429);
  });

  test('three exports a day', async () => {
    const admin = await rig.logIn('territorial-admin', 'T1');
    const ask = () =>
      admin.withFactor('/api/exports', { precinct: '1001', list: 'final', purpose: 'list-check' });
    expect((await statuses(5, ask)).filter((code) => code === 201)).toHaveLength(3);
    const { now } = rig.time;
    rig.time.now = now + 24 * hour + minute;
    const nextDay = await rig.logIn('territorial-admin', 'T1');
    expect((await nextDay.get('/api/session')).statusCode).toBe(200);
    rig.time.now = now;
  });

  test('a page holds at most 50 voters, and a search of two letters none', async () => {
    const member = await rig.logIn('precinct-member', '1001');
    expect((await member.post('/api/voters/search', { q: 'Төлөгөнова', limit: 51 })).statusCode).toBe(400);
    expect((await member.post('/api/voters/search', { q: 'Тө' })).statusCode).toBe(422);
    expect((await member.get('/api/applications?limit=101')).statusCode).toBe(400);
  });

  test('wrong codes for a step-up are stopped after five, also a right one then, and one code works once', async () => {
    const admin = await rig.logIn('territorial-admin', 'T1');
    const seed = Buffer.alloc(20, Number(admin.login.replace('officer', '')));
    const right = codeAt(seed, rig.time.now);
    const wrong = right === '000000' ? '000001' : '000000';
    const codes = await statuses(7, () => admin.post('/api/session/step-up', { code: wrong }));
    expect(codes.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(codes.slice(5)).toEqual([429, 429]);
    expect((await admin.post('/api/session/step-up', { code: right })).statusCode).toBe(429);
    const fresh = await rig.logIn('territorial-admin', 'T1');
    const code = codeAt(Buffer.alloc(20, Number(fresh.login.replace('officer', ''))), rig.time.now);
    const replies = await Promise.all(
      Array.from({ length: 4 }, () => fresh.post('/api/session/step-up', { code })),
    );
    expect(replies.filter((reply) => reply.statusCode === 200)).toHaveLength(1);
  });

  test('a coupon is guessed at most ten times a minute from one network, whoever it is', async () => {
    const ask = (i: number) =>
      rig.app.inject({
        url: `/api/status/2222${i}-22222-22222`,
        remoteAddress: '198.51.100.4',
        headers: { 'x-forwarded-for': `203.0.113.${i}` },
      });
    const codes = await statuses(14, ask);
    expect(codes.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 404));
    expect(codes.slice(10)).toEqual([429, 429, 429, 429]);
  });
});

test('3.4.7 30 reports a minute of one network; more are refused, and the others are heard', async () => {
  const report = (remoteAddress: string) =>
    rig.app.inject({
      method: 'POST',
      url: reportsAt,
      remoteAddress,
      headers: { 'content-type': 'application/csp-report' },
      payload: '{}',
    });
  const codes = await statuses(31, () => report('10.77.0.1'));
  expect([codes.filter((code) => code === 204).length, codes.at(-1)]).toEqual([30, 429]);
  expect((await report('10.77.0.2')).statusCode).toBe(204);
});
