// What an application offers is what the server accepts, whatever the calendar, the second person and other applications say
// at that moment; what only waits names the problem it would meet. Each test is a country of its own.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addCalendarDays, bishkekDay } from '#server/lib/dates.ts';
import { type ConsoleRig, type Officer, openConsole } from '../console-rig.ts';
import { approveIt, begin, done, passport, type Standing, step, takeIn, takeStep } from './scene.ts';

let rig: ConsoleRig;
let member: Officer;
let admin: Officer;

beforeEach(async () => {
  rig = await openConsole();
  member = await rig.logIn('precinct-member', '1001');
  admin = await rig.logIn('territorial-admin', 'T1');
});
afterEach(() => rig.close());

interface Offer {
  actions: string[];
  waits: { action: string; why: string }[];
}

const card = async (by: Officer, { id }: Standing) =>
  done<Standing & Offer>(await by.get(`/api/applications/${id}`));
const refusedAs = (reply: { json(): unknown }) => (reply.json() as { type: string }).type.split('/').at(-1);

/** The step waits for `why` on the card, in the list, and when it is tried all the same. */
async function waitsFor(by: Officer, at: Standing, action: string, why: string) {
  const shown = await card(by, at);
  expect(shown.actions).not.toContain(action);
  expect(shown.waits).toEqual([{ action, why }]);
  const list = done<{ items: (Standing & Offer)[] }>(await by.get('/api/applications'));
  expect(list.items.find((item) => item.id === at.id)).toMatchObject({
    actions: shown.actions,
    waits: shown.waits,
  });
  expect(refusedAs(await takeStep(by, at, action))).toBe(why);
}

async function accepts(by: Officer, at: Standing, action: string, body: object = {}) {
  const shown = await card(by, at);
  expect(shown.actions).toContain(action);
  expect(shown.waits).toEqual([]);
  return step(by, at, action, body);
}

async function setDates(dates: Record<string, number>) {
  const central = await rig.logIn('central-admin', 'CEC');
  const onDay = (n: number) => addCalendarDays(bishkekDay(rig.time.now), n);
  const election = { nameKy: 'Шайлоо', nameRu: 'Выборы', nameEn: 'Election', votingDay: onDay(60) };
  const set = Object.entries(dates).map(([event, n]) => ({ event, onDay: onDay(n), act: '№ 12' }));
  done(await central.post('/api/calendar', { election, dates: set }));
}

describe('a step is offered when it would be taken', () => {
  test('receipt until the last day, the late refusal after it, with a reply to the voter (R19)', async () => {
    const voter = await rig.addVoter('1001');
    await setDates({ 'applications-end': 0 });
    const at = await step(member, await begin(member, voter.id), 'check-identity', passport);
    expect((await card(admin, at)).actions).toEqual(['receive', 'withdraw', 'redirect']);
    await setDates({ 'applications-end': -1 });
    await waitsFor(member, at, 'receive', 'too-late');
    const late = await step(admin, at, 'refuse-late', { reason: 'мөөнөт өттү' });
    await accepts(admin, late, 'reply', { method: 'paper' });
  });

  test('a weighty change once a second person has approved it', async () => {
    const voter = await rig.addVoter('1001');
    const at = await approveIt(admin, await takeIn(member, voter.id, { kind: 'deceased', change: [] }));
    await waitsFor(admin, at, 'apply', 'second-person-required');
    const { approval } = done<{ approval: { id: string } }>(await admin.get(`/api/applications/${at.id}`));
    const second = await rig.logIn('territorial-admin', 'T1');
    done(await second.withFactor(`/api/approvals/${approval.id}/actions/approve`));
    await accepts(admin, at, 'apply');
  });

  test('the next in line when the earlier one is out of the way, and after another look', async () => {
    const voter = await rig.addVoter('1001');
    const first = await takeIn(member, voter.id);
    rig.time.now += 1_000;
    const second = await approveIt(
      admin,
      await takeIn(member, voter.id, { change: [{ field: 'address', new: 'экинчи' }] }),
    );
    await waitsFor(admin, second, 'apply', 'blocked');
    await accepts(admin, await approveIt(admin, first), 'apply');
    await waitsFor(admin, second, 'apply', 'record-changed');
    await accepts(admin, await approveIt(admin, second), 'apply');
  });

  test('what was decided before the freeze when the decision names its basis', async () => {
    const voter = await rig.addVoter('1001');
    const at = await approveIt(admin, await takeIn(member, voter.id));
    await setDates({ freeze: 0 });
    await waitsFor(admin, at, 'apply', 'frozen');
    await accepts(admin, await approveIt(admin, at, { legalReference: 'Сот чечими № 8' }), 'apply');
  });

  test('a PIN nobody else has; a record still on the list', async () => {
    const [other, voter] = [await rig.addVoter('1001'), await rig.addVoter('1001')];
    const change = [{ field: 'pin', new: other.pin }];
    const taken = await approveIt(admin, await takeIn(member, voter.id, { change }));
    const { approval } = done<{ approval: { id: string } }>(await admin.get(`/api/applications/${taken.id}`));
    const second = await rig.logIn('territorial-admin', 'T1');
    done(await second.withFactor(`/api/approvals/${approval.id}/actions/approve`));
    await waitsFor(admin, taken, 'apply', 'pin-taken');

    const gone = await approveIt(admin, await takeIn(member, other.id));
    await rig.write([{ op: 'update', table: 'voter', key: { id: other.id }, set: { status: 'removed' } }]);
    await waitsFor(admin, gone, 'apply', 'not-listed');
  });
});

