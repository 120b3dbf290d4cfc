/** The machine's clock set back, while the server runs and while it does not: an entry and an alert, on both engines. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LogUnavailable } from '#db/store.ts';
import { systemContext } from '#server/gate/context.ts';
import { steadyClock } from '#server/lib/clock.ts';
import { engines, openRigOn } from '#server/test/both-engines.ts';
import { openWatch, type WatchRig } from '#server/test/watch-rig.ts';

const hour = 3_600_000;
const rule = '5f0f3c1a-0f5e-4a0b-9f5c-6b7d2f6f4a11';

describe.each(engines)('the machine’s clock set back on %s', (engine) => {
  let close = async () => {};
  let rig: WatchRig;

  beforeAll(async () => {
    ({ rig, close } = await openRigOn(engine, (openWith) => openWatch({ openWith })));
  });
  afterAll(() => close());

  const told = async () => {
    await rig.store.settled();
    const rows = await rig.store.reader.audit.newestOf(['system.clock-back'], 50);
    return rows.map(({ json }) => (JSON.parse(json) as { detail: { json: object } }).detail.json);
  };
  const alerts = async () =>
    (await rig.store.reader.alerts.page({ path: '/CEC/', limit: 100 })).filter(
      ({ alert }) => alert.rule === rule,
    );

  test('while the server runs: one entry says how far, once the log takes it, and an alert is raised', async () => {
    const machine = { wall: rig.time.now, passed: 0 };
    const { takeSetBack } = steadyClock(
      () => machine.wall,
      () => machine.passed,
    );
    let refusing = false;
    const { gate } = rig.rooms;
    const detection = rig.detect({
      takeSetBack,
      gate: {
        ...gate,
        change: (ctx, act, work) =>
          refusing ? Promise.reject(new LogUnavailable('full')) : gate.change(ctx, act, work),
      },
    });
    await detection.start();
    await detection.watchClock();
    expect(await told()).toEqual([]);
    machine.wall -= 2 * hour;
    refusing = true;
    await expect(detection.watchClock()).rejects.toThrow('full');
    refusing = false;
    await detection.watchClock();
    await detection.watchClock();
    const step = { behindMs: 2 * hour, machine: machine.wall, running: true, address: 'local' };
    expect(await told()).toEqual([step]);
    await detection.drain();
    expect((await alerts()).map(({ alert }) => [alert.level, alert.folded])).toEqual([['high', 0]]);
    machine.passed += 1_000;
    machine.wall += 1_000 - hour;
    await detection.watchClock();
    expect((await told()).map((one) => (one as typeof step).behindMs)).toEqual([3 * hour, 2 * hour]);
    await detection.drain();
    await detection.close();
    expect(rig.faults).toEqual([]);
  });

  test('by itself, within seconds', async () => {
    const machine = { wall: rig.time.now };
    const before = (await told()).length;
    const detection = rig.detect({ takeSetBack: steadyClock(() => machine.wall).takeSetBack });
    await detection.start();
    machine.wall -= 5 * hour;
    await expect.poll(async () => (await told()).length, { timeout: 30_000 }).toBe(before + 1);
    await detection.close();
    expect(rig.faults).toEqual([]);
  });

  test('while it was stopped: the start says so, once; a restart at the right time says nothing', async () => {
    const before = (await told()).length;
    const restart = async () => {
      const detection = rig.detect();
      await detection.start();
      await detection.drain();
      await detection.close();
      return told();
    };
    rig.time.now += 60_000;
    expect(await restart()).toHaveLength(before);
    const latest = rig.size() - 1;
    const known = (await alerts()).length;
    rig.time.now -= 3 * hour;
    // A command at the time set back: the newest entry no longer shows it.
    await rig.rooms.gate.refused(systemContext('backup', rig.time.now, 'r1'), 'system.backup', 'test');
    const [step, ...others] = await restart();
    expect(others).toHaveLength(before);
    const said = { machine: rig.time.now, latest, running: false, address: 'local' };
    expect(step).toEqual({ behindMs: 3 * hour, ...said });
    expect(await alerts()).toHaveLength(known + 1);
    rig.time.now += 60_000;
    expect(await restart()).toHaveLength(before + 1);
    rig.time.now -= hour;
    const farther = await restart();
    expect(farther).toHaveLength(before + 2);
    expect(farther[0]).toEqual({ behindMs: 4 * hour - 60_000, ...said, machine: rig.time.now });
    expect(rig.faults).toEqual([]);
  });
});
