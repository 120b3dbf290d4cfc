// What a change of policies opens is said however many facts it asks for, in one's own unit and outside it.
import { expect, test } from 'vitest';
import type { PolicyFile } from '#server/contract/policies.ts';
import { compilePolicies } from './cedar.ts';
import { differenceOf } from './difference.ts';
import { flags } from './relation.ts';
import { parsePolicies, readPolicyFiles } from './source.ts';

const shipped = readPolicyFiles('policies/access');
const setOf = (files: PolicyFile[]) => {
  const parsed = parsePolicies(files);
  if (parsed.kind !== 'set') throw new Error(JSON.stringify(parsed.faults));
  return parsed.source;
};
const withOwn = (text: string) => setOf([...shipped, { name: 'own.cedar', text }]);
const shiftsOf = async (from: ReturnType<typeof setOf>, to: ReturnType<typeof setOf>) =>
  (await differenceOf(from, to, compilePolicies(from)))!.shifts;

test('with more facts at once than any policy has', async () => {
  const many = ['blocked', 'blocked-by-case', 'case-open', 'own-account'];
  const text = `@id("x") @why("y") permit (principal == Role::"auditor", action == Action::"voter.view", resource)
    when { context.flags.containsAll(${JSON.stringify(many)}) };`;
  const shifts = await shiftsOf(setOf(shipped), withOwn(text));
  expect(shifts.map(({ where, facts }) => [where, facts.toSorted()])).toContainEqual(['own', many]);
});

test('outside one’s unit with several', async () => {
  // Another guard of reach, beside which the shipped one says nothing of this act.
  const guards = shipped.map(({ name, text }) => ({
    name,
    text: text.replace(
      'unless { context.flags.contains("emergency") && action in Action::"EmergencyRead" };',
      'unless { action == Action::"voter.view" };',
    ),
  }));
  const guard = (but: string) =>
    `@id("x") @why("y") forbid (principal, action == Action::"voter.view", resource)
     when { context.reach == "outside" } unless { ${but} };`;
  const [from, to] = ['false', 'context.flags.containsAll(["case-open", "blocked"])'].map((but) =>
    setOf([...guards, { name: 'own.cedar', text: guard(but) }]),
  );
  expect(await shiftsOf(from!, to!)).toContainEqual(
    expect.objectContaining({
      becomes: 'permitted',
      where: 'outside',
      facts: expect.arrayContaining(['case-open', 'blocked']),
      roles: expect.arrayContaining(['precinct-member']),
    }),
  );
});

// Threat: one set that asks for every fact of every act would keep the server at it for hours.
test('more than can be compared is not begun', async () => {
  const from = setOf(shipped);
  const every = `@id("x") @why("y") forbid (principal, action, resource)
    when { context.flags.containsAll(${JSON.stringify(flags)}) };`;
  const started = performance.now();
  expect(await differenceOf(from, withOwn(every), compilePolicies(from))).toBeNull();
  const few = ['blocked', 'took-in', 'decided', 'entered', 'frozen', 'closer', 'legal-basis', 'judged'];
  const each = few.map(
    (fact) => `@id("x-${fact}") @why("y") forbid (principal, action, resource)
      when { context.flags.contains("${fact}") && context.reach == "outside" };`,
  );
  expect(await differenceOf(from, withOwn(each.join('\n')), compilePolicies(from))).toBeNull();
  expect(performance.now() - started).toBeLessThan(15_000);
});
