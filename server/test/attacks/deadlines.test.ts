// Days and blocks, through HTTP: late stays late, a frozen list changes only by a decision that names its legal basis, and a
// blocked record is touched by nothing but the application it is blocked for. Each test is a country of its own.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addCalendarDays, bishkekDay } from '#server/lib/dates.ts';
import { type ConsoleRig, type Officer, openConsole } from '../console-rig.ts';
import { approveIt, begin, done, passport, type Standing, step, takeIn, takeStep } from './scene.ts';

let rig: ConsoleRig;
let member: Officer;
let admin: Officer;
let central: Officer;
const day = 24 * 3_600_000;

beforeEach(async () => {
  rig = await openConsole();
  member = await rig.logIn('precinct-member', '1001');
  admin = await rig.logIn('territorial-admin', 'T1');
  central = await rig.logIn('central-admin', 'CEC');
});
afterEach(() => rig.close());

const inDays = (n: number) => addCalendarDays(bishkekDay(rig.time.now), n);
const kindOf = (reply: { statusCode: number; json(): unknown }) => [
  reply.statusCode,
  (reply.json() as { type: string }).type.split('/').at(-1),
];

async function setDates(dates: Record<string, string>) {
  const election = { nameKy: 'Шайлоо', nameRu: 'Выборы', nameEn: 'Election', votingDay: inDays(60) };
  const body = {
    election,
    dates: Object.entries(dates).map(([event, onDay]) => ({ event, onDay, act: '№ 12' })),
  };
  done(await central.post('/api/calendar', body));
}
const freezeNow = () => setDates({ freeze: inDays(0) });

describe('the last day', () => {
  test('lets nobody receive an application any more, and refuses as late only what is late', async () => {
    const voter = await rig.addVoter('1001');
    const early = await step(member, await begin(member, voter.id), 'check-identity', passport);
    const late = await step(member, await begin(member, voter.id), 'check-identity', passport);
    await setDates({ 'applications-end': inDays(0) });
    expect(kindOf(await takeStep(admin, late, 'refuse-late', { reason: 'кеч' }))).toEqual([
      409,
      'wrong-state',
    ]);
    expect((await takeStep(member, early, 'receive')).statusCode).toBe(200);
    await setDates({ 'applications-end': inDays(-1) });
    expect(kindOf(await takeStep(member, late, 'receive'))).toEqual([409, 'too-late']);
    expect(kindOf(await takeStep(admin, late, 'refuse-late', { reason: '  ' }))).toEqual([
      422,
      'invalid-input',
    ]);
    expect(done(await takeStep(admin, late, 'refuse-late', { reason: 'мөөнөт өттү' }))).toMatchObject({
      state: 'late',
    });
    expect(await rig.store.reader.applications.blocksOf(voter.id)).toHaveLength(1);
  });

  test('of answering is seven days after the territory has it, and moves with the freeze (R19)', async () => {
    const voter = await rig.addVoter('1001');
    const at = await takeIn(member, voter.id);
    const due = async () => done<{ dueOn: string }>(await admin.get(`/api/applications/${at.id}`)).dueOn;
    expect(await due()).toBe(inDays(7));
    await setDates({ freeze: inDays(4) });
    expect(await due()).toBe(inDays(3));
    await setDates({ freeze: inDays(30) });
    expect(await due()).toBe(inDays(7));
    // It goes on from the version it had: nobody's next step is made stale by the calendar.
    expect((await takeStep(admin, at, 'start-review')).statusCode).toBe(200);
  });

  test('counts until it is replied to, and is overdue only after it', async () => {
    const voter = await rig.addVoter('1001');
    await takeIn(member, voter.id);
    const overdue = async (officer: Officer) =>
      done<{ items: unknown[] }>(await officer.get('/api/applications?overdue=true')).items.length;
    rig.time.now += 7 * day;
    expect(await overdue(await rig.logIn('territorial-admin', 'T1'))).toBe(0);
    rig.time.now += day;
    expect(await overdue(await rig.logIn('territorial-admin', 'T1'))).toBe(1);
  });
});

