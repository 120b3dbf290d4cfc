// Two hands at once: of any number of requests racing for one act exactly one is carried out, the others are refused and
// leave an entry each. Step-ups open the one act they were made for, once, for five minutes.
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOn, settings } from '../both-engines.ts';
import type { ConsoleRig, Officer } from '../console-rig.ts';
import { interposer } from '../interposed.ts';
import { approvedList, approveIt, begin, done, otherWindow, step, takeIn, takeStep } from './scene.ts';

const minute = 60_000;
const codes = (replies: LightMyRequestResponse[]) => replies.map((reply) => reply.statusCode).toSorted();
const times = <T>(n: number, work: (i: number) => T) => Array.from({ length: n }, (_, i) => work(i));

describe.each(settings)('two hands at once, on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  let member: Officer;
  let admin: Officer;
  let secondAdmin: Officer;
  let approvers: [Officer, Officer];
  const moment = interposer();

  beforeAll(async () => {
    ({ rig, close } = await openOn(engine, {}, moment.wrap));
    member = await rig.logIn('precinct-member', '1001');
    admin = await rig.logIn('territorial-admin', 'T1');
    secondAdmin = await rig.logIn('territorial-admin', 'T1');
    approvers = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'T1')];
  });
  afterAll(() => close());

  async function askForList(kind: 'prints' | 'exports' = 'prints') {
    const asked = await admin.withFactor(`/api/${kind}`, {
      precinct: '1001',
      list: 'control',
      purpose: 'list-check',
    });
    return done<{ id: string; hash: string; version: number }>(asked);
  }

  describe('one outcome', () => {
    test('15.4.2 approve and deny at the same moment: one stands, the other is told so', async () => {
      const third = await rig.logIn('approver', 'T1');
      for (let round = 0; round < 6; round++) {
        const { id, hash } = await askForList();
        const url = `/api/approvals/${id}/actions`;
        // One approval is there already, so that either of the two decides.
        done(await third.withFactor(`${url}/approve`));
        const [a, b] = approvers;
        await a.stepUp('approval.approve', hash);
        await b.stepUp('approval.deny', hash);
        const before = rig.size();
        const approve = () => a.post(`${url}/approve`);
        const deny = () => b.post(`${url}/deny`, { reason: 'негизи жок' });
        let replies: LightMyRequestResponse[];
        if (round < 2) replies = await Promise.all([approve(), deny()]);
        else {
          // And at the worst moment: one is decided, not yet written, when the other is.
          const [first, inBetween] = round % 2 ? [approve, deny] : [deny, approve];
          const held: LightMyRequestResponse[] = [];
          moment.before(round % 2 ? 'approval.approve' : 'approval.deny', async () => {
            held.push(await inBetween());
          });
          const last = await first();
          replies = round % 2 ? [last, ...held] : [...held, last];
          expect(last.statusCode).toBe(409);
        }
        expect(codes(replies)).toEqual([200, 409]);
        expect(rig.size() - before).toBe(2);
        const { state, votes } = done<{ state: string; votes: unknown[] }>(
          await admin.get(`/api/approvals/${id}`),
        );
        expect([state, votes.length]).toEqual([replies[0]!.statusCode === 200 ? 'approved' : 'denied', 2]);
      }
    });

    test('a second click on approve, from two windows too, is one vote', async () => {
      const { id, hash } = await askForList();
      const [central] = approvers;
      await central.stepUp('approval.approve', hash);
      const elsewhere = await otherWindow(rig, central, `approval.approve:${hash}`);
      const url = `/api/approvals/${id}/actions/approve`;
      const replies = await Promise.all(times(6, (i) => (i % 2 ? elsewhere(url) : central.post(url))));
      // Whoever read after the vote was there finds the factor used: the same no, by another rule.
      expect(replies.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
      expect(codes(replies).filter((code) => ![200, 403, 409].includes(code))).toEqual([]);
      const again = await central.withFactor(`/api/approvals/${id}/actions/approve`);
      expect(again.statusCode).toBe(409);
      expect(done<{ votes: unknown[] }>(await admin.get(`/api/approvals/${id}`)).votes).toHaveLength(1);
    });

    test('one denial is final', async () => {
      const { id } = await askForList();
      const [central, territorial] = approvers;
      done(await territorial.withFactor(`/api/approvals/${id}/actions/deny`, { reason: 'негизи жок' }));
      expect((await central.withFactor(`/api/approvals/${id}/actions/approve`)).statusCode).toBe(409);
      expect((await admin.withFactor(`/api/downloads/${id}`)).statusCode).toBe(403);
    });

    test('fifty downloads at once, each with a factor of its own, give exactly one file', async () => {
      await rig.addVoter('1001');
      const id = await approvedList('exports', admin, approvers);
      const { hash } = done<{ hash: string }>(await admin.get(`/api/approvals/${id}`));
      const windows = await Promise.all(times(50, () => otherWindow(rig, admin, `list.export:${hash}`)));
      const url = `/api/downloads/${id}`;
      const before = rig.size();
      const replies = await Promise.all(windows.map((open) => open(url)));
      // Two entries of the one that came through, one of each that was refused.
      expect(rig.size() - before).toBe(51);
      expect(replies.filter((reply) => reply.statusCode === 200)).toHaveLength(1);
      await admin.stepUp('list.export', hash);
      const again = await admin.post(`/api/downloads/${id}`);
      expect([again.statusCode, again.json().type]).toEqual([409, expect.stringMatching(/used$/)]);
    });

    test('a role removed while its export is rendered: the file does not leave', async () => {
      await rig.addVoter('1001');
      const leaving = await rig.logIn('territorial-admin', 'T1');
      const central = await rig.logIn('central-admin', 'CEC');
      const id = await approvedList('exports', leaving, approvers);
      moment.before('download.fetch', async () => {
        const body = { role: 'precinct-member', commission: '1001', expectedVersion: 1 };
        done(await central.post(`/api/officers/${leaving.id}/actions/role`, body));
      });
      const reply = await leaving.withFactor(`/api/downloads/${id}`);
      expect([moment.isSpent, reply.statusCode]).toEqual([true, 409]);
      expect(reply.headers['content-type']).toContain('application/problem+json');
      expect((await rig.store.reader.approvals.byId(id))?.approval.state).toBe('expired');
    });

    test('a list asked for in the moment its officer is held suspect is void with the rest', async () => {
      const suspect = await rig.logIn('territorial-admin', 'T1');
      const security = await rig.logIn('security-officer', 'CEC');
      let id = '';
      moment.before('officer.end-sessions', async () => {
        const body = { precinct: '1001', list: 'control', purpose: 'list-check' };
        ({ id } = done(await suspect.withFactor('/api/exports', body)));
      });
      const url = `/api/officers/${suspect.id}/actions/end-sessions`;
      done(await security.post(url, { reason: 'башка тармактан кирүү' }));
      expect((await rig.store.reader.approvals.byId(id))?.approval.state).toBe('expired');
      const [central] = approvers;
      expect((await central.withFactor(`/api/approvals/${id}/actions/approve`)).statusCode).toBe(409);
    });

    test('an application applied by two at once changes the voter once', async () => {
      const voter = await rig.addVoter('1001');
      const at = await approveIt(admin, await takeIn(member, voter.id));
      const before = rig.size();
      const replies = await Promise.all(times(8, (i) => takeStep(i % 2 ? admin : secondAdmin, at, 'apply')));
      expect(codes(replies)).toEqual([200, ...times(7, () => 409)]);
      expect(rig.size() - before).toBe(8);
      expect(done<{ version: number }>(await admin.get(`/api/voters/${voter.id}`)).version).toBe(2);
      const { items } = done<{ items: unknown[] }>(await admin.get(`/api/voters/${voter.id}/versions`));
      expect(items).toHaveLength(1);
    });

    test.each(['receive', 'enter', 'withdraw'])(
      '%s clicked twice is taken once, with one coupon and one block',
      async (name) => {
        const voter = await rig.addVoter('1001');
        let at = await begin(member, voter.id);
        at = await step(member, at, 'check-identity', {
          photoMatched: true,
          passport: { series: 'ID', number: '1' },
        });
        if (name !== 'receive') at = await step(member, at, 'receive');
        const replies = await Promise.all(
          times(4, () => takeStep(member, at, name, { reason: 'келүүчүнүн өтүнүчү' })),
        );
        expect(codes(replies)).toEqual([200, 409, 409, 409]);
        expect(await rig.store.reader.applications.blocksOf(voter.id)).toHaveLength(1);
      },
    );

    test('a stale version is refused at every step and changes nothing', async () => {
      const voter = await rig.addVoter('1001');
      const at = await takeIn(member, voter.id);
      for (const name of ['start-review', 'withdraw', 'redirect'])
        for (const version of [1, at.version - 1, at.version + 1])
          expect((await takeStep(admin, { ...at, version }, name, { reason: 'x' })).statusCode, name).toBe(
            409,
          );
      expect(done(await admin.get(`/api/applications/${at.id}`))).toMatchObject({
        state: 'at-territorial',
        version: at.version,
      });
    });
  });

  describe('a step-up', () => {
    test('used 50 times at once opens one act', async () => {
      const body = { precinct: '1001', list: 'final', purpose: 'list-check' };
      const first = await admin.post('/api/prints', body);
      const { action, hash } = first.json() as { action: string; hash: string };
      await admin.stepUp(action, hash);
      const before = rig.size();
      const replies = await Promise.all(times(50, () => admin.post('/api/prints', body)));
      expect(replies.filter((reply) => reply.statusCode === 201)).toHaveLength(1);
      expect(rig.size() - before).toBe(50);
      expect((await admin.post('/api/prints', body)).statusCode).toBe(403);
    });

    test('made for one act, hash or kind opens no other', async () => {
      const mine = await askForList();
      const other = done<{ id: string; hash: string }>(
        await admin.withFactor('/api/prints', { precinct: '1002', list: 'final', purpose: 'review' }),
      );
      expect(mine.hash).not.toBe(other.hash);
      const [central] = approvers;
      for (const [act, hash] of [
        ['approval.deny', mine.hash],
        ['approval.approve', other.hash],
        ['approval.approve', ''],
        ['list.print', mine.hash],
      ] as const) {
        await central.stepUp(act, hash);
        const reply = await central.post(`/api/approvals/${mine.id}/actions/approve`);
        expect(reply.statusCode, act).toBe(403);
        expect(reply.json()).toMatchObject({
          type: expect.stringMatching(/step-up-required$/),
          action: 'approval.approve',
          hash: mine.hash,
        });
      }
      expect(done<{ votes: unknown[] }>(await admin.get(`/api/approvals/${mine.id}`)).votes).toEqual([]);
    });

    test('is worth five minutes and not a moment more', async () => {
      const { id, hash } = await askForList();
      const [central] = approvers;
      const began = rig.time.now;
      await central.stepUp('approval.approve', hash);
      rig.time.now = began + 5 * minute + 1;
      expect((await central.post(`/api/approvals/${id}/actions/approve`)).statusCode).toBe(403);
      rig.time.now = began + 5 * minute;
      expect((await central.post(`/api/approvals/${id}/actions/approve`)).statusCode).toBe(200);
      rig.time.now = began;
    });

    test('a factor shown more than five minutes ago reveals nothing', async () => {
      const voter = await rig.addVoter('1001');
      const fresh = await rig.logIn('territorial-admin', 'T1');
      const reveal = () =>
        fresh.post(`/api/voters/${voter.id}/reveal`, { field: 'pin', purpose: 'list-check' });
      expect((await reveal()).statusCode).toBe(200);
      const began = rig.time.now;
      rig.time.now = began + 5 * minute + 1;
      const late = await reveal();
      rig.time.now = began;
      expect(late.statusCode).toBe(403);
      expect(late.json()).not.toHaveProperty('action');
      expect(late.body).not.toContain(voter.pin);
    });

    test('of somebody else is worth nothing', async () => {
      const { id, hash } = await askForList();
      const [central, territorial] = approvers;
      await central.stepUp('approval.approve', hash);
      expect((await territorial.post(`/api/approvals/${id}/actions/approve`)).statusCode).toBe(403);
    });
  });
});
