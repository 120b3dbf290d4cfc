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
