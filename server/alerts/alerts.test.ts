import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlertCard, AlertItem } from '#server/contract/alerts.ts';
import { type Officer, openWatch, type WatchRig } from '#server/test/watch-rig.ts';

let rig: WatchRig;
let security: Officer;
let colleague: Officer;
let supervisor: Officer;
let elsewhere: Officer;
let editor: Officer;
const minute = 60_000;

beforeAll(async () => {
  rig = await openWatch();
  security = await rig.logIn('security-officer', 'CEC');
  colleague = await rig.logIn('security-officer', 'CEC');
  supervisor = await rig.logIn('supervisor', 'T1');
  elsewhere = await rig.logIn('supervisor', 'T2');
  editor = await rig.logIn('territorial-admin', 'T1');
});
afterAll(async () => {
  expect(rig.faults).toEqual([]);
  await rig.close();
});

let voters = 100;
/** Lets a rule fire about a new voter and answers with the alert. */
async function raise(kind: 'medium' | 'critical', who = editor): Promise<AlertItem> {
  const voter = `voter-${voters++}-0000`;
  rig.time.now += 1_000;
  const detection = rig.detect();
  await detection.start();
  for (let i = 0; i < (kind === 'medium' ? 3 : 1); i++)
    await rig.correct(who, voter, '1001', { approved: kind === 'medium' });
  await detection.drain();
  await detection.close();
  const { items } = (await rig.get(security, '/api/alerts')).json() as { items: AlertItem[] };
  return items[0]!;
}
const act = (who: Officer, alert: { id: string; version: number }, name: string, body: object = {}) =>
  rig.post(who, `/api/alerts/${alert.id}/actions/${name}`, { expectedVersion: alert.version, ...body });
const card = async (who: Officer, id: string) =>
  (await rig.get(who, `/api/alerts/${id}`)).json() as AlertCard;

