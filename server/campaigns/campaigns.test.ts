// Campaigns as records: opened and closed by named officials of the centre, each an entry; counts that add up; on both engines.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addCalendarDays, bishkekDay, DAY_MS } from '#server/lib/dates.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';

interface Card {
  id: string;
  version: number;
  round: string | null;
  counts: Record<'changed' | 'due' | 'waiting', number>;
  units: { commission: string; changed: number; due: number; waiting: number }[];
}

describe.each(engines)('campaigns on %s', (engine) => {
  let rig: ConsoleRig;
  let close: () => Promise<void>;
  let admin: Officer;
  let guard: Officer;
  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
    admin = await rig.logIn('central-admin', 'CEC');
    guard = await rig.logIn('security-officer', 'CEC');
  });
  afterAll(() => close());

  const inDays = (n: number) => addCalendarDays(bishkekDay(rig.time.now), n);
  const open = (by: Officer, body: object = {}) =>
    by.post('/api/campaigns', { name: 'Президент шайлоосу', basis: '№ 12', opensOn: inDays(20), ...body });

  test('opened and closed by the centre, each an entry; nobody else sees or keeps them', async () => {
    for (const [role, unit] of [
      ['precinct-member', '1001'],
      ['territorial-admin', 'T1'],
      ['approver', 'CEC'],
    ] as const) {
      const other = await rig.logIn(role, unit);
      expect((await open(other)).statusCode).toBe(403);
      expect((await other.get('/api/campaigns')).statusCode).toBe(403);
    }
    const before = rig.size();
    const opened = await open(guard, { basis: '№ 1' });
    expect([opened.statusCode, opened.json()]).toMatchObject([
      201,
      {
        closedOn: null,
        openEntry: before,
        rounds: [{ when: 'before', firstDay: inDays(6), lastDay: inDays(19) }],
      },
    ]);
    const { id } = opened.json();
    const auditor = await rig.logIn('auditor', 'CEC');
    expect((await auditor.get(`/api/campaigns/${id}`)).statusCode).toBe(200);
    const end = `/api/campaigns/${id}/actions/close`;
    expect((await auditor.post(end, { expectedVersion: 1 })).statusCode).toBe(403);
    expect((await admin.post(end, { expectedVersion: 2 })).statusCode).toBe(409);
    const closed = await admin.post(end, { expectedVersion: 1 });
    expect([closed.statusCode, closed.json()]).toMatchObject([
      200,
      { closedOn: inDays(0), closeEntry: rig.size() - 1, rounds: [] },
    ]);
    expect((await admin.post(end, { expectedVersion: 2 })).statusCode).toBe(409);
    expect((await admin.get(`/api/campaigns/${id}`)).json()).toMatchObject({ round: null, units: [] });
  });

  test('of two closings at once one stands; the same decision is recorded once', async () => {
    const { id } = (await open(admin, { basis: '№ 2' })).json();
    expect((await open(guard, { basis: ' № 2' })).statusCode).toBe(409);
    const end = `/api/campaigns/${id}/actions/close`;
    const both = await Promise.all([admin, guard].map((by) => by.post(end, { expectedVersion: 1 })));
    expect(both.map((reply) => reply.statusCode).sort()).toEqual([200, 409]);
  });

  test.each([
    ['opensOn', () => ({ opensOn: inDays(-1) }), 422],
    ['opensOn', () => ({ opensOn: inDays(400) }), 422],
    ['opensOn', () => ({ opensOn: '2026-02-30' }), 422],
    ['name', () => ({ name: 'x' }), 400],
    ['basis', () => ({ basis: '' }), 400],
  ])('a wrong %s is refused and named', async (field, body, status) => {
    const reply = await open(admin, body());
    expect([reply.statusCode, JSON.stringify(reply.json())]).toEqual([
      status,
      expect.stringContaining(field),
    ]);
  });

  test('who has changed, who is due and whose turn comes when, by territory, adds up', async () => {
    const began = rig.time.now;
    const old = began - 100 * DAY_MS;
    const staff = [];
    for (const unit of ['1001', '1002', '2001'])
      staff.push(await rig.logIn('precinct-member', unit, { passwordSetAt: old }));
    const { id } = (await open(admin, { basis: '№ 3', opensOn: inDays(14) })).json();
    const card = async () => (await admin.get(`/api/campaigns/${id}`)).json() as Card;
    const at = async (days: number) => {
      rig.time.now = began + days * DAY_MS;
      return (await rig.logIn('central-admin', 'CEC')).get(`/api/campaigns/${id}`);
    };
    const first = await card();
    const total = (of: Card['counts']) => of.changed + of.due + of.waiting;
    const active = (await rig.store.reader.campaigns.passwords('/CEC/')).length;
    expect([first.round, total(first.counts)]).toEqual(['before', active]);
    expect(first.units.reduce((sum, unit) => sum + total(unit), 0)).toBe(active);
    expect(first.units.map((unit) => unit.commission)).not.toContain('1001');
    const last = (await at(13)).json() as Card;
    expect(last.counts).toMatchObject({ waiting: 0 });
    expect(last.counts.due).toBeGreaterThanOrEqual(3);
    expect(last.units[0]!.due).toBeGreaterThan(0);
    const [one] = staff;
    await rig.write([
      { op: 'update', table: 'officer', key: { id: one!.id }, set: { passwordSetAt: rig.time.now } },
    ]);
    const later = await rig.logIn('central-admin', 'CEC');
    const list = async (query: string) =>
      (await later.get(`/api/campaigns/${id}/officers?${query}`)).json() as {
        items: { id: string; commission: string; standing: string; turn: string }[];
        count: number;
      };
    const dueInT1 = await list('standing=due&commission=T1');
    expect(dueInT1.items.map((item) => item.id)).toContain(staff[1]!.id);
    expect(dueInT1.items.map((item) => item.id)).not.toContain(one!.id);
    expect((await list('standing=changed')).items.map((item) => item.id)).toContain(one!.id);
    const all = await list('limit=200');
    expect(all.items.map((item) => item.turn)).toEqual(all.items.map((item) => item.turn).toSorted());
    const page = await list('limit=2&skip=1');
    expect(page.items).toEqual(all.items.slice(1, 3));
    expect((await later.get(`/api/campaigns/${id}/officers`)).body).not.toMatch(/argon2|hash/i);
    rig.time.now = began;
  });

  test('forces the change at the next log-in, not in the middle of a session', async () => {
    const old = rig.time.now - 100 * DAY_MS;
    const due = (at: number, setAt = old) => rig.rooms.campaigns.due(rig.store.reader, 'somebody', setAt, at);
    const opened = await open(admin, { basis: '№ 4', opensOn: inDays(0) });
    expect(await due(rig.time.now)).toBe(true);
    expect(await due(rig.time.now, rig.time.now)).toBe(false);
    expect((await admin.get('/api/session')).json().stage).toBe('open');
    const { id } = opened.json();
    await admin.post(`/api/campaigns/${id}/actions/close`, { expectedVersion: 1 });
    expect(await due(rig.time.now + 15 * DAY_MS, rig.time.now)).toBe(true);
  });
});
