import { describe, expect, test } from 'vitest';
import { steadyClock } from './clock.ts';

function machine(at: number) {
  const state = { wall: at, passed: 0 };
  const clock = steadyClock(
    () => state.wall,
    () => state.passed,
  );
  return {
    clock,
    state,
    pass(ms: number) {
      state.wall += ms;
      state.passed += ms;
      return clock();
    },
    set(wall: number) {
      state.wall = wall;
      return clock();
    },
  };
}

describe('a clock', () => {
  test('is the machine’s as long as that goes forward', () => {
    const { pass, set } = machine(1_000_000);
    expect(pass(250)).toBe(1_000_250);
    expect(set(9_000_000)).toBe(9_000_000);
    expect(pass(1)).toBe(9_000_001);
  });

  test('set back an hour goes on at the same pace, so that nothing gets its time over again', () => {
    const { pass, set } = machine(10_000_000);
    expect(set(10_000_000 - 3_600_000)).toBe(10_000_000);
    expect(pass(600_000)).toBe(10_600_000);
    expect(pass(0.4)).toBe(10_600_000);
    expect(pass(0.7)).toBe(10_600_001);
  });

  test('adjusted a little back stands still until the machine has caught up', () => {
    const { pass, set } = machine(10_000_000);
    expect(set(9_999_700)).toBe(10_000_000);
    expect(pass(200)).toBe(10_000_000);
    expect(pass(150)).toBe(10_000_050);
  });

  test('tells once of every step back, how far it now stands behind', () => {
    const { clock, pass, set } = machine(10_000_000);
    pass(2_000);
    expect(clock.takeSetBack()).toBeNull();
    set(clock() - 3_600_000);
    pass(5_000);
    expect(clock.takeSetBack()).toEqual({ behindMs: 3_600_000, machine: 10_002_000 - 3_600_000 });
    pass(60_000);
    expect(clock.takeSetBack()).toBeNull();
    // Farther back, and put right: the one is a step of its own, the other none.
    set(clock() - 7_200_000);
    expect(clock.takeSetBack()).toMatchObject({ behindMs: 7_200_000 });
    set(clock());
    expect(clock.takeSetBack()).toBeNull();
    set(clock() - 60_000);
    expect(clock.takeSetBack()).toMatchObject({ behindMs: 60_000 });
  });

  test('tells of a step back that was taken back before anybody asked, and of none that a time server makes', () => {
    const { clock, pass, set } = machine(10_000_000);
    set(10_000_000 - 90_000);
    set(10_000_000);
    expect(clock.takeSetBack()).toMatchObject({ behindMs: 90_000 });
    pass(1_000);
    set(10_000_100);
    expect(clock.takeSetBack()).toBeNull();
  });

  test('is not slowed by many small steps back, and tells of them', () => {
    const { clock, pass, set, state } = machine(10_000_000);
    for (let i = 0; i < 50; i++) {
      pass(1_000);
      set(state.wall - 900);
    }
    expect(clock()).toBeGreaterThan(10_000_000 + 50_000 - 1_000);
    expect(clock.takeSetBack()?.behindMs).toBeGreaterThan(40_000);
  });

  test('never goes back, whatever the machine’s does', () => {
    const { clock, pass, set } = machine(5_000_000);
    let last = clock();
    for (let i = 0; i < 2_000; i++) {
      const now = i % 3 === 0 ? set((i * 7_919_317) % 10_000_000) : pass(i % 40);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });
});
