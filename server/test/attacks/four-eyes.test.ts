// One person alone decides nothing: whoever had a hand in something, asked for it, owns or made the account it is about, or
// has been moved away since, is out. And what another territory keeps can be neither seen nor changed through one's own.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConsoleRig, type Officer, openConsole } from '../console-rig.ts';
import {
  approvedList,
  approveIt,
  begin,
  done,
  otherWindow,
  passport,
  step,
  takeIn,
  takeStep,
} from './scene.ts';

let rig: ConsoleRig;
let member: Officer;
let admin: Officer;
let secondAdmin: Officer;
let neighbour: Officer;
let approvers: [Officer, Officer];
const hour = 3_600_000;

beforeAll(async () => {
  rig = await openConsole();
  member = await rig.logIn('precinct-member', '1001');
  admin = await rig.logIn('territorial-admin', 'T1');
  secondAdmin = await rig.logIn('territorial-admin', 'T1');
  neighbour = await rig.logIn('territorial-admin', 'T2');
  approvers = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'T1')];
});
afterAll(() => rig.close());

const refusedAs = (reply: { json(): unknown }) => (reply.json() as { type: string }).type.split('/').at(-1);

describe('an application', () => {
  test.each(['create', 'check-identity', 'receive', 'enter'])(
    'is decided and applied by nobody who had a hand in its intake: %s',
    async (hand) => {
      const voter = await rig.addVoter('1001');
      const by = (name: string) => (name === hand ? secondAdmin : member);
      let at = await begin(by('create'), voter.id);
      at = await step(by('check-identity'), at, 'check-identity', passport);
      at = await step(by('receive'), at, 'receive');
      at = await step(by('enter'), at, 'enter');
      at = await step(secondAdmin, at, 'start-review');
      const shown = done<{ actions: string[] }>(await secondAdmin.get(`/api/applications/${at.id}`));
      expect(shown.actions).not.toContain('decide');
      const { items } = done<{ items: { id: string; actions: string[] }[] }>(
        await secondAdmin.get('/api/applications?limit=100'),
      );
      expect(items.find((item) => item.id === at.id)?.actions).not.toContain('decide');
      const decision = { outcome: 'approved', reason: 'өзүм чечем' };
      expect((await takeStep(secondAdmin, at, 'decide', decision)).statusCode).toBe(403);
      at = await step(admin, at, 'decide', decision);
      expect((await takeStep(secondAdmin, at, 'apply')).statusCode).toBe(403);
      expect((await takeStep(admin, at, 'apply')).statusCode).toBe(200);
    },
  );

  test('a precinct member never decides, applies, closes, replies or archives', async () => {
    const voter = await rig.addVoter('1001');
    const at = await takeIn(member, voter.id);
    for (const name of ['start-review', 'ask', 'decide', 'apply', 'close', 'reply', 'archive', 'refuse-late'])
      expect((await takeStep(member, at, name, { outcome: 'approved', reason: 'x' })).statusCode, name).toBe(
        403,
      );
  });

  const weighty: [string, object][] = [
    ['a PIN', { change: [{ field: 'pin', new: '10101199077771' }] }],
    ['a precinct', { kind: 'wrong-precinct', change: [{ field: 'precinct', new: '1002' }] }],
    ['a removal', { kind: 'deceased', change: [] }],
    ['a duplicate', { kind: 'duplicate', change: [] }],
    [
      'an inclusion',
      { kind: 'missing', change: [], applicant: { surname: 'А', givenName: 'Б', pin: '10101199077772' } },
    ],
  ];
  test.each(weighty)('%s waits for a second person who neither decided nor took in', async (_name, body) => {
    const voter = 'kind' in body && body.kind === 'missing' ? null : (await rig.addVoter('1001')).id;
    let at = await begin(member, voter, body);
    at = await step(member, at, 'check-identity', passport);
    at = await step(member, at, 'receive');
    // A second administrator lends a hand at the counter: not the second pair of eyes any more.
    at = await step(secondAdmin, at, 'enter');
    at = await approveIt(admin, at);
    expect((await takeStep(admin, at, 'apply')).statusCode).toBe(409);
    const { approval } = done<{ approval: { id: string } }>(await admin.get(`/api/applications/${at.id}`));
    const vote = `/api/approvals/${approval.id}/actions/approve`;
    for (const involved of [admin, secondAdmin])
      expect((await involved.withFactor(vote)).statusCode).toBe(403);
    expect((await neighbour.withFactor(vote)).statusCode).toBe(404);
    expect((await takeStep(admin, at, 'apply')).statusCode).toBe(409);
    const third = await rig.logIn('territorial-admin', 'T1');
    expect((await third.withFactor(vote)).statusCode).toBe(200);
    expect((await takeStep(admin, at, 'apply')).statusCode).toBe(200);
  });

  test('reviewed again, it takes its second person’s approval with it', async () => {
    const voter = await rig.addVoter('1001');
    let at = await approveIt(admin, await takeIn(member, voter.id, { kind: 'deceased', change: [] }));
    const card = async () =>
      done<{ approval: { id: string; state: string } }>(await admin.get(`/api/applications/${at.id}`));
    const { approval } = await card();
    done(await secondAdmin.withFactor(`/api/approvals/${approval.id}/actions/approve`));
    at = await step(admin, at, 'start-review');
    at = await step(admin, at, 'decide', { outcome: 'approved', reason: 'кайра каралды' });
    expect((await takeStep(admin, at, 'apply')).statusCode).toBe(409);
    const again = (await card()).approval;
    expect(again).toMatchObject({ state: 'pending' });
    expect(again.id).not.toBe(approval.id);
    expect(done(await secondAdmin.get(`/api/approvals/${approval.id}`))).toMatchObject({ state: 'expired' });
    expect((await secondAdmin.withFactor(`/api/approvals/${approval.id}/actions/approve`)).statusCode).toBe(
      409,
    );
  });

  test('an approval that has expired is worth nothing', async () => {
    const voter = await rig.addVoter('1001');
    const at = await approveIt(admin, await takeIn(member, voter.id, { kind: 'deceased', change: [] }));
    const { approval } = done<{ approval: { id: string } }>(await admin.get(`/api/applications/${at.id}`));
    const began = rig.time.now;
    rig.time.now = began + 8 * 24 * hour;
    const late = await rig.logIn('territorial-admin', 'T1');
    const reply = await late.withFactor(`/api/approvals/${approval.id}/actions/approve`);
    rig.time.now = began;
    expect([reply.statusCode, refusedAs(reply)]).toEqual([409, 'wrong-state']);
  });
});

