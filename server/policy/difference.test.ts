// What a change of policies opens is said however many facts it asks for, in one's own unit and outside it.
import { describe, expect, test } from 'vitest';
import type { PolicyFile } from '#server/contract/policies.ts';
import { cpuMs } from '#server/test/cpu-time.ts';
import { compilePolicies } from './cedar.ts';
import { type Bounds, differenceOf } from './difference.ts';
import { flags } from './relation.ts';
import { type PolicySource, parsePolicies, readPolicyFiles } from './source.ts';

const shipped = readPolicyFiles('policies/access');
const setOf = (files: PolicyFile[]) => {
  const parsed = parsePolicies(files);
  if (parsed.kind !== 'set') throw new Error(JSON.stringify(parsed.faults));
  return parsed.source;
};
const withOwn = (text: string) => setOf([...shipped, { name: 'own.cedar', text }]);
const compare = (from: PolicySource, to: PolicySource, bounds?: Bounds) => {
  const policy = compilePolicies(from);
  const difference = differenceOf(from, to, policy, bounds);
  policy.release();
  return difference;
};
const shiftsOf = (from: PolicySource, to: PolicySource) => compare(from, to)!.shifts;

test('with more facts at once than any policy has', () => {
  const many = ['blocked', 'blocked-by-case', 'case-open', 'own-account'];
  const text = `@id("x") @why("y") permit (principal == Role::"auditor", action == Action::"voter.view", resource)
    when { context.flags.containsAll(${JSON.stringify(many)}) };`;
  const shifts = shiftsOf(setOf(shipped), withOwn(text));
  expect(shifts.map(({ where, facts }) => [where, facts.toSorted()])).toContainEqual(['own', many]);
});

test('outside one’s unit with several', () => {
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
  expect(shiftsOf(from!, to!)).toContainEqual(
    expect.objectContaining({
      becomes: 'permitted',
      where: 'outside',
      facts: expect.arrayContaining(['case-open', 'blocked']),
      roles: expect.arrayContaining(['precinct-member']),
    }),
  );
});

describe('what matters only where several things meet', () => {
  const from = setOf(shipped);
  const own = (text: string) => shiftsOf(from, withOwn(`@id("x") @why("y") ${text}`));

  test('two circumstances', () => {
    const shifts =
      own(`forbid (principal == Role::"territorial-admin", action == Action::"application.view", resource)
      when { context.reach == "below" && context.factor == "stale" };`);
    expect(shifts).toEqual([
      {
        becomes: 'denied',
        by: 'x',
        before: 'territory-takes-in',
        where: 'below+stale',
        facts: [],
        roles: ['territorial-admin'],
        acts: ['application.view'],
      },
    ]);
  });

  test('a circumstance and a fact that opens nothing by itself', () => {
    const shifts = own(`permit (principal == Role::"auditor", action == Action::"application.view", resource)
      when { context.reach == "below" && context.flags.contains("assigned") };`);
    expect(shifts).toEqual([
      expect.objectContaining({
        becomes: 'permitted',
        where: 'below',
        facts: ['assigned'],
        roles: ['auditor'],
      }),
    ]);
  });

  test('three circumstances, none of which a guard forbids', () => {
    const shifts = own(`permit (principal == Role::"auditor", action == Action::"session.unlock", resource)
      when { context.locked };
      @id("z") @why("y") forbid (principal, action == Action::"session.unlock", resource)
      when { context.locked && context.stage == "briefing" && context.factor == "recent" };`);
    expect(shifts).toEqual([
      expect.objectContaining({ becomes: 'denied', by: 'z', where: 'briefing+locked+recent', facts: [] }),
    ]);
  });

  test('four of them and more, as far as the bound reaches; where it does not, that is said', () => {
    const facts = ['case-open', 'entered', 'decided', 'frozen', 'closer'];
    const text = `@id("x") @why("y") permit (principal == Role::"auditor", action == Action::"voter.locate", resource);`;
    // All must be there, and no one policy says so.
    const guards = facts.map(
      (
        fact,
        i,
      ) => `@id("g${i}") @why("y") forbid (principal == Role::"auditor", action == Action::"voter.locate", resource)
        unless { context.flags.contains("${fact}") };`,
    );
    const to = withOwn([text, ...guards].join('\n'));
    const whole = compare(from, to)!;
    expect(whole.upTo).toBeNull();
    expect(whole.shifts).toEqual([expect.objectContaining({ facts: expect.arrayContaining(facts) })]);
    const short = compare(from, to, { asked: 60_000, more: 0, looked: 1_000_000 })!;
    expect(short.upTo).toBe(3);
    expect(short.shifts).toEqual([]);
  });

  test('what a standing policy forbids anyway is neither asked nor told', () => {
    const difference = compare(
      from,
      withOwn(
        '@id("x") @why("y") permit (principal == Role::"auditor", action == Action::"voter.locate", resource);',
      ),
    )!;
    expect(difference.shifts).toEqual([
      expect.objectContaining({ becomes: 'permitted', where: 'own', facts: [] }),
    ]);
    expect(difference.compared).toBeLessThan(200);
  });

  test('a guard taken away is told where it stood', () => {
    const less = shipped.map((file) => ({
      ...file,
      text: file.text.replace(/@id\("guard-lock"\)[^;]*;/, ''),
    }));
    const shifts = shiftsOf(from, setOf(less));
    expect(new Set(shifts.map(({ becomes, where, before }) => `${becomes} ${where} ${before}`))).toContain(
      'permitted locked guard-lock',
    );
    // And where the other guards let by, be it for emergency access alone.
    expect(shifts.filter(({ where }) => /unfinished|expired/.test(where))).toEqual([]);
    expect(shifts).toContainEqual(
      expect.objectContaining({ where: 'outside+locked', facts: ['emergency'], by: 'emergency-reads' }),
    );
    // Every act is compared: minutes where the machine is shared.
  }, 240_000);
});

