import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWatch, type WatchRig } from '#server/test/watch-rig.ts';
import { loadCatalogue } from './catalogue.ts';

let rig: WatchRig;
beforeEach(async () => {
  rig = await openWatch();
});
afterEach(async () => {
  expect(rig.faults).toEqual([]);
  await rig.close();
});

const hour = 3_600_000;
const repeated = '2ba69b61-2fb9-475d-9286-90dd651ddde1';

async function alertsAt(path = '/CEC/') {
  const rows = await rig.store.reader.alerts.page({ path, limit: 100 });
  return rows.map(({ alert }) => alert);
}

describe('detection', () => {
  test('three applied corrections of one voter within a day raise exactly one alert, a replay no second', async () => {
    const editor = await rig.logIn('territorial-admin', 'T1');
    const detection = rig.detect();
    await detection.start();
    const seqs = [];
    for (let i = 0; i < 3; i++) {
      rig.time.now += hour;
      seqs.push(await rig.correct(editor, 'voter-1-0000'));
    }
    await detection.drain();
    const [alert, ...others] = (await alertsAt()).filter((one) => one.rule === repeated);
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      level: 'medium',
      state: 'new',
      voter: 'voter-1-0000',
      about: editor.id,
      commission: 'T1',
      firstSeq: seqs[0],
      lastSeq: seqs[2],
      seqs: JSON.stringify(seqs),
      folded: 0,
      createdAt: rig.time.now,
      dueAt: rig.time.now + 8 * hour,
      entity: '{"voter.id":"voter-1-0000"}',
    });

    // A crash before the place in the log was kept: everything is read and judged again.
    await detection.close();
    await rig.rooms.gate.keep([{ op: 'delete', table: 'cursor', key: { name: 'detection' } }]);
    const again = rig.detect();
    await again.start();
    await again.drain();
    await again.close();
    expect((await alertsAt()).filter((one) => one.rule === repeated)).toEqual([alert]);
  });

  test('two corrections of a voter and one of another raise nothing', async () => {
    const editor = await rig.logIn('territorial-admin', 'T1');
    const detection = rig.detect();
    await detection.start();
    await rig.correct(editor, 'voter-1-0000');
    await rig.correct(editor, 'voter-1-0000');
    await rig.correct(editor, 'voter-2-0000');
    await detection.drain();
    await detection.close();
    expect(await alertsAt()).toEqual([]);
  });

  test('a later firing folds into the open alert and leaves its evidence there', async () => {
    const [first, second] = [
      await rig.logIn('territorial-admin', 'T1'),
      await rig.logIn('territorial-admin', 'T2'),
    ];
    const detection = rig.detect();
    await detection.start();
    // Unapproved changes fire each time; the rule folds them for a day.
    const one = await rig.correct(first, 'voter-1-0000', '1001', { approved: false });
    await detection.drain();
    rig.time.now += hour;
    const two = await rig.correct(second, 'voter-1-0000', '2001', { approved: false });
    await detection.drain();
    const rule = '2b27f904-7284-4030-9a8e-6a20654d3d12';
    const alerts = (await alertsAt()).filter((alert) => alert.rule === rule);
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({
      folded: 1,
      firstSeq: one,
      lastSeq: two,
      seqs: JSON.stringify([one, two]),
    });
    expect(alerts[0]!.about.split(' ').toSorted()).toEqual([first.id, second.id].toSorted());
    // T1 and T2 meet in D1: nobody below it may judge.
    expect(alerts[0]!.commission).toBe('D1');

    rig.time.now += 24 * hour;
    await rig.correct(second, 'voter-1-0000', '2001', { approved: false });
    await detection.drain();
    expect((await alertsAt()).filter((alert) => alert.rule === rule)).toHaveLength(2);
    await detection.close();
  });

  test('a signal of level low is no alert', async () => {
    const clerk = await rig.logIn('precinct-member', '1001');
    const detection = rig.detect();
    await detection.start();
    await rig.act(clerk, 'voter.reveal', { subjects: ['voter-9-0000'], detail: { precinct: '2001' } });
    await detection.drain();
    await detection.close();
    expect(await alertsAt()).toEqual([]);
  });

  test('what detection reads is never raised twice by a restart that kept its place', async () => {
    const editor = await rig.logIn('territorial-admin', 'T1');
    const before = rig.detect();
    await before.start();
    await rig.correct(editor, 'voter-1-0000');
    await rig.correct(editor, 'voter-1-0000');
    await before.drain();
    await before.close();
    const after = rig.detect();
    await after.start();
    await rig.correct(editor, 'voter-1-0000');
    await after.drain();
    await after.close();
    // The two before the restart count: the window is rebuilt.
    expect((await alertsAt()).filter((one) => one.rule === repeated)).toHaveLength(1);
  });

  const changedAlone = '305c139b-58ff-4dd0-b2eb-89e8cf7edbef';
  const oneRule = `title: A search
id: 9d2b7a52-4a3c-4d6f-8f5e-2f1f6a9f0c11
logsource: {product: kuzot}
level: low
detection: {selection: {event.action: voter.search}, condition: selection}
`;
  test.each<[string, (dir: string) => void]>([
    ['one is taken away', (dir) => rmSync(join(dir, 'voter_edited_repeatedly.yml'))],
    [
      'all are taken away but one',
      (dir) => {
        for (const file of readdirSync(dir)) rmSync(join(dir, file));
        writeFileSync(join(dir, 'search.yml'), oneRule);
      },
    ],
    [
      'an exception is laid over what would tell of it',
      (dir) =>
        writeFileSync(
          join(dir, 'quiet.yml'),
          `title: Quiet
logsource: {product: kuzot}
filter: {rules: [${changedAlone}], selection: {event.action: rule.change}, condition: selection}
`,
        ),
    ],
    [
      'one is taken away, and a softer copy of what would tell of it laid there',
      (dir) => {
        rmSync(join(dir, 'voter_edited_repeatedly.yml'));
        writeFileSync(join(dir, 'soft.yml'), oneRule.replace(/id: .*/, `id: ${changedAlone}`));
      },
    ],
    [
      'another rule listens to what would tell of it',
      (dir) =>
        writeFileSync(
          join(dir, 'listens.yml'),
          `title: Listens
correlation: {type: event_count, rules: [${changedAlone}], group-by: [user.id], timespan: 1m, condition: {gte: 99}}
level: low
`,
        ),
    ],
  ])('%s: an entry and a critical alert', async (_, change) => {
    const first = rig.detect();
    await first.start();
    await first.drain();
    await first.close();
    expect(await alertsAt()).toEqual([]);
    const dir = join(rig.dir, 'rules');
    cpSync(join(import.meta.dirname, '..', '..', 'policies', 'detection'), dir, { recursive: true });
    change(dir);
    const second = rig.detect({ catalogue: loadCatalogue(dir) });
    await second.start();
    await second.drain();
    await second.close();
    const alerts = await alertsAt();
    expect(alerts.map(({ level, rule }) => [level, rule])).toEqual([['critical', changedAlone]]);
  });

  test('detection that was not started makes no entry and no alert, whatever it is told of', async () => {
    const editor = await rig.logIn('territorial-admin', 'T1');
    const detection = rig.detect();
    const seq = await rig.correct(editor, 'voter-1-0000', '1001', { approved: false });
    detection.notify();
    await detection.drain();
    await detection.close();
    expect(rig.size()).toBe(seq + 1);
    expect(await alertsAt()).toEqual([]);
  });

  test('a number missing in the log raises a critical alert, once', async () => {
    const editor = await rig.logIn('territorial-admin', 'T1');
    const seq = await rig.act(editor, 'voter.view', {});
    await rig.act(editor, 'voter.view', {});
    // Signed and built behind already: otherwise the writer itself may meet the hole first, and stop.
    await rig.store.checkpoint();
    await rig.store.settled();
    const db = new Database(rig.path);
    for (const { name } of db.prepare("select name from sqlite_master where type = 'trigger'").all() as {
      name: string;
    }[])
      db.exec(`drop trigger "${name}"`);
    db.prepare('delete from entry where seq = ?').run(seq);
    db.close();
    for (let i = 0; i < 2; i++) {
      const detection = rig.detect();
      await detection.start();
      await detection.drain();
      await detection.close();
      await rig.rooms.gate.keep([{ op: 'delete', table: 'cursor', key: { name: 'detection' } }]);
    }
    expect((await alertsAt()).map(({ level, rule }) => [level, rule])).toEqual([
      ['critical', '7b94981e-6623-47d0-8121-44563f46f29b'],
    ]);
  });

  test('a sign of life says how far the log was read', async () => {
    const detection = rig.detect();
    await detection.start();
    await detection.drain();
    const before = rig.size();
    await detection.beat();
    await detection.close();
    const [entry] = await rig.store.reader.audit.entriesAt([before]);
    expect(JSON.parse(Buffer.from(entry!.leaf).toString())).toMatchObject({
      act: 'log.heartbeat',
      actor: 'system:detection',
    });
    expect(JSON.parse(entry!.json!)).toMatchObject({
      detail: { json: { read: before, rules: rig.catalogue.ruleSet.hash } },
    });
  });

  test('an alert told late says when it became true, and is due from when it was told', async () => {
    const editor = await rig.logIn('territorial-admin', 'T1');
    const then = rig.time.now;
    await rig.correct(editor, 'voter-1-0000', '1001', { approved: false });
    rig.time.now += 50 * hour;
    // Two days apart: the second is not folded into the first, however late both are told.
    await rig.correct(editor, 'voter-1-0000', '1001', { approved: false });
    rig.time.now += hour;
    const detection = rig.detect();
    await detection.start();
    await detection.drain();
    await detection.close();
    const alerts = await alertsAt();
    expect(alerts.map(({ createdAt, dueAt }) => [createdAt, dueAt])).toEqual([
      [then + 50 * hour, rig.time.now + hour / 4],
      [then, rig.time.now + hour / 4],
    ]);
  });

  test('a log shorter than what was read of it raises a critical alert', async () => {
    const first = rig.detect();
    await first.start();
    await first.drain();
    await first.close();
    await rig.rooms.gate.keep([
      { op: 'update', table: 'cursor', key: { name: 'detection' }, set: { seq: 9_000 } },
    ]);
    const second = rig.detect();
    await second.start();
    await second.drain();
    await second.close();
    expect((await alertsAt()).map(({ level, rule }) => [level, rule])).toEqual([
      ['critical', '7b94981e-6623-47d0-8121-44563f46f29b'],
    ]);
  });
});