describe('alerts', () => {
  test('the card says what the rule says, its condition and values, and shows the entries behind it', async () => {
    const alert = await raise('medium');
    expect(alert).toMatchObject({
      level: 'medium',
      state: 'new',
      commission: 'T1',
      overdue: false,
      dueAt: alert.createdAt + 480 * minute,
    });
    const before = rig.size();
    const seen = await card(supervisor, alert.id);
    expect(rig.size()).toBe(before + 1);
    expect(seen.title).toBe('Voter edited three or more times in 24 hours');
    expect(seen.message!.ky).toContain('шайлоочу');
    expect(seen.condition).toEqual({
      type: 'event_count',
      threshold: '≥ 3',
      windowSeconds: 86_400,
      groupBy: ['voter.id'],
    });
    expect(seen.values).toEqual([{ field: 'voter.id', value: seen.voter }]);
    expect(seen.about).toMatchObject([{ login: editor.login }]);
    expect(seen.timeline).toHaveLength(3);
    expect(seen.timeline[0]).toMatchObject({
      act: 'application.apply',
      officer: { login: editor.login, commission: 'T1' },
      changes: [
        { field: 'surname', old: 'Асанов', new: 'Асанова' },
        { field: 'address', old: '••••••', new: '••••••' },
      ],
    });
    expect((await card(security, alert.id)).timeline[0]!.changes[0]).toEqual({ field: 'surname' });
  });

  test('outside one’s units an alert does not exist', async () => {
    const alert = await raise('medium');
    expect((await rig.get(elsewhere, `/api/alerts/${alert.id}`)).statusCode).toBe(404);
    expect((await act(elsewhere, alert, 'acknowledge')).statusCode).toBe(404);
    const listed = (await rig.get(elsewhere, '/api/alerts')).json() as { items: AlertItem[] };
    expect(listed.items).toEqual([]);
    expect((await rig.get(editor, '/api/alerts')).statusCode).toBe(403);
  });

  test('steps lead from new to closed and back, each on the version seen', async () => {
    let alert = await raise('medium');
    expect(alert.actions).toEqual(['acknowledge', 'assign', 'investigate', 'close']);
    const stale = await act(supervisor, { ...alert, version: 7 }, 'acknowledge');
    expect(stale.statusCode).toBe(409);
    alert = (await act(supervisor, alert, 'acknowledge')).json() as AlertItem;
    expect(alert).toMatchObject({ state: 'acknowledged', version: 2, assignee: { login: supervisor.login } });
    expect((await act(supervisor, alert, 'acknowledge')).statusCode).toBe(409);
    alert = (await act(supervisor, alert, 'assign', { assignee: security.login })).json() as AlertItem;
    expect(alert.assignee!.login).toBe(security.login);
    for (const assignee of [editor.login, elsewhere.login, 'nobody'])
      expect((await act(supervisor, alert, 'assign', { assignee })).statusCode).toBe(422);
    alert = (await act(supervisor, alert, 'investigate')).json() as AlertItem;
    for (const [body, field] of [
      [{}, 'reason'],
      [{ reason: 'true', note: ' ' }, 'note'],
    ] as const) {
      const reply = await act(supervisor, alert, 'close', body);
      expect([reply.statusCode, (reply.json() as { field: string }).field]).toEqual([422, field]);
    }
    expect((await act(supervisor, alert, 'close', { reason: 'whim', note: 'x' })).statusCode).toBe(400);
    alert = (
      await act(supervisor, alert, 'close', { reason: 'authorised', note: 'Арыз бар' })
    ).json() as AlertItem;
    expect(alert).toMatchObject({ state: 'closed', actions: ['reopen'] });
    alert = (await act(security, alert, 'reopen')).json() as AlertItem;
    expect(alert.state).toBe('investigating');
    const seen = await card(security, alert.id);
    expect(seen.steps.map((step) => step.action)).toEqual([
      'raise',
      'acknowledge',
      'assign',
      'investigate',
      'close',
      'reopen',
    ]);
    expect(seen.closeReason).toBeNull();
  });

  test('a critical alert is closed by two', async () => {
    let alert = await raise('critical');
    const closing = { reason: 'logic', note: 'Эрежеде ката' };
    alert = (await act(security, alert, 'close', closing)).json() as AlertItem;
    expect(alert).toMatchObject({ state: 'new', awaitsSecond: true });
    expect(alert.actions).not.toContain('close');
    expect((await act(security, alert, 'close', closing)).statusCode).toBe(403);
    expect((await act(colleague, alert, 'close', { ...closing, reason: 'test' })).statusCode).toBe(422);
    alert = (await act(colleague, alert, 'close', closing)).json() as AlertItem;
    expect(alert).toMatchObject({ state: 'closed', awaitsSecond: false });
  });

  test('nobody judges an alert about themselves', async () => {
    const alert = await raise('critical', security);
    expect(alert).toMatchObject({ aboutMe: true, actions: [] });
    for (const name of ['acknowledge', 'assign', 'investigate', 'close'])
      expect((await act(security, alert, name, { reason: 'test', note: 'x' })).statusCode, name).toBe(403);
    expect((await act(colleague, alert, 'acknowledge')).statusCode).toBe(200);
  });

  test('an alert nobody looked at in time is overdue', async () => {
    const alert = await raise('critical');
    for (let i = 0; i < 3; i++) {
      rig.time.now += 5 * minute;
      await rig.get(security, '/api/alerts');
    }
    expect((await card(security, alert.id)).overdue).toBe(false);
    rig.time.now += 1;
    expect((await card(security, alert.id)).overdue).toBe(true);
    await act(security, alert, 'acknowledge');
    expect((await card(security, alert.id)).overdue).toBe(false);
  });

  test('pages by state and level follow each other', async () => {
    await raise('critical');
    await raise('critical');
    const first = (await rig.get(security, '/api/alerts?level=critical&state=new&limit=1')).json() as {
      items: AlertItem[];
      next: string;
    };
    const second = (
      await rig.get(security, `/api/alerts?level=critical&state=new&limit=1&after=${first.next}`)
    ).json() as { items: AlertItem[] };
    expect(first.items).toHaveLength(1);
    expect(second.items).toHaveLength(1);
    expect(second.items[0]!.id).not.toBe(first.items[0]!.id);
    expect([...first.items, ...second.items].every((one) => one.level === 'critical')).toBe(true);
  });
});
