// Requests that too few officials can decide on, on both engines: those who supervise above are told, once, and no longer than
// it is so.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlertCard, AlertItem } from '#server/contract/alerts.ts';
import { composeRooms } from '#server/rooms.ts';
import { done } from '#server/test/attacks/scene.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';

const policiesDir = join(import.meta.dirname, '..', '..', 'policies');

describe.each(engines)('requests too few can decide on, on %s', (engine) => {
  let rig: ConsoleRig;
  let close = async () => {};
  let admin: Officer;
  let central: Officer;
  let local: Officer;
  let district: Officer;
  let beside: Officer;
  /** The approvers of the centre, and of T1. */
  let centre: Officer[];
  let locals: Officer[];
  let tooFew: ConsoleRig['rooms']['tooFew'];

  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
    admin = await rig.logIn('territorial-admin', 'T1');
    central = await rig.logIn('approver', 'CEC');
    centre = [central, await rig.logIn('approver', 'CEC')];
    local = await rig.logIn('approver', 'T1');
    locals = [local];
    district = await rig.logIn('supervisor', 'D1');
    beside = await rig.logIn('supervisor', 'T2');
    await rig.rooms.detection.start();
    tooFew = rig.rooms.tooFew;
  });
  afterAll(async () => {
    await rig.rooms.detection.close();
    await close();
  });

  const ask = async () => {
    const body = { precinct: '1001', list: 'control', purpose: 'list-check' };
    return done<{ id: string }>(await admin.withFactor('/api/prints', body)).id;
  };
  const change = (officer: Officer, set: object) =>
    rig.write([{ op: 'update', table: 'officer', key: { id: officer.id }, set }]);
  const approve = async (by: Officer, id: string) =>
    done(await by.withFactor(`/api/approvals/${id}/actions/approve`));
  const told = async (by: Officer) =>
    done<{ items: AlertItem[] }>(await by.get('/api/alerts?state=new')).items.map((a) => a.commission);
  /** A minute passes; answers the system's entries of it. */
  async function look(): Promise<unknown[]> {
    rig.time.now += 60_000;
    const before = rig.size();
    await tooFew.look();
    await rig.rooms.detection.drain();
    const rows = await rig.store.reader.audit.entriesAt([before, before + 1, before + 2]);
    return rows
      .map(({ leaf, json }) => ({
        act: (JSON.parse(Buffer.from(leaf).toString()) as { act: string }).act,
        detail: (JSON.parse(json!) as { detail: { json: object } }).detail.json,
      }))
      .filter(({ act }) => act.startsWith('approval.'));
  }

  test('who supervises the next unit up is told, once, in the log; with enough again the alert ends by itself', async () => {
    const guard = await rig.logIn('security-officer', 'CEC');
    const id = await ask();
    const asked = rig.time.now;
    expect(await look()).toEqual([]);
    await change(local, { absentFrom: '2025-11-01', absentUntil: '2025-11-10' });
    const detail = { approval: id, approvalKind: 'print', precinct: 'D1', unit: '1001' };
    expect(await look()).toMatchObject([{ act: 'approval.too-few', detail }]);
    expect([await told(district), await told(beside)]).toEqual([['D1'], []]);
    expect([await look(), await told(district)]).toEqual([[], ['D1']]);
    // In the reader's words and not by a number; opened by those who may.
    const [alert] = done<{ items: AlertItem[] }>(await district.get('/api/alerts?state=new')).items;
    const values = async (by: Officer) =>
      done<AlertCard>(await by.get(`/api/alerts/${alert!.id}`)).values.map(({ request }) => request);
    const request = { kind: 'print', commission: '1001', requestedAt: asked };
    expect(await values(district)).toEqual([{ ...request, mayView: false }]);
    expect(await values(guard)).toEqual([{ ...request, mayView: true }]);

    await change(local, { absentFrom: null, absentUntil: null });
    expect(await look()).toMatchObject([{ act: 'approval.enough', detail }]);
    expect([await look(), await told(district)]).toEqual([[], []]);
    const [ended] = done<{ items: AlertItem[] }>(await district.get('/api/alerts')).items;
    const card = done<{ steps: object[] }>(await district.get(`/api/alerts/${ended!.id}`));
    expect(card).toMatchObject({ state: 'closed', closeReason: null, actions: ['reopen'] });
    expect(card.steps.at(-1)).toMatchObject({ action: 'over', login: 'system:approvals' });
    await approve(central, id);
    await approve(local, id);
    expect(await look()).toEqual([]);
  });

  test('what was told stands in the log: a restart tells nothing twice, and is silent about nothing', async () => {
    const restart = async () => {
      const { keys, store, faults } = rig;
      const options = { store, keys, policiesDir, node: 'again', clock: () => rig.time.now, limits: false };
      ({ tooFew } = await composeRooms({ ...options, onFault: (error) => faults.push(error) }));
    };
    const [id, other] = [await ask(), await ask()];
    await change(local, { state: 'disabled' });
    expect(await look()).toHaveLength(2);
    await restart();
    expect(await look()).toEqual([]);
    for (const one of [id, other])
      done(await central.withFactor(`/api/approvals/${one}/actions/deny`, { reason: 'керек эмес' }));
    await restart();
    const ended = await look();
    expect(ended).toHaveLength(2);
    for (const approval of [id, other])
      expect(ended).toContainEqual(
        expect.objectContaining({
          act: 'approval.enough',
          detail: expect.objectContaining({ approval, precinct: 'D1' }),
        }),
      );
    await restart();
    expect(await look()).toEqual([]);
    await change(local, { state: 'active' });
  });

  test.each([
    ['disabled', { state: 'disabled' }, { state: 'active' }],
    ['no longer cleared', { clearanceUntil: '2025-11-03' }, { clearanceUntil: '2027-12-31' }],
    ['held suspect', { passwordTemporary: 1, trustedSince: 1 }, { passwordTemporary: 0 }],
    ['moved to another duty', { role: 'supervisor' }, { role: 'approver' }],
  ])(
    'an official %s leaves too few; a request nobody waits for any more is no longer told of',
    async (_, out, back) => {
      const id = await ask();
      await change(local, out);
      expect(await look()).toMatchObject([{ act: 'approval.too-few', detail: { approval: id } }]);
      done(await central.withFactor(`/api/approvals/${id}/actions/deny`, { reason: 'керек эмес' }));
      expect(await look()).toMatchObject([{ act: 'approval.enough', detail: { approval: id } }]);
      expect(await told(district)).toEqual([]);
      await change(local, back);
    },
  );

  test('where the central commission’s own approval is missing and nobody there can give it, the centre is told', async () => {
    const guard = await rig.logIn('security-officer', 'CEC');
    const other = await rig.logIn('approver', 'T1');
    locals.push(other);
    const id = await ask();
    for (const one of centre) await change(one, { state: 'disabled' });
    expect(await look()).toMatchObject([
      { act: 'approval.too-few', detail: { approval: id, precinct: 'CEC' } },
    ]);
    expect([await told(district), await told(guard)]).toEqual([[], ['CEC']]);
    const card = await admin.get(`/api/approvals/${id}`);
    expect(card.json()).toMatchObject({ deciders: { count: 2, unit: null } });
    // What an official looks into already is theirs to close.
    const [alert] = done<{ items: AlertItem[] }>(await guard.get('/api/alerts?state=new')).items;
    const taken = { expectedVersion: alert!.version, note: 'орун басар изделүүдө' };
    done(await guard.post(`/api/alerts/${alert!.id}/actions/investigate`, taken));
    for (const one of centre) await change(one, { state: 'active' });
    expect(await look()).toMatchObject([{ act: 'approval.enough', detail: { approval: id } }]);
    expect(done<AlertItem>(await guard.get(`/api/alerts/${alert!.id}`)).state).toBe('investigating');
    await approve(other, id);
    await approve(central, id);
    expect(await look()).toEqual([]);
  });

  test('the second person of an application: where the only other one is who asked, the unit above is told', async () => {
    // The approvers of T1 could be it too: they are away.
    for (const one of locals) await change(one, { clearanceUntil: '2025-11-03' });
    const second = await rig.logIn('territorial-admin', 'T1');
    await rig.write([
      {
        op: 'insert',
        table: 'approval',
        row: {
          ...{
            id: 'application-1',
            kind: 'application',
            payload: '{"application":"none"}',
            payloadHash: 'x',
          },
          ...{
            persons: 1,
            purpose: 'application',
            commission: 'T1',
            requestedBy: admin.id,
            state: 'pending',
          },
          ...{
            requestedAt: rig.time.now,
            expiresAt: rig.time.now + 86_400_000,
            needed: 1,
            entry: 0,
            version: 1,
          },
        },
      },
    ]);
    expect(await look()).toEqual([]);
    await change(second, { state: 'disabled' });
    const detail = { approval: 'application-1', precinct: 'D1' };
    expect(await look()).toMatchObject([{ act: 'approval.too-few', detail }]);
    rig.time.now += 86_400_000;
    expect(await look()).toMatchObject([{ act: 'approval.enough', detail }]);
    expect(rig.faults).toEqual([]);
  });
});
