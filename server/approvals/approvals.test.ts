// Approvals on both engines: who counts, where a request is decided, what one factor may approve at once, and that nothing is
// ever half done.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemContext } from '#server/gate/context.ts';
import { done, otherWindow } from '#server/test/attacks/scene.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';
import { interposer } from '#server/test/interposed.ts';
import { batchHash } from './vote.ts';

interface Item {
  id: string;
  hash: string;
  state: string;
  version: number;
  counted: number;
  votes: { login: string }[];
  actions: string[];
  deciders?: { count: number; unit: string | null };
}

describe.each(engines)('approvals on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  let admin: Officer;
  let central: Officer;
  let territorial: Officer;
  const moment = interposer();

  beforeAll(async () => {
    ({ rig, close } = await openOn(engine, {}, moment.wrap));
    admin = await rig.logIn('territorial-admin', 'T1');
    central = await rig.logIn('approver', 'CEC');
    territorial = await rig.logIn('approver', 'T1');
  });
  afterAll(() => close());

  const url = (id: string, vote = 'approve') => `/api/approvals/${id}/actions/${vote}`;
  const card = async (by: Officer, id: string) => done<Item>(await by.get(`/api/approvals/${id}`));
  const ask = async (list = 'control', precinct = '1001', by = admin) =>
    done<Item>(await by.withFactor('/api/prints', { precinct, list, purpose: 'list-check' }));
  const changeOfficer = (id: string, set: object) =>
    rig.write([{ op: 'update', table: 'officer', key: { id }, set }]);

  describe('who decides', () => {
    test('is said on the card: how many could, and the unit in and above which enough of them sit', async () => {
      const { id } = await ask();
      expect((await card(admin, id)).deciders).toEqual({ count: 2, unit: 'CEC' });
      const second = await rig.logIn('approver', 'T1');
      expect((await card(admin, id)).deciders).toEqual({ count: 3, unit: 'T1' });
      await changeOfficer(second.id, { state: 'disabled' });
      await changeOfficer(territorial.id, { clearanceUntil: '2020-01-01' });
      expect((await card(admin, id)).deciders).toEqual({ count: 1, unit: null });
      await changeOfficer(territorial.id, { clearanceUntil: '2027-12-31' });
      done(await central.withFactor(url(id)));
      expect((await card(admin, id)).deciders).toEqual({ count: 1, unit: 'T1' });
    });

    test('one approval releases nothing, and one of somebody disabled since counts for nothing', async () => {
      const { id } = await ask();
      const gone = await rig.logIn('approver', 'CEC');
      done(await gone.withFactor(url(id)));
      expect((await admin.withFactor(`/api/downloads/${id}`)).statusCode).toBe(403);
      expect(await card(admin, id)).toMatchObject({ state: 'pending', counted: 1 });
      await changeOfficer(gone.id, { state: 'disabled' });
      expect(await card(admin, id)).toMatchObject({ state: 'pending', counted: 0 });
      expect(done<Item>(await territorial.withFactor(url(id)))).toMatchObject({
        state: 'pending',
        counted: 1,
      });
      expect(done<Item>(await central.withFactor(url(id)))).toMatchObject({ state: 'approved', counted: 2 });
    });

    test('a vote from before its officer was held suspect counts no more, and is asked again', async () => {
      const { id } = await ask();
      const suspect = await rig.logIn('approver', 'T1');
      const security = await rig.logIn('security-officer', 'CEC');
      done(await suspect.withFactor(url(id)));
      expect(await card(admin, id)).toMatchObject({ counted: 1, deciders: { count: 2 } });
      rig.time.now += 1;
      const ended = `/api/officers/${suspect.id}/actions/end-sessions`;
      done(await security.post(ended, { reason: 'башка тармактан кирүү' }));
      // Before they have a password of their own again they decide nothing.
      expect(await card(admin, id)).toMatchObject({ counted: 0, deciders: { count: 2 } });
      expect(done<Item>(await central.withFactor(url(id))).state).toBe('pending');
      // With a new password in a new session they decide again; the card shows one vote of theirs, the log both.
      rig.time.now += 1;
      await changeOfficer(suspect.id, { passwordTemporary: 0 });
      const again = await otherWindow(rig, suspect, `approval.approve:${(await card(admin, id)).hash}`);
      expect(done<Item>(await again(url(id)))).toMatchObject({ state: 'approved', counted: 2 });
      expect((await card(admin, id)).votes).toHaveLength(2);
      expect((await again(url(id))).statusCode).toBe(403);
    });

    test('a vote on its way when its officer is held suspect is not cast', async () => {
      const { id } = await ask();
      done(await central.withFactor(url(id)));
      const suspect = await rig.logIn('approver', 'T1');
      const security = await rig.logIn('security-officer', 'CEC');
      await suspect.stepUp('approval.approve', (await card(admin, id)).hash);
      moment.before('approval.approve', async () => {
        const ended = `/api/officers/${suspect.id}/actions/end-sessions`;
        done(await security.post(ended, { reason: 'башка тармактан кирүү' }));
      });
      expect([(await suspect.post(url(id))).statusCode, moment.isSpent]).toEqual([409, true]);
      expect(await card(admin, id)).toMatchObject({ state: 'pending', counted: 1 });
    });

    test('neither who made the asker’s account nor whose account the asker made', async () => {
      const made = await rig.logIn('security-officer', 'CEC', { createdBy: 'nobody' });
      const asker = await rig.logIn('central-admin', 'CEC', { createdBy: made.id });
      const child = await rig.logIn('security-officer', 'CEC', { createdBy: asker.id });
      const other = await rig.logIn('security-officer', 'CEC');
      const target = await rig.logIn('auditor', 'CEC', { createdBy: 'nobody' });
      const ofTarget = await rig.logIn('security-officer', 'CEC', { createdBy: target.id });
      const { approval } = done<{ approval: string }>(
        await asker.withFactor(`/api/officers/${target.id}/actions/reset-request`, {
          expectedVersion: 1,
          reason: 'телефону жоголду',
        }),
      );
      for (const by of [made, child, ofTarget])
        expect((await by.withFactor(url(approval))).json()).toMatchObject({
          status: 403,
          policy: 'guard-own-request',
        });
      expect(done<Item>(await other.withFactor(url(approval))).state).toBe('pending');
    });

    test('what the last vote carries out is refused when the one who asked may no longer ask', async () => {
      const asker = await rig.logIn('territorial-admin', 'T1');
      const voter = await rig.addVoter('1001');
      await rig.write([
        { op: 'update', table: 'voter', key: { id: voter.id }, set: { version: 2 } },
        {
          op: 'insert',
          table: 'voterVersion',
          row: {
            voter: voter.id,
            version: 1,
            row: JSON.stringify({ ...voter, address: 'Чүй проспектиси, 1' }),
            replacedAt: rig.time.now,
            replacedBy: asker.id,
            application: null,
            entry: 0,
          },
        },
      ]);
      const asked = await asker.withFactor(`/api/voters/${voter.id}/restore`, { version: 1, reason: 'ката' });
      const { approval } = done<{ approval: string }>(asked);
      done(await central.withFactor(url(approval)));
      await changeOfficer(asker.id, { commission: 'T2' });
      const before = rig.size();
      const late = await territorial.withFactor(url(approval));
      expect([late.statusCode, late.json().type]).toEqual([409, expect.stringMatching(/wrong-state$/)]);
      // The refusal asked for a factor first: one entry for each.
      expect(rig.size() - before).toBe(3);
      expect(await rig.store.reader.voters.byId(voter.id)).toMatchObject({ voter: { version: 2 } });
      await changeOfficer(asker.id, { commission: 'T1' });
      expect(done<Item>(await territorial.withFactor(url(approval)))).toMatchObject({ state: 'executed' });
    });
  });

  describe('a listed batch', () => {
    const batch = (by: Officer, items: Pick<Item, 'id' | 'version'>[]) =>
      by.withFactor('/api/approvals/actions/approve', {
        items: items.map(({ id, version }) => ({ id, expectedVersion: version })),
      });

    test('is approved by one factor bound to the hash of all of it, with one entry that names them', async () => {
      const asked = [await ask('control'), await ask('final'), await ask('preliminary', '1002')];
      const reply = await batch(central, asked);
      expect(done<{ items: Item[] }>(reply).items.map(({ state, counted }) => [state, counted])).toEqual(
        asked.map(() => ['pending', 1]),
      );
      const entry = rig.size() - 1;
      const [row] = await rig.store.reader.audit.entriesAt([entry]);
      expect(JSON.parse(Buffer.from(row!.leaf).toString())).toMatchObject({
        act: 'approval.approve',
        outcome: 'done',
      });
      for (const { id } of asked) expect((await card(admin, id)).votes).toHaveLength(1);
    });

    test('a factor for another batch, a part of it, or one of its requests opens nothing', async () => {
      const [a, b, c] = [await ask('control'), await ask('final'), await ask('preliminary')];
      const hashes = (items: Item[]) => batchHash(items.map(({ id, hash }) => ({ id, payloadHash: hash })));
      const items = [a, b, c].map(({ id, version }) => ({ id, expectedVersion: version }));
      for (const hash of [hashes([a, b]), hashes([a, b, { ...c, hash: a.hash }]), a.hash, '']) {
        await central.stepUp('approval.approve', hash);
        const reply = await central.post('/api/approvals/actions/approve', { items });
        expect(reply.json()).toMatchObject({ type: expect.stringMatching(/step-up-required$/) });
      }
      await central.stepUp('approval.approve', hashes([c, a, b]));
      expect((await central.post('/api/approvals/actions/approve', { items })).statusCode).toBe(200);
    });

    test('is all or nothing: one that was denied, or is one’s own, or lies elsewhere leaves the others alone', async () => {
      const [a, b] = [await ask('control'), await ask('final')];
      done(await territorial.withFactor(url(b.id, 'deny'), { reason: 'негизи жок' }));
      const refused = await batch(central, [a, b]);
      expect([refused.statusCode, refused.json().approval]).toEqual([409, b.id]);
      expect((await card(admin, a.id)).votes).toHaveLength(0);

      const foreign = await ask('control', '2001', await rig.logIn('territorial-admin', 'T2'));
      const outside = await batch(territorial, [a, foreign]);
      expect(outside.statusCode).toBe(404);
      expect(outside.body).not.toContain(foreign.id);
      expect((await batch(territorial, [a, { id: 'nobody-s-request', version: 1 }])).body).toBe(outside.body);
      expect((await card(admin, a.id)).votes).toHaveLength(0);
      expect((await batch(admin, [a])).statusCode).toBe(403);
    });

    test('holds nothing that takes effect at once', async () => {
      const security = await rig.logIn('security-officer', 'CEC');
      const member = await rig.logIn('precinct-member', '1001');
      const asked = await security.withFactor(`/api/officers/${member.id}/actions/reset-request`, {
        expectedVersion: 1,
        reason: 'телефон жоголду',
      });
      const other = await rig.logIn('security-officer', 'CEC');
      const reply = await batch(other, [{ id: done<{ approval: string }>(asked).approval, version: 1 }]);
      expect(reply.json()).toMatchObject({ status: 422, field: 'items' });
    });
  });

  describe('never half done', () => {
    test('approve and deny at the same moment: exactly one outcome', async () => {
      for (let round = 0; round < 3; round++) {
        const { id, hash, version } = await ask();
        await central.stepUp('approval.approve', hash);
        await territorial.stepUp('approval.deny', hash);
        const replies = await Promise.all([
          central.post(url(id), { expectedVersion: version }),
          territorial.post(url(id, 'deny'), { expectedVersion: version, reason: 'негизи жок' }),
        ]);
        expect(replies.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409]);
        const { state, votes } = await card(admin, id);
        expect([state, votes.length]).toEqual(
          replies[0]!.statusCode === 200 ? ['pending', 1] : ['denied', 1],
        );
      }
    });

    test('a commit that fails at its last change leaves neither a vote nor a new state', async () => {
      const { id, hash, version } = await ask();
      // What `approve` commits, with one change more that meets another version.
      const vote = { approval: id, officer: central.id, vote: 'approve', reason: '', at: rig.time.now };
      const result = await rig.rooms.gate.change(systemContext('test', rig.time.now, 'half'), 'system.init', {
        locate: async () => ({ record: null, unit: null }),
        decide: () => ({
          kind: 'change',
          value: null,
          about: {},
          changes: [
            { op: 'insert', table: 'approvalVote', row: vote },
            { op: 'update', table: 'approval', key: { id }, expect: { version }, set: { state: 'executed' } },
            {
              op: 'update',
              table: 'officer',
              key: { id: admin.id },
              expect: { version: 99 },
              set: { role: 'approver' },
            },
          ],
        }),
      });
      expect(result.kind).toBe('stale');
      expect(await card(admin, id)).toMatchObject({ state: 'pending', hash, votes: [] });
    });
  });
});