// Threat: one set that asks for every fact of every act would keep the server at it for hours.
test('more than can be compared is not begun', () => {
  const from = setOf(shipped);
  const every = `@id("x") @why("y") forbid (principal, action, resource)
    when { context.flags.containsAll(${JSON.stringify(flags)}) };`;
  const started = cpuMs();
  expect(compare(from, withOwn(every))).toBeNull();
  const few = ['blocked', 'took-in', 'decided', 'entered', 'frozen', 'closer', 'legal-basis', 'judged'];
  const each = few.map(
    (fact) => `@id("x-${fact}") @why("y") forbid (principal, action, resource)
      when { context.flags.contains("${fact}") && context.reach == "outside" };`,
  );
  expect(compare(from, withOwn(each.join('\n')))).toBeNull();
  expect(cpuMs() - started).toBeLessThan(15_000);
});

describe('whoever has no session', () => {
  const from = setOf(shipped);
  const own = (text: string) =>
    shiftsOf(from, withOwn(`@id("x") @why("y") ${text}`)).filter(({ roles }) => roles.includes('none'));

  test('is told of where a guard that held them off is gone: by stage and by clearance, with or without a unit', () => {
    const lifted = shipped.map(({ name, text }) => ({
      name,
      text: text
        .replace(
          'when { context.stage != "open" }',
          'when { context.stage != "open" && context.stage != "none" }',
        )
        .replace(
          'when { context.clearance != "valid" }',
          'when { context.clearance != "valid" && context.stage != "none" }',
        ),
    }));
    const shifts = shiftsOf(from, setOf(lifted));
    expect(shifts).toContainEqual(
      expect.objectContaining({
        becomes: 'permitted',
        where: 'none',
        roles: ['none'],
        acts: expect.arrayContaining(['calendar.view']),
      }),
    );
  }, 240_000);

  test('is told of where what anybody may do is taken from them, and not where nothing changes for them', () => {
    const shifts = own('forbid (principal == Role::"none", action == Action::"status.view", resource);');
    expect(shifts).toEqual([
      expect.objectContaining({
        becomes: 'denied',
        by: 'x',
        acts: ['status.view'],
        roles: ['none'],
        where: 'none',
      }),
    ]);
    expect(own('permit (principal == Role::"none", action == Action::"voter.view", resource);')).toEqual([]);
    expect(own('permit (principal == Role::"auditor", action == Action::"voter.view", resource);')).toEqual(
      [],
    );
  });
});
