// The life of an account: nobody widens a duty alone, what narrows it takes effect at the very next request, and what was
// asked for under a duty or a trust that ended is void.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addCalendarDays, bishkekDay, DAY_MS } from '#server/lib/dates.ts';
import { approvedList, done } from '#server/test/attacks/scene.ts';
import { type ConsoleRig, type Officer, openConsole } from '#server/test/console-rig.ts';
import { needsGrant } from './rules.ts';

let rig: ConsoleRig;
let admin: Officer;
let otherAdmin: Officer;
let guard: Officer;
let approvers: [Officer, Officer];
beforeAll(async () => {
  rig = await openConsole();
  admin = await rig.logIn('central-admin', 'CEC');
  otherAdmin = await rig.logIn('central-admin', 'CEC');
  guard = await rig.logIn('security-officer', 'CEC');
  approvers = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'T1')];
});
afterAll(async () => {
  expect(rig.faults).toEqual([]);
  await rig.close();
});

const act = (by: Officer, id: string, action: string, body: object) =>
  by.withFactor(`/api/officers/${id}/actions/${action}`, body);
const vote = (by: Officer, approval: string, how = 'approve', body: object = {}) =>
  by.withFactor(`/api/approvals/${approval}/actions/${how}`, body);
const card = async (id: string) =>
  done<{ version: number; state: string; role: string; commission: string; actions: string[] }>(
    await admin.get(`/api/officers/${id}`),
  );
const refusedAs = (reply: { json(): unknown }) => (reply.json() as { type: string }).type.split('/').at(-1);

let n = 0;
const newOfficer = (role: string, commission: string) => ({
  login: `life${++n}`,
  surname: 'Жумабекова',
  givenName: 'Нургүл',
  role,
  commission,
  clearance: { order: '17-к', level: 'personal', until: '2027-12-31' },
});
const register = async (role: string, commission: string) =>
  done<{ id: string; state: string; approval: string | null }>(
    await admin.post('/api/officers', newOfficer(role, commission)),
  );

test('a duty asks a second official when it is new and powerful, or moves up', () => {
  const member = { role: 'precinct-member', level: 'PEC' } as const;
  const territory = { role: 'territorial-admin', level: 'TEC' } as const;
  const supervisor = (level: 'CEC' | 'DEC' | 'TEC') => ({ role: 'supervisor', level }) as const;
  expect(needsGrant(null, member)).toBe(false);
  expect(needsGrant(null, territory)).toBe(true);
  expect(needsGrant(territory, member)).toBe(false);
  expect(needsGrant(member, territory)).toBe(true);
  expect(needsGrant(territory, territory)).toBe(false);
  expect(needsGrant(territory, supervisor('TEC'))).toBe(true);
  expect(needsGrant(supervisor('TEC'), supervisor('CEC'))).toBe(true);
  expect(needsGrant(supervisor('CEC'), supervisor('TEC'))).toBe(false);
});