test('where an entered application belongs is the territory’s to say; the voter withdraws it anywhere (R25)', async () => {
  const voter = await rig.addVoter('1001');
  const at = await takeIn(member, voter.id);
  expect((await card(member, at)).actions).toEqual(['withdraw']);
  const reply = await takeStep(member, at, 'redirect', { reason: 'башка участок' });
  expect([reply.statusCode, reply.json()]).toMatchObject([403, { policy: 'guard-entered' }]);
  await accepts(admin, at, 'redirect', { reason: 'башка участок' });
});

test('who applies for a missing voter is not the one included: the voter is who the application names (R22, R53)', async () => {
  const change = [
    { field: 'pin', new: '10505199912345' },
    { field: 'surname', new: 'Өмүрова' },
    { field: 'birthDate', new: '1999-05-05' },
  ];
  const at = await approveIt(admin, await takeIn(member, null, { kind: 'missing', change }));
  const { approval } = done<{ approval: { id: string } }>(await admin.get(`/api/applications/${at.id}`));
  const second = await rig.logIn('territorial-admin', 'T1');
  done(await second.withFactor(`/api/approvals/${approval.id}/actions/approve`));
  await accepts(admin, at, 'apply');
  expect((await rig.store.reader.voters.byPin('10505199912345'))?.voter).toMatchObject({
    surname: 'Өмүрова',
    givenName: 'Жаңыл',
    birthDate: '1999-05-05',
    precinct: '1001',
  });
});

describe('what the voter sent electronically', () => {
  const electronic = { channel: 'electronic' };

  test('is received as it comes: coupon, block, and the way on from there (R12, R17)', async () => {
    const voter = await rig.addVoter('1001');
    const at = await begin(member, voter.id, electronic);
    expect(at).toMatchObject({
      state: 'received',
      coupon: expect.stringMatching(/./),
      receivedAt: rig.time.now,
    });
    expect(done(await member.get(`/api/voters/${voter.id}`))).toMatchObject({ blocked: { case: at.id } });
    await accepts(member, at, 'enter');
    const { coupon } = done<{ coupon: string }>(await member.get(`/api/applications/${at.id}`));
    expect(done(await rig.app.inject(`/api/status/${coupon}`))).toMatchObject({ state: 'at-territorial' });
  });

  test('after the last day waits for the reasoned refusal, and blocks nothing', async () => {
    const voter = await rig.addVoter('1001');
    await setDates({ 'applications-end': -1 });
    const at = await begin(member, voter.id, electronic);
    expect(at).toMatchObject({ state: 'draft', coupon: null });
    expect(done(await member.get(`/api/voters/${voter.id}`))).toMatchObject({ blocked: null });
    expect(await accepts(admin, at, 'refuse-late', { reason: 'мөөнөт өттү' })).toMatchObject({
      state: 'late',
    });
  });
});

describe('what can never be applied', () => {
  test.each([
    ['a precinct that does not exist', [{ field: 'precinct', new: '9999' }]],
    ['a unit that is no precinct', [{ field: 'precinct', new: 'T1' }]],
  ])('%s is not taken in', async (_name, change) => {
    const voter = await rig.addVoter('1001');
    const reply = await member.post('/api/applications', {
      kind: 'wrong-precinct',
      voter: voter.id,
      applicant: { surname: 'Төлөгөнова', givenName: 'Жаңыл' },
      change,
    });
    expect([reply.statusCode, reply.json()]).toMatchObject([422, { field: 'change.0.new' }]);
  });
});