describe('what leaves', () => {
  test('nobody approves their own request, and no role but an approver’s does at all', async () => {
    const asked = done<{ id: string }>(
      await admin.withFactor('/api/prints', { precinct: '1001', list: 'final', purpose: 'list-check' }),
    );
    const url = `/api/approvals/${asked.id}/actions/approve`;
    for (const officer of [admin, secondAdmin, await rig.logIn('supervisor', 'T1')])
      expect((await officer.withFactor(url)).statusCode).toBe(403);
    expect((await neighbour.withFactor(url)).statusCode).toBe(404);
  });

  test('two approvers of the territory are not enough: one must be of the central commission', async () => {
    const asked = done<{ id: string }>(
      await admin.withFactor('/api/exports', { precinct: '1001', list: 'final', purpose: 'list-check' }),
    );
    for (const officer of [approvers[1], await rig.logIn('approver', 'T1')])
      expect(done(await officer.withFactor(`/api/approvals/${asked.id}/actions/approve`))).toMatchObject({
        state: 'pending',
      });
    expect((await admin.withFactor(`/api/downloads/${asked.id}`)).statusCode).toBe(403);
  });

  test('asks a factor of its own for every request, however alike two of them are', async () => {
    const like = { precinct: '1001', list: 'final', purpose: 'list-check' };
    const hashes = [];
    for (const kind of ['prints', 'exports', 'exports'])
      hashes.push(done<{ hash: string }>(await admin.withFactor(`/api/${kind}`, like)).hash);
    expect(new Set(hashes).size).toBe(3);
  });

  test('is fetched by the one who asked, once, within the day', async () => {
    await rig.addVoter('1001');
    const id = await approvedList('prints', admin, approvers);
    for (const [officer, status] of [
      [secondAdmin, 403],
      [neighbour, 404],
      [approvers[0], 403],
      [member, 403],
    ] as const)
      expect((await officer.withFactor(`/api/downloads/${id}`)).statusCode).toBe(status);
    const { hash } = done<{ hash: string }>(await admin.get(`/api/approvals/${id}`));
    const began = rig.time.now;
    rig.time.now = began + 24 * hour + 1;
    const nextDay = await otherWindow(rig, admin, `list.print:${hash}`);
    const late = await nextDay(`/api/downloads/${id}`);
    rig.time.now = began;
    expect([late.statusCode, refusedAs(late)]).toEqual([409, 'expired']);
  });

  test.each([
    ['moved to another territory', { commission: 'T2' }, 404],
    ['made a precinct member', { role: 'precinct-member', commission: '1001' }, 403],
    ['made an auditor', { role: 'auditor', commission: 'CEC' }, 403],
    ['without a clearance', { clearanceUntil: '2020-01-01' }, 403],
    ['disabled', { state: 'disabled' }, 401],
  ])('who asked, %s since, gets nothing', async (_name, set, status) => {
    await rig.addVoter('1001');
    const asker = await rig.logIn('territorial-admin', 'T1');
    const id = await approvedList('exports', asker, approvers);
    const { hash } = done<{ hash: string }>(await asker.get(`/api/approvals/${id}`));
    await asker.stepUp('list.export', hash);
    await rig.write([{ op: 'update', table: 'officer', key: { id: asker.id }, set }]);
    const reply = await asker.post(`/api/downloads/${id}`);
    expect(reply.statusCode).toBe(status);
    const listed = await asker.get('/api/approvals');
    expect(listed.body).not.toContain(status === 404 ? id : '"actions":["download"]');
  });
});

