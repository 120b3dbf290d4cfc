import { expect, test } from 'vitest';
import { heedOf, notBehind } from './several.ts';

type Rooms = Parameters<typeof heedOf>[0];

/** Rooms whose policies are read when a test lets them be. */
function rooms() {
  const reads: { done(): void; fail(why: string): void }[] = [];
  const taken: number[] = [];
  let forgotten = 0;
  const stand = {
    policies: {
      takeUp: () =>
        new Promise<void>((resolve, reject) => {
          const n = reads.length;
          const done = () => {
            taken.push(n);
            resolve();
          };
          reads.push({ done, fail: (why) => reject(new Error(why)) });
        }),
    },
    rules: { takeUp: async () => {} },
    alerts: { streams: { poke: () => {} } },
    forgetEmergencies: () => void forgotten++,
  } as unknown as Rooms;
  return { stand, reads, taken, forgotten: () => forgotten };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('sets are taken up one after another: what was read last is in force', async () => {
  const { stand, reads, taken } = rooms();
  const faults: unknown[] = [];
  const heed = heedOf(stand, (error) => faults.push(error));
  const first = heed.changed(['policyInForce']);
  const second = heed.changed(['policyInForce', 'emergency']);
  await turn();
  expect(reads).toHaveLength(1);
  reads[0]!.fail('not now');
  await expect(first).rejects.toThrow('not now');
  await turn();
  reads[1]!.done();
  await second;
  expect([taken, faults.length]).toEqual([[1], 1]);
});

test('an emergency access is forgotten at once, whatever sets are being read', async () => {
  const { stand, reads, forgotten } = rooms();
  const heed = heedOf(stand, () => {});
  const slow = heed.changed(['policyInForce']);
  await heed.changed(['emergency']);
  expect(forgotten()).toBe(1);
  await turn();
  reads[0]!.done();
  await slow;
});

test('a joined server is not behind the one that writes, whose clock goes on when the machine’s is set back', () => {
  let [machine, other] = [100, 0];
  const clock = notBehind(
    () => machine,
    () => other,
  );
  expect(clock()).toBe(100);
  [machine, other] = [40, 130];
  expect(clock()).toBe(130);
});
