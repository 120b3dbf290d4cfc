/** The runner beside a follower of stone: what comes while it keeps its place is looked at right after. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Gate } from '#server/gate/gate.ts';
import { catalogueOf } from './catalogue.ts';
import type { Follower } from './follower.ts';
import { createRunner } from './runner.ts';
import { compileRules } from './sigma/ruleset.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a call that comes while the place is kept is answered by another look, not by the next poll', async () => {
  let size = 1;
  let next = 0;
  const looks: number[] = [];
  const follower: Follower = {
    open: async () => undefined,
    async step() {
      const read = size - next;
      next = size;
      looks.push(next);
      return { next, read, gaps: [], found: [], faults: [] };
    },
    close: async () => undefined,
  };
  let kept = () => {};
  const keeping = new Promise<void>((done) => {
    kept = done;
  });
  const keep = vi.fn(() => keeping);
  const faults: unknown[] = [];
  const runner = createRunner({
    // Of the gate only what is used here.
    gate: {
      keep,
      reader: { audit: { cursor: async () => null, firstSince: async () => null } },
    } as unknown as Gate,
    catalogue: catalogueOf(compileRules([])),
    follower,
    clock: () => Date.now(),
    newId: () => 'id',
    onGap: async () => undefined,
    onFault: (error) => faults.push(error),
  });
  await runner.open(1);
  // Read, rested, read nothing more; a second after the start the place is kept.
  await vi.advanceTimersByTimeAsync(100);
  expect(looks.at(-1)).toBe(1);
  size = 2;
  await vi.advanceTimersByTimeAsync(1_200);
  expect(keep).toHaveBeenCalledTimes(1);
  const before = looks.length;
  size = 3;
  runner.notify();
  await vi.advanceTimersByTimeAsync(60);
  expect(looks).toHaveLength(before);
  kept();
  // No clock moves on: nothing but the call itself brings this look.
  await vi.advanceTimersByTimeAsync(0);
  expect(looks.length).toBeGreaterThan(before);
  expect(looks.at(-1)).toBe(3);
  expect(faults).toEqual([]);
  await vi.advanceTimersByTimeAsync(60);
  await runner.close();
});
