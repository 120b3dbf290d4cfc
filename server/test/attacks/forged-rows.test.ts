// Somebody with the database in their hands writes rows as if others had approved: no list leaves by them, for the log knows
// nothing of it; and what was approved in truth cannot be turned into another list. What was approved in truth is counted again
// from the log before it is fetched: suspicion takes a vote back, leaving office does not.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AlertCard, AlertPage } from '#server/contract/alerts.ts';
import type { WhoSees } from '#server/contract/policies.ts';
import { tellForged } from '#server/emergency/overdue.ts';
import { engines, openOn } from '../both-engines.ts';
import type { ConsoleRig, Officer } from '../console-rig.ts';
import { approvedList, done } from './scene.ts';

describe.each(engines)('rows forged on %s', (engine) => {
  let rig: ConsoleRig;
  let close: () => Promise<void>;
  let admin: Officer;
  let approvers: [Officer, Officer];

  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
    admin = await rig.logIn('territorial-admin', 'T1');
    approvers = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'T1')];
    for (const precinct of ['1001', '1001', '1002']) await rig.addVoter(precinct);
  });
  afterAll(() => close());

  const fetched = (id: string) => admin.withFactor(`/api/downloads/${id}`);
  const vote = (approval: string, officer: Officer, at = rig.time.now) =>
    rig.write([
      {
        op: 'insert',
        table: 'approvalVote',
        row: { approval, officer: officer.id, vote: 'approve', reason: '', at },
      },
    ]);
  const approve = (id: string, set = {}) =>
    rig.write([{ op: 'update', table: 'approval', key: { id }, set: { state: 'approved', ...set } }]);
  const disable = (officer: Officer) =>
    rig.write([{ op: 'update', table: 'officer', key: { id: officer.id }, set: { state: 'disabled' } }]);
  const order = {
    ...{ basis: 'retention', number: '12-А', orderedBy: 'Борбордук шайлоо комиссиясы' },
    orderedOn: '2025-11-03',
  };
  const asked = async () =>
    done<{ id: string }>(
      await admin.withFactor('/api/prints', { precinct: '1001', list: 'control', purpose: 'list-check' }),
    ).id;

  test('an account that the server did not write sees nobody, and is named among those who could', async () => {
    const security = await rig.logIn('security-officer', 'CEC');
    const supervisor = await rig.logIn('supervisor', 'T1');
    const row = async () =>
      done<WhoSees>(await security.get('/api/policies/readers/1001')).items.find(
        ({ login }) => login === supervisor.login,
      );
    expect(await row()).toMatchObject({ hindered: null, sees: expect.arrayContaining([expect.anything()]) });
    const key = { id: supervisor.id };
    await rig.write([{ op: 'update', table: 'officer', key, set: { dutyMac: 'of another row' } }]);
    expect(await row()).toMatchObject({ hindered: 'account-forged', sees: [] });
  });

  test('votes nobody cast, or one that was cast and one that was not: nothing leaves', async () => {
    const none = await asked();
    await approve(none);
    expect((await fetched(none)).statusCode).toBe(409);

    const forged = await asked();
    for (const officer of approvers) await vote(forged, officer);
    await approve(forged);
    const reply = await fetched(forged);
    expect([reply.statusCode, reply.json().detail]).toEqual([
      409,
      expect.stringMatching(/log knows nothing/),
    ]);
    await rig.store.settled();
    const [entry] = await rig.store.reader.audit.newestOf(['list.print'], 1);
    expect(JSON.parse(entry!.json).detail.json).toMatchObject({ reason: 'approval-forged' });

    const half = await asked();
    done(await approvers[0].withFactor(`/api/approvals/${half}/actions/approve`));
    await vote(half, approvers[1]);
    await approve(half);
    expect((await fetched(half)).statusCode).toBe(409);
    // Nor counts a vote that was cast on something else.
    const other = await approvedList('prints', admin, approvers);
    const borrowed = await asked();
    const cast = await rig.store.reader.approvals.votes(other);
    for (const officer of approvers)
      await vote(borrowed, officer, cast.find((one) => one.officer === officer.id)!.at);
    await approve(borrowed);
    expect((await fetched(borrowed)).statusCode).toBe(409);
    expect((await fetched(other)).statusCode).toBe(200);
  });

  test('a list approved in truth is not exchanged for another', async () => {
    const id = await approvedList('prints', admin, approvers);
    const { approval } = (await rig.store.reader.approvals.byId(id))!;
    for (const [from, to] of [
      ['"precinct":"1001"', '"precinct":"1002"'],
      ['"list":"control"', '"list":"final"'],
    ] as const) {
      await approve(id, { payload: approval.payload.replace(from, to) });
      expect((await fetched(id)).statusCode, to).toBe(409);
    }
    await approve(id, { payload: approval.payload });
    expect((await fetched(id)).statusCode).toBe(200);
  });

  test('a request exchanged before anybody votes carries nothing, whoever approves what it was exchanged for', async () => {
    const central = [approvers[0], await rig.logIn('approver', 'CEC')];
    const exchange = async (id: string, from: string, to: string) => {
      const { approval } = (await rig.store.reader.approvals.byId(id))!;
      const payload = approval.payload.replace(from, to);
      expect(payload).not.toBe(approval.payload);
      const payloadHash = createHash('sha256').update(payload).digest('hex');
      await rig.write([{ op: 'update', table: 'approval', key: { id }, set: { payload, payloadHash } }]);
      for (const officer of central) done(await officer.withFactor(`/api/approvals/${id}/actions/approve`));
    };
    const print = await asked();
    await exchange(print, '"list":"control"', '"list":"final"');
    expect((await fetched(print)).json().detail).toMatch(/log knows nothing/);

    const auditor = await rig.logIn('auditor', 'CEC');
    const bundle = done<{ id: string }>(
      await auditor.withFactor('/api/audit/evidence/requests', { act: 'list.print', purpose: 'review' }),
    ).id;
    await exchange(bundle, '"list.print"', '"voter.view"');
    expect((await auditor.withFactor(`/api/downloads/${bundle}`)).json().detail).toMatch(/log knows nothing/);

    const keeper = await rig.logIn('protection-officer', 'CEC');
    const meant = await rig.addVoter('1001', { status: 'removed' });
    const other = await rig.addVoter('1001', { status: 'removed' });
    const destroyed = done<{ id: string }>(
      await keeper.withFactor(`/api/voters/${meant.id}/destroy`, order),
    ).id;
    await exchange(destroyed, meant.id, other.id);
    expect((await keeper.withFactor(`/api/destructions/${destroyed}`)).json().detail).toMatch(
      /log knows nothing/,
    );
    expect(await rig.store.reader.voters.byId(other.id)).not.toBeNull();
  });

  test('votes that were cast, none of them of the central commission, or beside a denial: nothing leaves', async () => {
    const second = await rig.logIn('approver', 'T1');
    const local = await asked();
    for (const officer of [approvers[1], second])
      done(await officer.withFactor(`/api/approvals/${local}/actions/approve`));
    await approve(local);
    expect((await fetched(local)).json().detail).toMatch(/log knows nothing/);

    const denied = await asked();
    done(await second.withFactor(`/api/approvals/${denied}/actions/approve`));
    await disable(second);
    done(await approvers[0].withFactor(`/api/approvals/${denied}/actions/approve`));
    done(await approvers[1].withFactor(`/api/approvals/${denied}/actions/deny`, { reason: 'негизсиз' }));
    await approve(denied);
    expect((await fetched(denied)).json().detail).toMatch(/log knows nothing/);
  });

  test('somebody else’s approved list is not fetched by who wrote their name into it', async () => {
    const other = await rig.logIn('territorial-admin', 'T1');
    const id = await approvedList('prints', admin, approvers);
    await approve(id, { requestedBy: other.id });
    expect((await other.withFactor(`/api/downloads/${id}`)).json().detail).toMatch(/log knows nothing/);
    await approve(id, { requestedBy: admin.id });
    expect((await fetched(id)).statusCode).toBe(200);
  });

  test('a list is not let go by approvers of another unit, whom its row called upon while they voted', async () => {
    const far = await rig.logIn('approver', 'T2');
    const id = await asked();
    await approve(id, { state: 'pending', commission: '2001' });
    for (const officer of [far, approvers[0]])
      done(await officer.withFactor(`/api/approvals/${id}/actions/approve`));
    for (const commission of ['2001', '1001']) {
      await approve(id, { commission });
      expect((await fetched(id)).statusCode, commission).not.toBe(200);
    }
  });

  test('a person is not destroyed on votes nobody cast', async () => {
    const keeper = await rig.logIn('protection-officer', 'CEC');
    const voter = await rig.addVoter('1001', { status: 'removed' });
    const id = done<{ id: string }>(await keeper.withFactor(`/api/voters/${voter.id}/destroy`, order)).id;
    for (const officer of approvers) await vote(id, officer);
    await approve(id);
    const carried = await keeper.withFactor(`/api/destructions/${id}`);
    expect([carried.statusCode, carried.json().detail]).toEqual([
      409,
      expect.stringMatching(/log knows nothing/),
    ]);
    expect(await rig.store.reader.voters.byId(voter.id)).not.toBeNull();
  });

  describe('a complete approval, before it is fetched', () => {
    let suspect: Officer;
    let security: Officer;
    let id: string;
    beforeEach(async () => {
      suspect = await rig.logIn('approver', 'T1');
      security = await rig.logIn('security-officer', 'CEC');
      id = await approvedList('prints', admin, [approvers[0], suspect]);
      rig.time.now += 1;
    });
    const endSessions = () =>
      security.post(`/api/officers/${suspect.id}/actions/end-sessions`, { reason: 'башка тармактан кирүү' });

    test.each(['as the row says it', 'as the log alone says it, the row put right again'])(
      'does not stand once an approver is held suspect, %s: another approves in their place',
      async (how) => {
        done(await endSessions());
        if (how.startsWith('as the log'))
          await rig.write([
            { op: 'update', table: 'officer', key: { id: suspect.id }, set: { trustedSince: null } },
          ]);
        const reply = await fetched(id);
        expect([reply.statusCode, reply.json().type]).toEqual([409, expect.stringMatching(/taken-back$/)]);
        await rig.store.settled();
        const [entry] = await rig.store.reader.audit.newestOf(['list.print'], 1);
        expect(JSON.parse(entry!.json).detail.json).toMatchObject({ reason: 'approval-taken-back' });
        expect((await admin.get(`/api/approvals/${id}`)).json()).toMatchObject({ state: 'pending' });
        done(await approvers[1].withFactor(`/api/approvals/${id}/actions/approve`));
        expect((await fetched(id)).statusCode).toBe(200);
      },
    );

    test('does not stand once a disabled approver is held suspect, by the row or by the log alone', async () => {
      const disabled = `/api/officers/${suspect.id}/actions/disable`;
      done(await security.post(disabled, { expectedVersion: 1, reason: 'кызматтан кетти' }));
      rig.time.now += 1;
      expect(done<{ ended: number }>(await endSessions())).toEqual({ ended: 0 });
      await rig.store.settled();
      const [entry] = await rig.store.reader.audit.newestOf(['officer.end-sessions'], 1);
      expect(JSON.parse(entry!.json).detail.json).toMatchObject({
        officer: suspect.id,
        reason: expect.any(String),
      });
      const row = async () => (await rig.store.reader.officers.byId(suspect.id))!.officer;
      expect(await row()).toMatchObject({ state: 'disabled', trustedSince: rig.time.now });
      await rig.write([
        { op: 'update', table: 'officer', key: { id: suspect.id }, set: { trustedSince: null } },
      ]);
      expect((await fetched(id)).json().type).toMatch(/taken-back$/);
      done(await approvers[1].withFactor(`/api/approvals/${id}/actions/approve`));
      expect((await fetched(id)).statusCode).toBe(200);
    });

    test('does not stand once an approver says that it was not them, also where the log is no longer searched for it', async () => {
      done(await suspect.post('/api/session/not-me'));
      await rig.store.settled();
      const [said] = await rig.store.reader.audit.newestOf(['session.not-me'], 1);
      await rig.write([
        { op: 'update', table: 'trail', key: { seq: said!.seq }, set: { act: 'session.view' } },
      ]);
      await rig.write([
        { op: 'update', table: 'officer', key: { id: suspect.id }, set: { trustedSince: null } },
      ]);
      expect((await fetched(id)).json().type).toMatch(/taken-back$/);
    });

    test('does not stand on a vote that ties show should never have been let in', async () => {
      await rig.write([
        { op: 'update', table: 'officer', key: { id: suspect.id }, set: { createdBy: admin.id } },
      ]);
      expect((await fetched(id)).json().type).toMatch(/taken-back$/);
    });

    test.each([
      ['is disabled', { state: 'disabled' }],
      ['takes another duty', { role: 'supervisor', commission: 'T2' }],
      ['goes on leave', { absentFrom: '2025-11-01', absentUntil: '2025-11-30' }],
      ['is cleared no longer', { clearanceUntil: '2025-11-03' }],
    ])('stands when an approver %s: what was done in office outlives the office', async (_, set) => {
      await rig.write([{ op: 'update', table: 'officer', key: { id: suspect.id }, set }]);
      expect((await fetched(id)).statusCode).toBe(200);
    });
  });

  describe('what takes effect at the vote', () => {
    const asked = {
      unit: '1001',
      acts: ['voter.view'],
      reason: 'Т1 администратору ооруканада, добуш берүү жүрүп жатат',
    };
    const ask = async (by: Officer, body: object = asked) =>
      done<{ id: string }>(await by.withFactor('/api/emergencies', body)).id;
    const voted = (by: Officer, id: string) => by.withFactor(`/api/approvals/${id}/actions/approve`);
    const payloadOf = async (id: string) => (await rig.store.reader.approvals.byId(id))!.approval.payload;
    let honest: Officer;
    let stranger: Officer;
    beforeAll(async () => {
      [honest, stranger] = [
        await rig.logIn('territorial-admin', 'T2'),
        await rig.logIn('territorial-admin', 'T2'),
      ];
    });

    test('is not turned to another officer’s, session’s or unit’s use before it is voted on', async () => {
      for (const set of [
        { officer: stranger.id },
        { session: stranger.sid },
        { officer: stranger.id, session: stranger.sid },
        { commission: '1002' },
      ]) {
        const id = await ask(honest);
        await rig.write([{ op: 'update', table: 'emergency', key: { id }, set }]);
        const reply = await voted(approvers[1], id);
        expect([reply.statusCode, reply.json().type]).toEqual([
          409,
          expect.stringMatching(/record-changed$/),
        ]);
        expect(await rig.store.reader.emergencies.running(rig.time.now)).toEqual([]);
      }
    });

    test('is not decided by the approvers of another unit, whom a row calls upon', async () => {
      const far = await rig.logIn('approver', 'T2');
      const id = await ask(honest);
      await approve(id, { state: 'pending', commission: 'T2' });
      expect((await voted(far, id)).json().detail).toMatch(/log knows nothing/);
    });

    test.each(['the payload with its hash', 'the payload alone'])(
      'is nothing else than what was asked for: %s is written over',
      async (what) => {
        const id = await ask(honest);
        const payload = (await payloadOf(id)).replace('"voter.view"', '"voter.reveal"');
        const payloadHash = createHash('sha256').update(payload).digest('hex');
        const set = what.endsWith('alone') ? { payload } : { payload, payloadHash };
        await approve(id, { state: 'pending', ...set });
        const reply = await voted(approvers[1], id);
        expect([reply.statusCode, reply.json().detail]).toEqual([
          409,
          expect.stringMatching(/log knows nothing/),
        ]);
        await rig.store.settled();
        const [entry] = await rig.store.reader.audit.newestOf(['approval.approve'], 1);
        expect(JSON.parse(entry!.json).detail.json).toMatchObject({ reason: 'approval-forged' });
      },
    );

    test('is not approved by who asked for it, with another’s name written over theirs', async () => {
      const [mine, other] = [
        await rig.logIn('central-admin', 'CEC'),
        await rig.logIn('central-admin', 'CEC'),
      ];
      const member = await rig.logIn('precinct-member', '1001');
      const body = { expectedVersion: 1, role: 'territorial-admin', commission: 'T1', reason: 'буйрук № 7' };
      const grant = `/api/officers/${member.id}/actions/grant-request`;
      const id = done<{ approval: string }>(await mine.withFactor(grant, body)).approval;
      await approve(id, { state: 'pending', requestedBy: other.id });
      expect((await voted(mine, id)).json().detail).toMatch(/log knows nothing/);
      expect((await rig.store.reader.officers.byId(member.id))!.officer.role).toBe('precinct-member');
      await approve(id, { state: 'pending', requestedBy: mine.id });
      done(await voted(other, id));
    });

    test('is not complete with a vote nobody cast, nor with fewer than its kind asks for', async () => {
      const lost = await rig.logIn('precinct-member', '1001');
      const [asks, first, second] = [
        await rig.logIn('central-admin', 'CEC'),
        await rig.logIn('central-admin', 'CEC'),
        await rig.logIn('security-officer', 'CEC'),
      ];
      const reset = async () => {
        const body = { expectedVersion: 1, reason: 'телефону жоголду' };
        const path = `/api/officers/${lost.id}/actions/reset-request`;
        return done<{ approval: string }>(await asks.withFactor(path, body)).approval;
      };
      const id = await reset();
      await vote(id, second);
      expect((await voted(first, id)).json().detail).toMatch(/log knows nothing/);
      const fewer = await reset();
      await approve(fewer, { state: 'pending', needed: 1 });
      expect(done<{ state: string }>(await voted(first, fewer)).state).toBe('pending');
      expect(done<{ state: string }>(await voted(second, fewer)).state).toBe('executed');
    });
  });

  test('an emergency access nobody opened is named by the system and in who sees a unit, used or not; one that was opened is not', async () => {
    const security = await rig.logIn('security-officer', 'CEC');
    const stranger = await rig.logIn('territorial-admin', 'T2');
    const honest = await rig.logIn('territorial-admin', 'T2');
    const { openedActs } = rig.rooms;
    const tell = (told = new Set<string>()) => tellForged(rig.rooms.gate, openedActs, told, rig.time.now);
    const asked = {
      unit: '1001',
      acts: ['voter.view'],
      reason: 'Т1 администратору ооруканада, добуш берүү жүрүп жатат',
    };
    const opened = done<{ id: string }>(await honest.withFactor('/api/emergencies', asked)).id;
    done(await approvers[1].withFactor(`/api/approvals/${opened}/actions/approve`));
    expect(await tell()).toBe(0);
    const times = { askedAt: rig.time.now, startsAt: rig.time.now, endsAt: rig.time.now + 1_800_000 };
    const { openedEntry } = (await rig.store.reader.emergencies.byId(opened))!.emergency;
    await rig.write([
      // More acts than were opened, too: the row is believed in none.
      {
        op: 'update',
        table: 'emergency',
        key: { id: opened },
        set: { acts: 'voter.reveal,voter.search,voter.view' },
      },
      {
        op: 'insert',
        table: 'emergency',
        row: {
          ...{
            id: 'forged-access',
            officer: stranger.id,
            session: stranger.sid,
            commission: '1001',
            ...times,
          },
          ...{
            acts: 'voter.view',
            reason: 'x',
            approvedBy: approvers[1].id,
            openedEntry,
            entry: 0,
            version: 2,
          },
        },
      },
    ]);

    // One made up for whoever holds one in truth, found before it.
    const { emergency: real } = (await rig.store.reader.emergencies.byId(opened))!;
    await rig.write([
      { op: 'delete', table: 'emergency', key: { id: opened } },
      { op: 'insert', table: 'emergency', row: { ...real, id: '0-forged', openedEntry: null } },
      { op: 'insert', table: 'emergency', row: real },
    ]);

    const who = done<WhoSees>(await security.get('/api/policies/readers/1001')).items;
    const row = ({ login }: Officer) => who.find((one) => one.login === login);
    expect(row(stranger)).toMatchObject({ sees: [], hindered: 'emergency-forged', emergencyUntil: null });
    expect(row(honest)).toMatchObject({ hindered: null, emergencyUntil: expect.any(Number) });
    expect([...new Set(row(honest)!.sees.map(({ act }) => act))]).toEqual(['voter.view']);

    const told = new Set<string>();
    expect([await tell(told), await tell(told)]).toEqual([2, 0]);
    await rig.write([{ op: 'delete', table: 'emergency', key: { id: '0-forged' } }]);
    // Told of once, its row is of use for nobody else.
    const forged = { op: 'update', table: 'emergency', key: { id: 'forged-access' } } as const;
    await rig.write([{ ...forged, set: { officer: honest.id } }]);
    expect(await tell(told)).toBe(1);
    await rig.write([{ ...forged, set: { officer: stranger.id } }]);
    expect(await tell(new Set())).toBe(1);
    await rig.store.settled();
    const [entry] = await rig.store.reader.audit.newestOf(['emergency.forged'], 1);
    const detail = { emergency: 'forged-access', officer: stranger.id, precinct: '1001' };
    expect(JSON.parse(entry!.json).detail.json).toMatchObject(detail);

    // Its alert says whose access it is: by name to whose unit they belong, by their unit to others.
    const near = await rig.logIn('supervisor', 'T1');
    await rig.rooms.detection.start();
    await rig.rooms.detection.drain();
    await rig.rooms.detection.close();
    const whose = async (by: Officer) => {
      const { items } = done<AlertPage>(await by.get('/api/alerts'));
      const cards = items
        .filter(({ title }) => title === 'Emergency access that nobody opened')
        .map(async ({ id }) => done<AlertCard>(await by.get(`/api/alerts/${id}`)));
      const values = (await Promise.all(cards)).flatMap((card) => card.values);
      return values.find(({ field, value }) => field === 'target.user.id' && value === stranger.id)?.officer;
    };
    const person = { login: stranger.login, name: expect.stringContaining('Өмүралиева') };
    expect(await whose(security)).toEqual({ commission: 'T2', person });
    expect(await whose(near)).toEqual({ commission: 'T2', person: null });
  });
});
