/** One file is fetched once: what a second try, a late one and many at once are told, on both engines, an entry each. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { approvedList, otherWindow } from '#server/test/attacks/scene.ts';
import { engines, openOn } from '#server/test/both-engines.ts';
import type { ConsoleRig, Officer } from '#server/test/console-rig.ts';

describe.each(engines)('a download on %s', (engine) => {
  let close = async () => {};
  let rig: ConsoleRig;
  let admin: Officer;
  let approvers: [Officer, Officer];

  beforeAll(async () => {
    ({ rig, close } = await openOn(engine));
    admin = await rig.logIn('territorial-admin', 'T1');
    approvers = [await rig.logIn('approver', 'CEC'), await rig.logIn('approver', 'T1')];
    await rig.addVoter('1001');
  });
  afterAll(() => close());

  /** Status, problem and the entries it made. */
  async function fetching(who: Officer, id: string) {
    const before = rig.size();
    const reply = await who.post(`/api/downloads/${id}`);
    const type = reply.statusCode === 200 ? null : String(reply.json().type).split('/').at(-1);
    return { status: reply.statusCode, type, entries: rig.size() - before };
  }

  test.each(['prints', 'exports'] as const)('of %s fetched before says that it is used', async (kind) => {
    const id = await approvedList(kind, admin, approvers);
    const first = await admin.withFactor(`/api/downloads/${id}`);
    expect(first.statusCode, first.body.slice(0, 300)).toBe(200);
    expect(await fetching(admin, id)).toEqual({ status: 409, type: 'used', entries: 1 });
    const [entry] = await rig.store.reader.audit.entriesAt([rig.size() - 1]);
    expect(JSON.parse(Buffer.from(entry!.leaf).toString())).toMatchObject({ outcome: 'denied' });
    // Nobody else learns that there was one.
    expect(await fetching(approvers[0], id)).toEqual({ status: 403, type: 'denied', entries: 1 });
    expect((await fetching(await rig.logIn('territorial-admin', 'T2'), id)).status).toBe(404);
  });

  test('tried by many at once is given to exactly one', async () => {
    const id = await approvedList('exports', admin, approvers);
    const { hash } = (await admin.get(`/api/approvals/${id}`)).json();
    const windows = [];
    for (let i = 0; i < 4; i++) windows.push(await otherWindow(rig, admin, `list.export:${hash}`));
    const before = rig.size();
    const replies = await Promise.all(windows.map((post) => post(`/api/downloads/${id}`)));
    expect(replies.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 409, 409, 409]);
    // The one that was given: its rendering and the download.
    expect(rig.size() - before).toBe(5);
    expect(await fetching(admin, id)).toMatchObject({ status: 409, type: 'used' });
  });

  test('too late says that its time has passed', async () => {
    const id = await approvedList('prints', admin, approvers);
    const { hash } = (await admin.get(`/api/approvals/${id}`)).json();
    const began = rig.time.now;
    rig.time.now = began + 24 * 3_600_000 + 1;
    const post = await otherWindow(rig, admin, `list.print:${hash}`);
    const before = rig.size();
    const late = await post(`/api/downloads/${id}`);
    expect([late.statusCode, String(late.json().type).split('/').at(-1), rig.size() - before]).toEqual([
      409,
      'expired',
      1,
    ]);
    rig.time.now = began;
  });
});
