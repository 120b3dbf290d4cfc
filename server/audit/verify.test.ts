/**
 * Claims about the check of a database, on both engines and however many threads share it: a whole log is whole, what was
 * erased is counted, and the first entry whose event was changed is named, be it by one bit.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { origin, type Place, type Rig, startRig, verifier } from '#db/conformance/rig.ts';
import { openReadOnly } from '#db/open.ts';
import { draftEntry } from '#server/gate/leaf.ts';
import { verifyAudit } from './verify.ts';

const entries = 2_100;
/** More than one run of entries may hold, two of them. */
const longText = 'ө'.repeat(1_400_000);
const long = new Set([700, 701]);
/** Holds what a reader makes of bytes that are none of UTF-8's. */
const unclear = 900;

const made = (seq: number) =>
  draftEntry(
    {
      t: 1_770_000_000_000 + seq,
      act: 'voter.search',
      outcome: 'done',
      actor: 'officer-1',
      role: 'precinct-member',
      commission: '1001',
      session: 's1',
      request: `r${seq}`,
      policy: 'precinct-finds',
      node: 'test',
      address: '10.0.0.7',
      workstation: '',
    },
    {
      subjects: [`voter-${seq}`],
      query: long.has(seq) ? longText : `суроо ${seq === unclear ? '\ufffd' : seq}`,
    },
  );

describe.each(['sqlite', 'postgres'] as const)('the check of a database on %s', (engine) => {
  let rig: Rig;
  let place: Place;
  beforeAll(async () => {
    rig = await startRig(engine);
    place = await rig.fresh();
    const store = await place.open();
    await Promise.all(
      Array.from({ length: entries }, (_, seq) => store.commit({ changes: [], entries: [made(seq)] })),
    );
    await store.checkpoint();
  });
  afterAll(async () => {
    await place?.remove();
    await rig?.stop();
  });

  async function verify(threads: number) {
    const { log, close } = await openReadOnly(place.url);
    const seen: number[] = [];
    try {
      const result = await verifyAudit(log, {
        origin,
        verifiers: [verifier],
        threads,
        onProgress: (done) => seen.push(done),
      });
      return { ...result, progress: seen.at(-1) };
    } finally {
      await close();
    }
  }
  const change = (seq: number, from: string, to: string) =>
    place.sql(`update event set json = replace(json, '${from}', '${to}') where seq = ${seq}`);

  // How the work is shared out asks no engine.
  test.each(engine === 'sqlite' ? [0, 1, 2] : [2])(
    '%i threads beside: whole, then erased, then changed, told alike',
    async (threads) => {
      expect(await verify(threads)).toMatchObject({
        kind: 'ok',
        size: entries,
        erased: 0,
        progress: entries,
      });
      const [{ json }] = (await place.sql<{ json: string }>('select json from event where seq = 30')) as [
        { json: string },
      ];
      await place.sql('delete from event where seq = 30');
      // Its subject, its query and its detail.
      expect(await verify(threads)).toMatchObject({ kind: 'ok', erased: 1, unaccounted: 3 });
      await place.sql(`insert into event (seq, json) values (30, '${json}')`);
      await change(2_050, 'voter-2050', 'voter-2051');
      expect(await verify(threads)).toMatchObject({
        kind: 'broken',
        where: 'entry 2050',
        why: 'the subjects do not open their root',
      });
      // What comes first is named, also when it is slow to look at.
      await change(701, 'өө"', 'өү"');
      expect(await verify(threads)).toMatchObject({ kind: 'broken', where: 'entry 701' });
      await change(701, 'өү"', 'өө"');
      await change(2_050, 'voter-2051', 'voter-2050');
    },
  );

  if (engine === 'sqlite')
    test.each([0, 1])(
      '%i threads beside: bytes that only read as what was written are found',
      async (threads) => {
        const mark = (from: string, to: string) =>
          place.sql(`update event set json = replace(json, ${from}, ${to}) where seq = ${unclear}`);
        await mark('char(65533)', "cast(x'ff' as text)");
        expect(await verify(threads)).toMatchObject({
          kind: 'broken',
          where: `entry ${unclear}`,
          why: 'the event is not UTF-8',
        });
        await mark("cast(x'ff' as text)", 'char(65533)');
        expect(await verify(threads)).toMatchObject({ kind: 'ok' });
      },
    );
});
