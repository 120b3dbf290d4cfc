/**
 * Claims about what is searched of the log, on both engines: whoever has the database in their hands cannot take an act or an
 * access out of it, nor put one in, without the check of the database telling; and rows of no entry are told as well.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { origin, type Place, type Rig, startRig, verifier } from '#db/conformance/rig.ts';
import { type MaintainedStore, openReadOnly } from '#db/open.ts';
import { draftEntry } from '#server/gate/leaf.ts';
import { verifyAudit } from './verify.ts';

const entries = 2_100;
const hourMs = 3_600_000;

const made = (seq: number) =>
  draftEntry(
    {
      t: 1_770_000_000_000 + Math.floor(seq / 700) * hourMs,
      act: seq % 2 ? 'voter.view' : 'voter.search',
      outcome: seq % 5 ? 'done' : 'denied',
      actor: 'officer-1',
      role: 'precinct-member',
      commission: seq % 3 ? '1001' : null,
      session: 's1',
      request: `r${seq}`,
      policy: 'precinct-finds',
      node: 'test',
      address: '10.0.0.7',
      workstation: '',
    },
    { subjects: [`voter-${seq}`, 'voter-of-all'] },
  );

describe.each(['sqlite', 'postgres'] as const)('what is searched of the log on %s', (engine) => {
  let rig: Rig;
  let place: Place;
  let store: MaintainedStore;
  beforeAll(async () => {
    rig = await startRig(engine);
    place = await rig.fresh();
    store = await place.open();
    await Promise.all(
      Array.from({ length: entries }, (_, seq) => store.commit({ changes: [], entries: [made(seq)] })),
    );
    await store.commit({ changes: [], entries: [{ leaf: '{"not":"one of ours"}', event: '{}' }] });
    await store.settled();
    await store.checkpoint();
  });
  afterAll(async () => {
    await place?.remove();
    await rig?.stop();
  });

  async function verify(threads = 0) {
    const { log, close } = await openReadOnly(place.url);
    try {
      return await verifyAudit(log, { origin, verifiers: [verifier], threads, trail: log });
    } finally {
      await close();
    }
  }
  const fine = { kind: 'ok', size: entries + 1, trailFault: null };

  test.each([0, 2])('%i threads beside: as it was built, nothing is wrong', async (threads) => {
    expect(await verify(threads)).toMatchObject(fine);
  });

  test.each([
    [
      'an act said to be another officer’s',
      "update trail set actor = 'officer-2' where seq = 1500",
      "update trail set actor = 'officer-1' where seq = 1500",
      /of entry 1500 it shows something else/,
    ],
    [
      'an act without its unit',
      'update trail set commission = null where seq = 1501',
      "update trail set commission = '1001' where seq = 1501",
      /of entry 1501 /,
    ],
    [
      'an access taken from a person',
      "delete from trail_voter where voter = 'voter-of-all' and seq = 1030",
      "insert into trail_voter (voter, seq) values ('voter-of-all', 1030)",
      /of the entries 1024 to 2047 it shows other persons/,
    ],
    [
      'an access made another person’s',
      "update trail_voter set voter = 'voter-8' where voter = 'voter-7' and seq = 7",
      "update trail_voter set voter = 'voter-7' where voter = 'voter-8' and seq = 7",
      /of the entries 0 to 1023 it shows other persons/,
    ],
    [
      'an hour that ends sooner',
      'update trail_hour set last = last - 100 where first = 0',
      'update trail_hour set last = last + 100 where first = 0',
      /counts over time/,
    ],
    [
      'refusals counted as less',
      "update trail_count set entries = entries - 1 where outcome = 'denied'",
      "update trail_count set entries = entries + 1 where outcome = 'denied'",
      /counts over time/,
    ],
    [
      'a row of no entry',
      "insert into trail (seq, at, act, outcome, persons) values (9000, 1, 'voter.view', 'done', 0)",
      'delete from trail where seq = 9000',
      /table trail has 1 row\(s\) of no entry, from 9000/,
    ],
    [
      'a row in the place of a foreign leaf',
      `insert into trail (seq, at, act, outcome, persons) values (${entries}, 1, 'voter.view', 'done', 0)`,
      `delete from trail where seq = ${entries}`,
      new RegExp(`of entry ${entries} `),
    ],
    [
      'more than the log has',
      "update cursor set seq = 9000 where name = 'trail'",
      `update cursor set seq = ${entries + 1} where name = 'trail'`,
      /claims to show 9000 entries/,
    ],
  ])('%s: told', async (_, attack, mend, why) => {
    await place.sql(attack);
    const found = await verify(engine === 'sqlite' ? 1 : 0);
    await place.sql(mend);
    expect(found).toMatchObject({ kind: 'ok', trailFault: expect.stringMatching(why) });
    expect(await verify()).toMatchObject(fine);
  });

  test('an act taken out: told, and built again it is there', async () => {
    await place.sql('delete from trail where seq = 800');
    expect(await verify()).toMatchObject({
      trailFault: expect.stringMatching(/of entry 800 .*audit rebuild/s),
    });
    await store.rebuildProjections();
    expect(await verify()).toMatchObject(fine);
  });

  test('what is not built yet is not missed', async () => {
    await place.sql("update cursor set seq = 0 where name = 'trail'");
    for (const table of ['trail', 'trail_voter', 'trail_hour', 'trail_count'])
      await place.sql(`delete from ${table}`);
    expect(await verify()).toMatchObject(fine);
    await store.rebuildProjections();
    expect(await verify()).toMatchObject(fine);
  });

  test.each([-1, entries + 1, 90_000])('an event of no entry, at %i: told', async (seq) => {
    await place.sql(`insert into event (seq, json) values (${seq}, '{}')`);
    const found = await verify();
    await place.sql(`delete from event where seq = ${seq}`);
    expect(found).toMatchObject({ kind: 'broken', where: 'table event' });
    expect(found).toMatchObject({ why: expect.stringContaining(`from ${seq} on`) });
  });
});