describe('a frozen list', () => {
  test('is changed only by a decision that names its legal basis, and blanks are none', async () => {
    const voter = await rig.addVoter('1001');
    const at = await step(admin, await takeIn(member, voter.id), 'start-review');
    await freezeNow();
    const decide = (more: object) =>
      takeStep(admin, at, 'decide', { outcome: 'approved', reason: 'сот', ...more });
    for (const more of [{}, { legalReference: '' }, { legalReference: ' \t' }])
      expect(kindOf(await decide(more))).toEqual([409, 'frozen']);
    const decided = done(await decide({ legalReference: 'Сот чечими № 7' }));
    expect((await takeStep(admin, decided, 'apply')).statusCode).toBe(200);
    const [entry] = await rig.store.reader.audit.entriesAt([rig.size() - 1]);
    expect(JSON.parse(entry!.json!).detail.json).toMatchObject({ frozen: true });
  });

  test('is not changed by what was decided before it froze, until that is reviewed again', async () => {
    const voter = await rig.addVoter('1001');
    let at = await approveIt(admin, await takeIn(member, voter.id));
    await freezeNow();
    expect(kindOf(await takeStep(admin, at, 'apply'))).toEqual([409, 'frozen']);
    at = await approveIt(admin, at, { legalReference: 'Сот чечими № 8' });
    expect((await takeStep(admin, at, 'apply')).statusCode).toBe(200);
  });

  test('can still be told no: a refusal needs no basis', async () => {
    const voter = await rig.addVoter('1001');
    const at = await step(admin, await takeIn(member, voter.id), 'start-review');
    await freezeNow();
    expect(
      done(await takeStep(admin, at, 'decide', { outcome: 'refused', reason: 'далил жок' })),
    ).toMatchObject({
      state: 'refused',
    });
  });

  test('is not changed by putting an old version back either, asked for before or after', async () => {
    const voter = await rig.addVoter('1001');
    let at = await approveIt(admin, await takeIn(member, voter.id));
    at = await step(admin, at, 'apply');
    const approvers = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'T1')];
    const ask = (more: object = {}) =>
      admin.withFactor(`/api/voters/${voter.id}/restore`, { version: 1, reason: 'жаңылыштык', ...more });
    const votes = async (approval: string) => {
      const replies = [];
      for (const approver of approvers)
        replies.push(await approver.withFactor(`/api/approvals/${approval}/actions/approve`));
      return replies.at(-1)!;
    };
    const before = done<{ approval: string }>(await ask()).approval;
    await freezeNow();
    expect(kindOf(await votes(before))).toEqual([409, 'frozen']);
    expect(kindOf(await ask())).toEqual([409, 'frozen']);
    expect(kindOf(await ask({ legalReference: '  ' }))).toEqual([409, 'frozen']);
    expect(done<{ version: number }>(await admin.get(`/api/voters/${voter.id}`)).version).toBe(2);
    const { approval } = done<{ approval: string }>(await ask({ legalReference: 'Сот чечими № 9' }));
    expect(done(await votes(approval))).toMatchObject({
      state: 'executed',
      basis: { legalReference: 'Сот чечими № 9' },
    });
    expect(at.state).toBe('applied');
  });
});

describe('a blocked record', () => {
  const reveal = (by: Officer, voter: string, more: object) =>
    by.post(`/api/voters/${voter}/reveal`, { field: 'address', ...more });

  test('is revealed for its own case only, restored by nobody, and freed by every way out (R12, R13)', async () => {
    const ways: [string, (at: Standing) => Promise<unknown>][] = [
      ['withdraw', (at) => step(member, at, 'withdraw', { reason: 'каалоосу' })],
      ['redirect', (at) => step(admin, at, 'redirect', { reason: 'башка участок' })],
      [
        'close',
        async (at) => {
          const reviewed = await step(admin, at, 'start-review');
          const refused = await step(admin, reviewed, 'decide', { outcome: 'refused', reason: 'далил жок' });
          return step(admin, refused, 'close');
        },
      ],
      ['apply', async (at) => step(admin, await approveIt(admin, at), 'apply')],
    ];
    for (const [name, out] of ways) {
      const voter = await rig.addVoter('1001');
      const other = await takeIn(member, (await rig.addVoter('1001')).id);
      const free = await reveal(admin, voter.id, { purpose: 'list-check' });
      expect(free.statusCode).toBe(200);
      const at = await takeIn(member, voter.id);
      expect(done(await admin.get(`/api/voters/${voter.id}`))).toMatchObject({ blocked: { case: at.id } });
      for (const more of [
        { purpose: 'list-check' },
        { purpose: 'application' },
        { purpose: 'application', case: other.id },
        { purpose: 'application', case: 'no-such-case-000' },
      ])
        expect((await reveal(admin, voter.id, more)).statusCode).toBe(403);
      expect((await reveal(admin, voter.id, { purpose: 'application', case: at.id })).statusCode).toBe(200);
      const back = await admin.withFactor(`/api/voters/${voter.id}/restore`, { version: 1, reason: 'сыноо' });
      expect(kindOf(back)).toEqual([403, 'denied']);
      await out(at);
      expect([name, done<{ blocked: unknown }>(await admin.get(`/api/voters/${voter.id}`)).blocked]).toEqual([
        name,
        null,
      ]);
    }
  });

  test('lets a further application wait, and changes in the order in which they came', async () => {
    const voter = await rig.addVoter('1001');
    const first = await takeIn(member, voter.id, { change: [{ field: 'address', new: 'биринчи' }] });
    rig.time.now += 1_000;
    let second = await takeIn(member, voter.id, { change: [{ field: 'address', new: 'экинчи' }] });
    second = await approveIt(admin, second);
    expect(kindOf(await takeStep(admin, second, 'apply'))).toEqual([409, 'blocked']);
    await step(admin, await approveIt(admin, first), 'apply');
    // The second was decided against the record as it stood: it has to be looked at again.
    expect(kindOf(await takeStep(admin, second, 'apply'))).toEqual([409, 'record-changed']);
    second = await approveIt(admin, second);
    expect((await takeStep(admin, second, 'apply')).statusCode).toBe(200);
    expect(done<{ blocked: unknown }>(await admin.get(`/api/voters/${voter.id}`)).blocked).toBeNull();
  });

  test('a case is worth something from receipt until it is over, and for its own voter alone', async () => {
    const voter = await rig.addVoter('1001');
    const asks = (id: string, who = voter.id) => reveal(member, who, { purpose: 'application', case: id });
    let at = await begin(member, voter.id);
    expect((await asks(at.id)).statusCode).toBe(403);
    at = await step(member, at, 'check-identity', passport);
    expect((await asks(at.id)).statusCode).toBe(403);
    at = await step(member, at, 'receive');
    expect((await asks(at.id)).statusCode).toBe(200);
    expect((await asks(at.id, (await rig.addVoter('1001')).id)).statusCode).toBe(403);
    await step(member, at, 'withdraw', { reason: 'каалоосу' });
    expect((await asks(at.id)).statusCode).toBe(403);
    expect((await reveal(member, voter.id, { purpose: 'list-check' })).statusCode).toBe(403);
  });
});
