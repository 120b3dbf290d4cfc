import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWatch, shippedRules, type WatchRig } from '#server/test/watch-rig.ts';
import { followBeside } from './beside.ts';
import { catalogueOfFiles, filesOf } from './catalogue.ts';
import { createFollower, type Follower } from './follower.ts';

const repeated = '2ba69b61-2fb9-475d-9286-90dd651ddde1';

let rig: WatchRig;
beforeEach(async () => {
  rig = await openWatch();
});
afterEach(() => rig.close());

const alerts = async () =>
  (await rig.store.reader.alerts.page({ path: '/CEC/', limit: 100 })).filter(
    ({ alert }) => alert.rule === repeated,
  );

describe('detection in a thread of its own', () => {
  const beside = (over = {}) =>
    followBeside({ database: `sqlite:${rig.path}`, files: filesOf(rig.catalogue.set), ...over });

  test('finds what it finds beside the requests, to the last entry durable when asked', async () => {
    const editor = await rig.logIn('territorial-admin', 'T1');
    const detection = rig.detect({ follower: beside() });
    await detection.start();
    for (let i = 0; i < 3; i++) {
      await rig.correct(editor, 'voter-1-0000');
      await detection.drain();
      expect(await alerts()).toHaveLength(i < 2 ? 0 : 1);
    }
    await detection.close();
    expect(rig.faults).toEqual([]);
  });

  test('other rules put in force are those it goes on with, the window read anew; what came before is the old ones’', async () => {
    const editor = await rig.logIn('territorial-admin', 'T1');
    const detection = rig.detect({ follower: beside() });
    await detection.start();
    for (let i = 0; i < 2; i++) await rig.correct(editor, 'voter-1-0000');
    await detection.drain();
    const files = filesOf(rig.catalogue.set).map(({ file, text }) =>
      file === 'voter_edited_repeatedly.yml'
        ? { file, text: text.replace('gte: 3', 'gte: 9') }
        : { file, text },
    );
    // Durable under the old rules, read by nobody yet: it is theirs.
    await rig.correct(editor, 'voter-1-0000');
    const stricter = catalogueOfFiles(files);
    detection.replace({ catalogue: stricter, follower: beside({ files }) });
    await detection.drain();
    expect(await alerts()).toHaveLength(1);
    for (let i = 0; i < 5; i++) await rig.correct(editor, 'voter-2-0000');
    await detection.drain();
    expect(await alerts()).toHaveLength(1);
    for (let i = 0; i < 4; i++) await rig.correct(editor, 'voter-2-0000');
    await detection.drain();
    expect(await alerts()).toHaveLength(2);
    await detection.close();
    expect(rig.faults).toEqual([]);
  });

  test('a thread that cannot start says why, and is started again when asked again', async () => {
    const follower = beside({ files: [{ file: 'nowhere.yml', text: 'no rule' }] });
    await expect(follower.open(0, 0)).rejects.toThrow('nowhere.yml');
    await expect(follower.step()).rejects.toThrow('not there');
    await expect(follower.open(0, 0)).rejects.toThrow('nowhere.yml');
    await follower.close();
  });
});

test('a follower that fails is put back to where the window begins, and nothing is told twice or lost', async () => {
  const editor = await rig.logIn('territorial-admin', 'T1');
  const inner = createFollower(rig.store.reader, shippedRules().ruleSet);
  let failing = false;
  let opened = 0;
  const follower: Follower = {
    ...inner,
    open: (from, judged) => {
      opened += 1;
      return inner.open(from, judged);
    },
    step: async () => {
      if (!failing) return inner.step();
      failing = false;
      throw new Error('lost');
    },
  };
  const detection = rig.detect({ follower });
  await detection.start();
  for (let i = 0; i < 4; i++) {
    await rig.correct(editor, 'voter-1-0000');
    failing = i > 0;
    await detection.drain();
  }
  await detection.drain();
  await detection.close();
  expect(opened).toBe(4);
  const [one, ...more] = await alerts();
  expect(more).toEqual([]);
  expect(one?.alert.folded).toBe(0);
  expect(rig.faults.map(String)).toEqual(Array.from({ length: 3 }, () => 'Error: lost'));
});
