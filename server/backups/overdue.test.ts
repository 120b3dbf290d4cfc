/** Backups that nobody tests: told after a month and each week from then on, until one is tested. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemContext } from '#server/gate/context.ts';
import { openWatch, type WatchRig } from '#server/test/watch-rig.ts';
import { testEveryMs, watchBackups } from './overdue.ts';
import { enterBackup } from './service.ts';

const day = 86_400_000;
let rig: WatchRig;
beforeEach(async () => {
  rig = await openWatch();
});
afterEach(() => rig.close());

const watch = () =>
  watchBackups(
    rig.rooms.gate,
    () => rig.time.now,
    (error) => {
      throw error;
    },
  );
const told = async () => {
  await rig.store.settled();
  return rig.store.reader.audit.newestOf(['system.backup-untested'], 10);
};
const tested = (detail: { entries: number; backup?: boolean }) =>
  enterBackup(rig.rooms.gate, systemContext('backup', rig.time.now, crypto.randomUUID()), {
    act: 'audit.verify',
    artifact: 'ab'.repeat(32),
    detail,
  });

test('a month after the log began, once, then each week; a test ends it for a month', async () => {
  const backups = watch();
  expect(backups.metrics()).toEqual([]);
  await backups.look();
  await tested({ entries: 1 });
  rig.time.now += testEveryMs - 1;
  await backups.look();
  expect(await told()).toEqual([]);
  expect(backups.metrics()).toContain('kuzot_backup_test_overdue 0');

  rig.time.now += day;
  await backups.look();
  await watch().look();
  expect(await told()).toHaveLength(1);
  expect(JSON.parse((await told())[0]!.json).detail.json).toMatchObject({ days: 32 });
  expect(backups.metrics()).toContain('kuzot_backup_test_overdue 1');
  rig.time.now += 7 * day;
  await backups.look();
  expect(await told()).toHaveLength(2);

  await tested({ entries: 1, backup: true });
  await rig.store.settled();
  rig.time.now += testEveryMs - 1;
  await backups.look();
  expect(await told()).toHaveLength(2);
  expect(backups.metrics()).toContain(
    `kuzot_backup_untested_seconds ${Math.round((testEveryMs - 1) / 1000)}`,
  );
  rig.time.now += 1;
  await backups.look();
  expect(await told()).toHaveLength(3);
});

test('what it says is an alert for those who watch', async () => {
  const detection = rig.detect();
  await detection.start();
  rig.time.now += testEveryMs;
  await watch().look();
  await detection.drain();
  await detection.close();
  const alerts = await rig.store.reader.alerts.page({ path: '/CEC/', limit: 10 });
  expect(alerts.map(({ alert: { rule, level } }) => [rule, level])).toEqual([
    ['5c1d7b0e-0f0a-4a4e-9d3c-7c2a9be1f4d7', 'medium'],
  ]);
});
