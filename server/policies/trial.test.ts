// A proposed set is tried beside the decider in force: whatever its text does to Cedar, ends with the thread it did it in.
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { PolicyFile } from '#server/contract/policies.ts';
import { trialLimits } from '#server/lib/trial-thread.ts';
import { loadPolicy } from '#server/policy/cedar.ts';
import { openRelation } from '#server/policy/inputs.ts';
import { readPolicyFiles, schemaName } from '#server/policy/source.ts';
import { openTrials, type Trial } from './trial.ts';

const shipped = readPolicyFiles('policies/access');
const central = (['security-officer', 'security-officer', 'central-admin'] as const).map((role, i) => ({
  id: `officer-${i}`,
  role,
  path: '/CEC/',
}));
const trial = (proposed: PolicyFile[], compare = false): Trial => ({
  inForce: shipped,
  proposed,
  central,
  compare,
});
const own = (text: string): PolicyFile[] => [...shipped, { name: 'own.cedar', text }];
/** A chain of groups, each in the one before, within the bounds of a file: Cedar works out what is in what for minutes. */
const chain = shipped.map((file) => {
  if (file.name !== schemaName) return file;
  const groups = Array.from({ length: 1_700 }, (_, i) => `action "g${i + 1}" in ["g${i}"];`);
  return { ...file, text: `${file.text}\naction "g0";\n${groups.join('\n')}` };
});
const policy = loadPolicy('policies/access');
const stillDecides = () => {
  expect(policy.broken()).toBeNull();
  expect(policy.decide('voter.view', openRelation('territorial-admin')).kind).toBe('permit');
};
const open = (limits: Partial<typeof trialLimits> = {}) => {
  const faults: unknown[] = [];
  return { faults, trials: openTrials((error) => faults.push(error), { ...trialLimits, ...limits }) };
};

test('says faults, what would be lost, and what would change', async () => {
  const { trials, faults } = open();
  expect(await trials.run(trial(own('permit (principal')))).toMatchObject({
    kind: 'faults',
    faults: [{ file: 'own.cedar' }],
  });
  const forbid = (act: string) =>
    own(`@id("x") @why("y") forbid (principal, action == Action::"${act}", resource);`);
  expect(await trials.run(trial(forbid('alert.raise'), true))).toMatchObject({
    kind: 'set',
    lost: expect.stringContaining('alert.raise'),
    difference: null,
  });
  expect(await trials.run(trial(forbid('calendar.set'), true))).toMatchObject({
    kind: 'set',
    lost: null,
    difference: { added: [{ id: 'x' }], shifts: [{ acts: ['calendar.set'], becomes: 'denied' }], upTo: null },
  });
  const alone = { ...trial(shipped), central: central.slice(0, 1) };
  expect(await trials.run(alone)).toMatchObject({ lost: expect.stringContaining('no two officers') });
  expect(faults).toEqual([]);
});

test('a text Cedar works on for minutes is ended by time, or by memory; the next trial and the decider in force go on', async () => {
  expect(chain.every(({ text }) => text.length <= 65_536)).toBe(true);
  const { trials, faults } = open({ timeMs: 3_000, memoryMb: 4_096 });
  const before = process.threadCpuUsage();
  expect(await trials.run(trial(chain))).toEqual({ kind: 'given-up', why: 'time' });
  const { user, system } = process.threadCpuUsage(before);
  // Nobody here worked on it.
  expect(user + system).toBeLessThan(1_000_000);
  stillDecides();
  expect(await trials.run(trial(own('permit (principal')))).toMatchObject({ kind: expect.any(String) });

  const small = open({ memoryMb: 64 });
  expect(await small.trials.run(trial(chain))).toEqual({ kind: 'given-up', why: 'memory' });
  stillDecides();
  expect([...faults, ...small.faults]).toEqual([]);
});

test('a thread that falls is told to operators, and only its trial is lost', async () => {
  const { trials, faults } = open();
  // What is in force is read again there; text that is no policy stands for any fault within.
  const fallen = { ...trial(shipped, true), inForce: [{ name: 'a.cedar', text: 'no policy' }] };
  expect(await trials.run(fallen)).toEqual({ kind: 'given-up', why: 'fell' });
  expect(faults).toHaveLength(1);
  stillDecides();
  expect(await trials.run(trial(shipped))).toMatchObject({ kind: 'set', lost: null });
});

test('the memory of this process does not grow with the number of trials', async () => {
  const { trials } = open();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = async (n: number) => {
    await trials.run(trial(own(`@id("x") @why("${n}") forbid (principal, action, resource);`)));
    // What is only waiting to be collected is not held.
    collect();
    // Cedar's memory is counted here, and never shrinks.
    return process.memoryUsage().external;
  };
  const first = await held(0);
  let last = first;
  for (let n = 1; n <= 5; n++) last = await held(n);
  expect(last - first).toBeLessThan(2 ** 20);
});

test('one at a time, few waiting; closed, what is under way ends at once and nothing begins', async () => {
  // So much time that nothing but the closing ends it.
  const { trials } = open({ timeMs: 3_600_000 });
  const started = new Promise<Worker>((found) => process.once('worker', found));
  const runs = Array.from({ length: 4 }, () => trials.run(trial(chain)));
  expect(await runs[3]).toEqual({ kind: 'busy' });
  await once(await started, 'online');
  await trials.close();
  expect(await Promise.all(runs.slice(0, 3))).toEqual(Array.from({ length: 3 }, () => ({ kind: 'closed' })));
  expect(await trials.run(trial(shipped))).toEqual({ kind: 'closed' });
});
