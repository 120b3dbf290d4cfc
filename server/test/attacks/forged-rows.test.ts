// Somebody with the database in their hands writes rows as if others had approved: no list leaves by them, for the log knows
// nothing of it; and what was approved in truth cannot be turned into another list.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  const asked = async () =>
    done<{ id: string }>(
      await admin.withFactor('/api/prints', { precinct: '1001', list: 'control', purpose: 'list-check' }),
    ).id;

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
});