describe('a new officer', () => {
  test('with a precinct member’s role waits for the activation alone', async () => {
    expect(await register('precinct-member', '1001')).toMatchObject({ state: 'issued', approval: null });
  });

  test('with a role of power is not activated before a second official has granted it', async () => {
    const made = await register('auditor', 'CEC');
    expect(made).toMatchObject({ state: 'requested', approval: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const early = await act(guard, made.id, 'activate', { expectedVersion: 1 });
    expect([early.statusCode, refusedAs(early)]).toEqual([409, 'second-person-required']);
    const shown = done<{ basis: object }>(await guard.get(`/api/approvals/${made.approval}`));
    expect(shown.basis).toMatchObject({
      role: 'auditor',
      unit: 'CEC',
      login: `life${n}`,
    });
    expect((await vote(admin, made.approval!)).statusCode).toBe(403);
    expect(done(await vote(otherAdmin, made.approval!))).toMatchObject({ state: 'executed' });
    expect(await card(made.id)).toMatchObject({ state: 'issued', role: 'auditor', version: 2 });
    expect((await act(guard, made.id, 'activate', { expectedVersion: 2 })).statusCode).toBe(200);
  });

  test('whose grant was denied is asked for anew, registered lower, or disabled; never activated', async () => {
    const made = await register('supervisor', 'T1');
    done(await vote(guard, made.approval!, 'deny', { reason: 'жетишет' }));
    expect((await act(guard, made.id, 'activate', { expectedVersion: 1 })).statusCode).toBe(409);
    const lower = { expectedVersion: 1, role: 'precinct-member', commission: '1001' };
    expect(done(await act(admin, made.id, 'role', lower))).toMatchObject({ state: 'issued' });
  });

  test('is granted what was shown: changed meanwhile, the grant is void', async () => {
    const made = await register('supervisor', 'T1');
    const lower = { expectedVersion: 1, role: 'precinct-member', commission: '1001' };
    done(await act(admin, made.id, 'role', lower));
    const late = await vote(guard, made.approval!);
    expect([late.statusCode, refusedAs(late)]).toEqual([409, 'wrong-state']);
    expect(await card(made.id)).toMatchObject({ role: 'precinct-member', state: 'issued' });
  });
});

describe('a wider duty', () => {
  const wider = { role: 'territorial-admin', commission: 'T1' };

  test('is not given by one official, and not decided by who asked, whom it is for or who made the account', async () => {
    const member = await rig.logIn('precinct-member', '1001', { createdBy: otherAdmin.id });
    const alone = await act(admin, member.id, 'role', { expectedVersion: 1, ...wider });
    expect([alone.statusCode, refusedAs(alone)]).toEqual([409, 'second-person-required']);
    const asked = { expectedVersion: 1, ...wider, reason: 'башкы адис болду' };
    const bare = await admin.post(`/api/officers/${member.id}/actions/grant-request`, asked);
    expect([bare.statusCode, refusedAs(bare)]).toEqual([403, 'step-up-required']);
    const { approval } = done<{ approval: string }>(await act(admin, member.id, 'grant-request', asked));
    for (const by of [admin, otherAdmin]) expect((await vote(by, approval)).statusCode).toBe(403);
    expect((await vote(member, approval)).statusCode).not.toBe(200);
    expect((await vote(approvers[1], approval)).statusCode).toBe(404);
    expect(await card(member.id)).toMatchObject({ role: 'precinct-member', version: 1 });
    expect((await member.get('/api/session')).statusCode).toBe(200);
    expect(done(await vote(guard, approval))).toMatchObject({ state: 'executed' });
    expect(await card(member.id)).toMatchObject({ ...wider, version: 2 });
    expect((await member.get('/api/session')).statusCode).toBe(401);
  });

  test('is never the officer’s own to ask for', async () => {
    const own = { expectedVersion: 1, role: 'security-officer', commission: 'CEC', reason: 'өзүмө' };
    expect((await act(admin, admin.id, 'grant-request', own)).statusCode).toBe(403);
  });

  test('asked for twice is given once', async () => {
    const member = await rig.logIn('precinct-member', '1001');
    const asked = { expectedVersion: 1, ...wider, reason: 'башкы адис болду' };
    const ids = [];
    for (const by of [admin, otherAdmin])
      ids.push(done<{ approval: string }>(await act(by, member.id, 'grant-request', asked)).approval);
    expect(done(await vote(guard, ids[0]!))).toMatchObject({ state: 'executed' });
    expect((await vote(guard, ids[1]!)).statusCode).toBe(409);
  });
});

describe('moved to another commission', () => {
  test('at the next request: sessions are over, what they asked for is void, an application’s approval is not theirs', async () => {
    await rig.addVoter('1001');
    const mover = await rig.logIn('territorial-admin', 'T1');
    const print = { precinct: '1001', list: 'control', purpose: 'list-check' };
    const pending = done<{ id: string }>(await mover.withFactor('/api/prints', print));
    const ready = await approvedList('exports', mover, approvers);
    const move = { expectedVersion: 1, role: 'territorial-admin', commission: 'T2' };
    done(await act(admin, mover.id, 'role', move));
    expect((await mover.get('/api/session')).statusCode).toBe(401);
    for (const id of [pending.id, ready])
      expect((await rig.store.reader.approvals.byId(id))?.approval.state).toBe('expired');
    expect((await vote(approvers[0], pending.id)).statusCode).toBe(409);
  });
});

describe('under suspicion', () => {
  test.each([
    ['the owner says a log-in was not theirs', (asker: Officer) => asker.post('/api/session/not-me')],
    [
      'an official ends the sessions',
      (asker: Officer) => act(guard, asker.id, 'end-sessions', { reason: 'түнкү кирүү' }),
    ],
  ])('%s: what the account asked for is void with its sessions', async (_name, say) => {
    const asker = await rig.logIn('territorial-admin', 'T1');
    const print = { precinct: '1001', list: 'control', purpose: 'list-check' };
    const { id } = done<{ id: string }>(await asker.withFactor('/api/prints', print));
    done(await vote(approvers[1], id));
    expect((await say(asker)).statusCode).toBe(200);
    expect((await asker.get('/api/session')).statusCode).toBe(401);
    expect((await rig.store.reader.approvals.byId(id))?.approval.state).toBe('expired');
    expect((await vote(approvers[0], id)).statusCode).toBe(409);
  });
});

describe('an approval of somebody who has left since', () => {
  test.each([
    ['disabled', { state: 'disabled' }],
    ['moved elsewhere', { commission: 'T2' }],
    ['in another role', { role: 'auditor' }],
    ['without a clearance', { clearanceUntil: '2020-01-01' }],
  ])('%s, does not count towards the last one', async (_name, set) => {
    const asker = await rig.logIn('territorial-admin', 'T1');
    const early = await rig.logIn('approver', 'T1');
    const print = { precinct: '1001', list: 'final', purpose: 'list-check' };
    const { id } = done<{ id: string }>(await asker.withFactor('/api/prints', print));
    done(await vote(early, id));
    await rig.write([{ op: 'update', table: 'officer', key: { id: early.id }, set }]);
    expect(done(await vote(approvers[0], id))).toMatchObject({ state: 'pending' });
    expect(done(await vote(approvers[1], id))).toMatchObject({ state: 'approved' });
  });
});

describe('disabled', () => {
  test('requests and approved files are void; two officials enable the account, which comes back empty', async () => {
    await rig.addVoter('1001');
    const leaver = await rig.logIn('territorial-admin', 'T1');
    const ready = await approvedList('prints', leaver, approvers);
    done(await act(guard, leaver.id, 'disable', { expectedVersion: 1, reason: 'кетти' }));
    expect((await leaver.get('/api/session')).statusCode).toBe(401);
    expect((await rig.store.reader.approvals.byId(ready))?.approval.state).toBe('expired');
    expect(await card(leaver.id)).toMatchObject({
      state: 'disabled',
      actions: ['enable-request', 'end-sessions'],
    });
    for (const action of ['role', 'absence', 'activate'])
      expect(
        (
          await act(admin, leaver.id, action, {
            expectedVersion: 2,
            ...(action === 'role' && { role: 'precinct-member', commission: '1001' }),
            ...(action === 'absence' && { from: null, until: null }),
          })
        ).statusCode,
      ).not.toBe(200);
    const asked = { expectedVersion: 2, reason: 'кайтып келди' };
    const { approval } = done<{ approval: string }>(await act(guard, leaver.id, 'enable-request', asked));
    expect((await vote(guard, approval)).statusCode).toBe(403);
    expect(done(await vote(otherAdmin, approval))).toMatchObject({ state: 'executed' });
    const found = await rig.store.reader.officers.byId(leaver.id);
    expect(found?.officer).toMatchObject({ state: 'issued', passwordHash: null, totpSeed: null });
    expect((await leaver.get('/api/session')).statusCode).toBe(401);
    expect((await act(guard, leaver.id, 'activate', { expectedVersion: 3 })).statusCode).toBe(200);
  });

  test('a role that was refused does not come in by enabling the account: it waits for its grant still', async () => {
    const { id, approval } = await register('security-officer', 'CEC');
    done(await vote(guard, approval!, 'deny', { reason: 'мындай кызматкер жок' }));
    done(await act(admin, id, 'disable', { expectedVersion: 1, reason: 'жаңылыш' }));
    const asked = { expectedVersion: 2, reason: 'кайтып келди' };
    const enable = done<{ approval: string }>(await act(admin, id, 'enable-request', asked));
    expect(done(await vote(otherAdmin, enable.approval))).toMatchObject({ state: 'executed' });
    expect(await card(id)).toMatchObject({ state: 'requested', role: 'security-officer' });
    expect(refusedAs(await act(guard, id, 'activate', { expectedVersion: 3 }))).toBe(
      'second-person-required',
    );
  });

  test('an account in use is not “enabled”', async () => {
    const officer = await rig.logIn('auditor', 'CEC');
    const asked = { expectedVersion: 1, reason: 'эмнегедир' };
    expect((await act(guard, officer.id, 'enable-request', asked)).statusCode).toBe(409);
  });
});

describe('on leave', () => {
  const days = (from: number, until: number) => {
    const today = bishkekDay(rig.time.now);
    return { from: addCalendarDays(today, from), until: addCalendarDays(today, until) };
  };

  test('from the first through the last day the account opens nothing; back early it does', async () => {
    const away = await rig.logIn('auditor', 'CEC');
    done(await act(admin, away.id, 'absence', { expectedVersion: 1, ...days(0, 5) }));
    expect((await away.get('/api/session')).statusCode).toBe(401);
    expect(await card(away.id)).toMatchObject({ absence: days(0, 5), state: 'active' });
    done(await act(admin, away.id, 'absence', { expectedVersion: 2, from: null, until: null }));
    expect(await card(away.id)).toMatchObject({ absence: null });
    // The session that was ended stays ended.
    expect((await away.get('/api/session')).statusCode).toBe(401);
  });

  test('that begins later ends access on its first day, not before, whatever session is open', async () => {
    const away = await rig.logIn('auditor', 'CEC', {}, { endsAt: rig.time.now + 9 * DAY_MS });
    const alive = () =>
      rig.write([{ op: 'update', table: 'session', key: { id: away.sid }, set: { seenAt: rig.time.now } }]);
    done(await act(admin, away.id, 'absence', { expectedVersion: 1, ...days(1, 2) }));
    expect((await away.get('/api/officers')).statusCode).toBe(200);
    const began = rig.time.now;
    for (const [day, status] of [
      [1, 401],
      [2, 401],
      [3, 200],
    ] as const) {
      rig.time.now = began + day * DAY_MS;
      await alive();
      const sid = rig.rooms.access.room.tokens.issue(
        { sid: away.sid, rot: (await rig.store.reader.access.standing(away.sid))!.rotation },
        began + 9 * DAY_MS,
      );
      const reply = await away.send('GET', '/api/officers', undefined, { cookie: `__Host-kuzot=${sid}` });
      expect([day, reply.statusCode]).toEqual([day, status]);
    }
    rig.time.now = began;
  });

  test.each([
    ['ends before it begins', () => days(3, 1), 'until'],
    ['is past', () => days(-3, -1), 'until'],
    ['has no end', () => ({ ...days(0, 1), until: null }), 'until'],
    ['has no beginning', () => ({ ...days(0, 1), from: null }), 'from'],
    ['is no day', () => ({ from: '2025-02-30', until: '2026-01-01' }), 'from'],
    ['lasts for years', () => days(0, 400), 'until'],
  ])('that %s is refused, naming the field', async (_name, body, field) => {
    const away = await rig.logIn('auditor', 'CEC');
    const reply = await act(admin, away.id, 'absence', { expectedVersion: 1, ...body() });
    expect([reply.statusCode, reply.json().field]).toEqual([422, field]);
  });

  test('is recorded by the central administrator alone, and never the own', async () => {
    const away = await rig.logIn('auditor', 'CEC');
    const body = { expectedVersion: 1, ...days(0, 1) };
    expect((await act(guard, away.id, 'absence', body)).statusCode).toBe(403);
    expect((await act(admin, admin.id, 'absence', body)).statusCode).toBe(403);
  });
});
