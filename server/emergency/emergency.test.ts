// Emergency access on both engines: two officers, half an hour, one unit, the reading of voters and nothing else; each entry
// under it says so, it ends by itself, by either officer and with the session, and somebody else reviews it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EmergencyItem } from '#server/contract/emergency.ts';
import type { Context } from '#server/gate/context.ts';
import { done, otherWindow } from '#server/test/attacks/scene.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';
import { morning } from '#server/test/set-up.ts';
import { heldEmergency, openedInLog } from './held.ts';
import { overdueReviews, tellForged } from './overdue.ts';
import { emergencyHash } from './service.ts';

const minute = 60_000;
const reason = 'Т1 администратору оорукана жаткырылды, добуш берүү башталды';
const ask = (unit = '1001', acts = ['voter.search', 'voter.view']) => ({ unit, acts, reason });

describe.each(engines)('emergency access on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  let admin: Officer;
  let security: Officer;
  let approver: Officer;
  let auditor: Officer;
  let voter: { id: string; pin: string };

  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
    security = await rig.logIn('security-officer', 'CEC');
    approver = await rig.logIn('approver', 'T1');
    auditor = await rig.logIn('auditor', 'CEC');
    voter = await rig.addVoter('1001');
  });
  afterAll(() => close());
  beforeEach(async () => {
    rig.time.now = morning;
    admin = await rig.logIn('territorial-admin', 'T2');
  });

  const request = async (by = admin, body: object = ask()) =>
    done<{ id: string }>(await by.withFactor('/api/emergencies', body)).id;
  const vote = (by: Officer, id: string, name = 'approve', body: object = {}) =>
    by.withFactor(`/api/approvals/${id}/actions/${name}`, body);
  const opened = async (body: object = ask()) => {
    const id = await request(admin, body);
    done(await vote(approver, id));
    return id;
  };
  const card = async (by: Officer, id: string) =>
    done<{ items: EmergencyItem[] }>(await by.get('/api/emergencies')).items.find((item) => item.id === id);
  const see = async (by = admin) => (await by.get(`/api/voters/${voter.id}`)).statusCode;
  const lastEntry = async () => {
    const [row] = await rig.store.reader.audit.entriesAt([rig.size() - 1]);
    const event = JSON.parse(row!.json!) as { detail: { json: Record<string, unknown> } };
    return { ...(JSON.parse(Buffer.from(row!.leaf).toString()) as object), detail: event.detail.json };
  };

  test('opens with a second officer’s vote, for the unit and acts named, and each entry carries its id and policy', async () => {
    const id = await request();
    expect(await see()).toBe(404);
    expect((await vote(admin, id)).statusCode).toBe(404);
    expect(done<{ state: string }>(await vote(approver, id)).state).toBe('executed');
    expect(await lastEntry()).toMatchObject({
      detail: { emergency: id, verdict: 'executed', approvalKind: 'emergency' },
    });
    const before = rig.size();
    expect(await see()).toBe(200);
    expect(rig.size() - before).toBe(1);
    expect(await lastEntry()).toMatchObject({
      act: 'voter.view',
      policy: 'emergency-reads',
      detail: { emergency: id },
    });
    const found = done<{ items: { id: string }[] }>(
      await admin.post('/api/voters/search', { q: 'Төлөгөнова', precinct: '1001' }),
    );
    expect(found.items.map((item) => item.id)).toEqual([voter.id]);
    // Without naming the unit a search stays at home, and so does every other act, unit and list.
    expect(
      done<{ items: unknown[] }>(await admin.post('/api/voters/search', { q: 'Төлөгөнова' })).items,
    ).toEqual([]);
    const elsewhere = await rig.addVoter('1002');
    const reveal = { field: 'pin', purpose: 'list-check' };
    for (const [url, body] of [
      [`/api/voters/${elsewhere.id}`],
      [`/api/voters/${voter.id}/versions`],
      [`/api/voters/${voter.id}/reveal`, reveal],
      ['/api/prints', { precinct: '1001', list: 'control', purpose: 'list-check' }],
    ] as [string, object?][])
      expect((await (body ? admin.post(url, body) : admin.get(url))).statusCode, url).toBe(404);
    await rig.store.settled();
    expect(await card(admin, id)).toMatchObject({
      state: 'active',
      entries: 2,
      persons: 2,
      actions: ['end'],
    });
  });

  test('reveals a field where that was asked for, still with purpose and a fresh factor', async () => {
    await opened(ask('1001', ['voter.view', 'voter.reveal']));
    const body = { field: 'pin', purpose: 'list-check' };
    expect(done<{ value: string }>(await admin.post(`/api/voters/${voter.id}/reveal`, body)).value).toBe(
      voter.pin,
    );
    rig.time.now += 6 * minute;
    expect((await admin.post(`/api/voters/${voter.id}/reveal`, body)).json()).toMatchObject({ status: 403 });
  });

  test('ends by itself after half an hour, not a moment later', async () => {
    const id = await opened();
    rig.time.now = morning + 30 * minute - 1;
    await rig.write([
      { op: 'update', table: 'session', key: { id: admin.sid }, set: { seenAt: rig.time.now } },
    ]);
    expect(await see()).toBe(200);
    rig.time.now = morning + 30 * minute;
    expect(await see()).toBe(404);
    expect(await card(admin, id)).toMatchObject({ state: 'ended', endReason: 'time' });
  });

  test.each(['asker', 'approver', 'security'] as const)('is ended by the %s', async (who) => {
    const id = await opened();
    const by = { asker: admin, approver, security }[who];
    const ended = done<EmergencyItem>(
      await by.post(`/api/emergencies/${id}/actions/end`, { expectedVersion: 2 }),
    );
    expect(ended).toMatchObject({ state: 'ended', endReason: 'officer' });
    expect(await see()).toBe(404);
    expect((await by.post(`/api/emergencies/${id}/actions/end`, { expectedVersion: 3 })).statusCode).toBe(
      409,
    );
  });

  test('is ended by nobody else', async () => {
    const id = await opened();
    const other = await rig.logIn('territorial-admin', 'T2');
    const stranger = await rig.logIn('approver', 'CEC');
    for (const [by, status] of [
      [other, 404],
      [stranger, 403],
      [auditor, 403],
    ] as const)
      expect((await by.post(`/api/emergencies/${id}/actions/end`, { expectedVersion: 2 })).statusCode).toBe(
        status,
      );
    expect(await see()).toBe(200);
  });

  test('holds in the session that asked alone, and ends with it', async () => {
    const id = await opened();
    const other = await otherWindow(rig, admin, '');
    expect((await other('/api/voters/search', { q: 'Төлөгөнова', precinct: '1001' })).statusCode).toBe(404);
    done(await admin.send('DELETE', '/api/session'));
    expect(await see()).toBe(401);
    expect(await card(security, id)).toMatchObject({ state: 'ended', endReason: 'session' });
  });

  test('is not opened for a session that is over, for an own unit, the whole country, or twice', async () => {
    const id = await request();
    await rig.write([
      { op: 'update', table: 'session', key: { id: admin.sid }, set: { endedAt: rig.time.now } },
    ]);
    expect((await vote(approver, id)).statusCode).toBe(409);
    const second = await rig.logIn('territorial-admin', 'T2');
    for (const unit of ['2001', 'T2', 'CEC'])
      expect((await second.withFactor('/api/emergencies', ask(unit))).json()).toMatchObject({
        status: 422,
        field: 'unit',
      });
    expect((await second.withFactor('/api/emergencies', ask('nowhere'))).statusCode).toBe(404);
    expect((await second.post('/api/emergencies', ask('1001', ['audit.view']))).statusCode).toBe(400);
    const running = await request(second);
    done(await vote(approver, running));
    expect((await second.withFactor('/api/emergencies', ask('1002'))).statusCode).toBe(409);
  });

  test('a row that was written to widen more opens no more', async () => {
    const id = await opened();
    await rig.write([
      {
        op: 'update',
        table: 'emergency',
        key: { id },
        set: { acts: 'audit.search,voter.versions,officer.list,approval.approve' },
      },
    ]);
    const { id: print } = done<{ id: string }>(
      await (await rig.logIn('territorial-admin', 'T1')).withFactor('/api/prints', {
        precinct: '1001',
        list: 'final',
        purpose: 'list-check',
      }),
    );
    expect((await admin.get(`/api/approvals/${print}`)).statusCode).toBe(404);
    expect((await admin.get(`/api/officers/${admin.id}`)).statusCode).toBe(403);
    expect(await see()).toBe(404);
  });

  test('a row nobody voted for, or that says other than the vote, opens nothing, and its refusal says why', async () => {
    const forged = (over: object) => ({
      ...{ id: 'forged-access', officer: admin.id, session: admin.sid, commission: '1001' },
      ...{ acts: 'voter.search,voter.view', reason, askedAt: morning, startsAt: morning },
      ...{ endsAt: morning + 600 * minute, approvedBy: approver.id, entry: 0, version: 2, ...over },
    });
    const denied = async (id: string) => {
      expect(await see()).toBe(404);
      const detail = { emergency: id, reason: 'emergency-forged' };
      expect(await lastEntry()).toMatchObject({ act: 'voter.view', outcome: 'denied', detail });
    };
    // Not one made up, nor with the entry of its asking, nor with that of another's vote.
    const other = await rig.logIn('territorial-admin', 'T2');
    const lent = await request(other);
    done(await vote(approver, lent));
    const voted = (await rig.store.reader.emergencies.byId(lent))!.emergency.openedEntry!;
    for (const openedEntry of [null, 0, voted, 1_000_000]) {
      await rig.write([
        { op: 'delete-all', table: 'emergency', key: { id: 'forged-access' } },
        { op: 'insert', table: 'emergency', row: forged({ openedEntry }) },
      ]);
      await denied('forged-access');
    }
    await rig.write([{ op: 'delete', table: 'emergency', key: { id: 'forged-access' } }]);
    // One that was voted for, written over afterwards: another officer and session, another unit, more time.
    const steal = { officer: admin.id, session: admin.sid };
    await rig.write([{ op: 'update', table: 'emergency', key: { id: lent }, set: steal }]);
    await denied(lent);
    await rig.write([{ op: 'delete', table: 'emergency', key: { id: lent } }]);
    const own = await request(admin, ask('1002'));
    done(await vote(approver, own));
    await rig.write([{ op: 'update', table: 'emergency', key: { id: own }, set: { commission: '1001' } }]);
    await denied(own);
    await rig.write([{ op: 'delete', table: 'emergency', key: { id: own } }]);
    const late = await opened();
    expect(await see()).toBe(200);
    const longer = { endsAt: morning + 600 * minute };
    rig.time.now = morning + 30 * minute;
    await rig.write([
      { op: 'update', table: 'emergency', key: { id: late }, set: longer },
      { op: 'update', table: 'session', key: { id: admin.sid }, set: { seenAt: rig.time.now } },
    ]);
    await denied(late);
  });

  test('one that was ended stays ended: with its row written over it is refused at once, and told', async () => {
    const { openedActs, gate } = rig.rooms;
    const tell = () => tellForged(gate, openedActs, new Set(), rig.time.now);
    const id = await opened();
    expect(await see()).toBe(200);
    done(await security.post(`/api/emergencies/${id}/actions/end`, { expectedVersion: 2 }));
    expect([await see(), await tell()]).toEqual([404, 0]);
    expect((await lastEntry()).detail).not.toMatchObject({ reason: 'emergency-forged' });
    await rig.write([
      { op: 'update', table: 'emergency', key: { id }, set: { endedAt: null, endedBy: null, version: 2 } },
    ]);
    expect(await see()).toBe(404);
    const detail = { emergency: id, reason: 'emergency-forged' };
    expect(await lastEntry()).toMatchObject({ act: 'voter.view', outcome: 'denied', detail });
    expect(await tell()).toBe(1);
    expect(await lastEntry()).toMatchObject({ act: 'emergency.forged', detail: { emergency: id } });
    expect(await card(security, id)).toMatchObject({ state: 'forged', actions: [] });
    // Nor after a restart; and its officer may ask anew.
    const { emergency } = (await rig.store.reader.emergencies.byId(id))!;
    expect(await openedInLog(rig.store.reader).acts(emergency, rig.time.now)).toEqual([]);
    await opened();
    expect(await see()).toBe(200);
  });

  test('an end in the very moment of a reading is no forgery', async () => {
    const id = await opened();
    const { reader } = rig.store;
    const acts = async () => {
      done(await security.post(`/api/emergencies/${id}/actions/end`, { expectedVersion: 2 }));
      return [];
    };
    const session = { id: admin.sid } as NonNullable<Context['session']>;
    const ctx = { actor: { id: admin.id }, session, now: rig.time.now } as Context;
    const { path } = (await reader.commissions.byCode('1001'))!;
    expect(await heldEmergency(reader, acts)(ctx, 'voter.view', path)).toBeNull();
  });

  test('a row that was made up keeps its officer from nothing: what they ask for is opened', async () => {
    const row = {
      ...{ id: 'made-up', officer: admin.id, session: admin.sid, commission: '1002', acts: 'voter.view' },
      ...{ reason, askedAt: morning, startsAt: morning, endsAt: morning + 20 * minute },
      ...{ approvedBy: approver.id, openedEntry: 0, entry: 0, version: 2 },
    };
    await rig.write([
      { op: 'insert', table: 'emergency', row },
      {
        op: 'insert',
        table: 'approval',
        row: {
          ...{ id: 'made-up', kind: 'emergency', payload: '{}', payloadHash: 'x', persons: 0 },
          ...{ purpose: 'incident', commission: '1002', requestedBy: admin.id, state: 'executed' },
          ...{ requestedAt: morning, expiresAt: morning, needed: 1, entry: 0, version: 2 },
        },
      },
    ]);
    expect(await rig.store.reader.emergencies.ownRunning(admin.id, morning)).toHaveLength(1);
    await opened();
    expect(await see()).toBe(200);
  });

  test('one is open at a time: a newer request takes the place of the one before it', async () => {
    const first = await request();
    const second = await request(admin, ask('1002'));
    expect((await vote(approver, first)).statusCode).toBe(409);
    expect(await card(admin, first)).toMatchObject({ state: 'lapsed' });
    // Nor in another session of the same officer.
    const bound = { unit: '1001', acts: ['voter.view'], reason };
    const elsewhere = await otherWindow(rig, admin, `emergency.request:${emergencyHash(bound as never)}`);
    const third = done<{ id: string }>(await elsewhere('/api/emergencies', bound)).id;
    expect((await vote(approver, second)).statusCode).toBe(409);
    done(await vote(approver, third));
    expect((await admin.withFactor('/api/emergencies', ask())).statusCode).toBe(409);
  });

  test('is reviewed by somebody who had no part in it, once it has ended', async () => {
    const id = await request();
    done(await vote(security, id));
    const review = (by: Officer, expectedVersion: number) =>
      by.post(`/api/emergencies/${id}/actions/review`, {
        expectedVersion,
        finding: 'justified',
        note: 'себеби так',
      });
    expect((await review(auditor, 2)).statusCode).toBe(409);
    rig.time.now = morning + 30 * minute;
    for (const officer of [security, auditor])
      await rig.write([
        {
          op: 'update',
          table: 'session',
          key: { id: officer.sid },
          set: { seenAt: rig.time.now, lockedAt: null },
        },
      ]);
    expect((await review(security, 2)).json()).toMatchObject({ status: 403, policy: 'guard-own-emergency' });
    expect(await card(auditor, id)).toMatchObject({ actions: ['review'] });
    expect(done<EmergencyItem>(await review(auditor, 2))).toMatchObject({
      review: { finding: 'justified', overdue: false },
      actions: [],
    });
    expect((await review(auditor, 3)).statusCode).toBe(409);
  });

  test('a review nobody gave within a day is told once, whatever its row says, and after a restart', async () => {
    const started = () => overdueReviews(rig.rooms.gate, () => rig.store.settled());
    const due = morning + 24 * 60 * minute;
    // Those of other tests.
    await started()(due);
    const look = started();
    expect(await look(morning)).toBe(0);
    const reviewed = await opened();
    done(await security.post(`/api/emergencies/${reviewed}/actions/end`, { expectedVersion: 2 }));
    const finding = { expectedVersion: 3, finding: 'justified', note: 'себеби так' };
    done(await auditor.post(`/api/emergencies/${reviewed}/actions/review`, finding));
    const id = await opened();
    await rig.write([
      {
        op: 'update',
        table: 'emergency',
        key: { id },
        set: { reviewDueAt: null, reviewedAt: morning, reviewedBy: auditor.id, finding: 'justified' },
      },
    ]);
    // Nor whatever is called a review of it where the log is searched.
    await rig.store.settled();
    const { entry: asked } = (await rig.store.reader.emergencies.byId(id))!.emergency;
    const called = { act: 'emergency.review' };
    await rig.write([{ op: 'update', table: 'trail', key: { seq: asked }, set: called }]);
    expect([await look(morning + minute), await look(due - 1), await look(due)]).toEqual([0, 0, 1]);
    expect(await lastEntry()).toMatchObject({
      act: 'emergency.overdue',
      detail: { emergency: id, precinct: '1001', officer: admin.id },
    });
    expect([await look(due + minute), await started()(due + minute)]).toEqual([0, 0]);
  });

  test.each(['{}', 'not what was written'])(
    'a review is overdue all the same where the vote that opened it says %s and the server started anew',
    async (json) => {
      const started = () => overdueReviews(rig.rooms.gate, () => rig.store.settled());
      const due = morning + 24 * 60 * minute;
      await started()(due);
      const { openedEntry: seq } = (await rig.store.reader.emergencies.byId(await opened()))!.emergency;
      await rig.write([{ op: 'update', table: 'event', key: { seq: seq! }, set: { json } }]);
      expect(await started()(due)).toBe(1);
      expect(await lastEntry()).toMatchObject({
        act: 'emergency.overdue',
        detail: { emergency: `entry ${seq}`, precinct: 'T1', officer: approver.id },
      });
      expect(await started()(due + minute)).toBe(0);
    },
  );
});