describe('an account', () => {
  test('is not reset by its owner, nor by who made it, nor by who asked', async () => {
    const maker = await rig.logIn('central-admin', 'CEC');
    const owner = await rig.logIn('security-officer', 'CEC', { createdBy: maker.id });
    const asker = await rig.logIn('central-admin', 'CEC');
    const asked = await asker.withFactor(`/api/officers/${owner.id}/actions/reset-request`, {
      expectedVersion: 1,
      reason: 'телефон жоголду',
    });
    const { approval } = done<{ approval: string }>(asked);
    const vote = `/api/approvals/${approval}/actions/approve`;
    for (const involved of [owner, maker, asker]) {
      expect((await involved.withFactor(vote)).statusCode).toBe(403);
      expect(done<{ actions: string[] }>(await involved.get(`/api/approvals/${approval}`)).actions).toEqual(
        [],
      );
    }
    expect(done(await (await rig.logIn('security-officer', 'CEC')).withFactor(vote))).toMatchObject({
      state: 'pending',
    });
    expect(done(await (await rig.logIn('central-admin', 'CEC')).withFactor(vote))).toMatchObject({
      state: 'executed',
    });
    expect((await owner.get('/api/session')).statusCode).toBe(401);
  });
});

describe('another territory’s voter', () => {
  const address = 'Жашыруун көчөсү, 99';

  test('is not drawn in by PIN to be corrected or removed', async () => {
    const foreign = await rig.addVoter('2001', { address });
    for (const kind of ['correction', 'deceased', 'duplicate'])
      for (const by of [member, admin]) {
        const reply = await by.post('/api/applications', {
          kind,
          precinct: '1001',
          applicant: { surname: 'А', givenName: 'Б', pin: foreign.pin },
          change: kind === 'correction' ? [{ field: 'address', new: 'x' }] : [],
        });
        expect([kind, reply.statusCode, refusedAs(reply)]).toEqual([kind, 422, 'invalid-input']);
      }
  });

  test('may ask to be moved here, and nothing of the record is shown for it, before or after the decision', async () => {
    const foreign = await rig.addVoter('2001', { address });
    const ask = (precinct: string) => ({
      kind: 'wrong-precinct',
      applicant: { surname: 'А', givenName: 'Б', pin: foreign.pin },
      change: [
        { field: 'precinct', new: precinct },
        { field: 'address', new: 'Манас проспектиси, 3' },
      ],
    });
    const elsewhere = await member.post('/api/applications', ask('2001'));
    expect([elsewhere.statusCode, refusedAs(elsewhere)]).toEqual([422, 'invalid-input']);
    let at = await takeIn(member, null, ask('1001'));
    at = await approveIt(admin, at);
    for (const officer of [member, admin]) {
      const card = await officer.get(`/api/applications/${at.id}`);
      for (const secret of [address, foreign.birthDate, foreign.surname])
        expect(card.body).not.toContain(secret);
      expect((await officer.get(`/api/voters/${foreign.id}`)).statusCode).toBe(404);
    }
    const { approval } = done<{ approval: { id: string } }>(await admin.get(`/api/applications/${at.id}`));
    done(await secondAdmin.withFactor(`/api/approvals/${approval.id}/actions/approve`));
    expect((await takeStep(admin, at, 'apply')).statusCode).toBe(200);
    expect(done(await admin.get(`/api/voters/${foreign.id}`))).toMatchObject({ precinct: '1001' });
  });

  test('who moved away while an application was open is not changed from here any more', async () => {
    const voter = await rig.addVoter('1001');
    const at = await approveIt(admin, await takeIn(member, voter.id));
    await rig.write([{ op: 'update', table: 'voter', key: { id: voter.id }, set: { precinct: '2001' } }]);
    const reply = await takeStep(admin, at, 'apply');
    expect([reply.statusCode, refusedAs(reply)]).toEqual([409, 'listed-elsewhere']);
  });
});

describe('what is masked', () => {
  test('an application shows no field of the record that a reveal would be asked for', async () => {
    const voter = await rig.addVoter('1001', { address: 'Ачылбас көчөсү, 5', birthDate: '1971-02-03' });
    const at = await begin(member, voter.id, {
      change: [
        { field: 'address', new: 'x' },
        { field: 'birthDate', new: '1971-02-04' },
        { field: 'pin', new: '10302197100001' },
      ],
    });
    for (const officer of [member, admin]) {
      const { body } = await officer.get(`/api/applications/${at.id}`);
      for (const secret of [voter.address, voter.birthDate, voter.pin]) expect(body).not.toContain(secret);
    }
  });

  test('a cursor made by hand does not read out the list', async () => {
    for (let i = 0; i < 3; i++) await rig.addVoter('1001', { surname: `Окулбаган${i}`, givenName: 'Тизме' });
    const forged = (prefix: string) => Buffer.from(JSON.stringify([prefix, '', ''])).toString('base64url');
    for (const prefix of ['', 'о', 'окулбаган']) {
      const reply = await member.post('/api/voters/search', {
        q: 'Жокжоккиши',
        after: forged(prefix),
        limit: 50,
      });
      expect(reply.statusCode).toBe(200);
      expect(done<{ items: unknown[] }>(reply).items).toEqual([]);
    }
  });
});
