// What a set that was made to deceive would hide: acts that look alike to whoever compares sets, and are decided differently.
import { describe, expect, test } from 'vitest';
import { compilePolicies } from './cedar.ts';
import { differenceOf } from './difference.ts';
import { parsePolicies, readPolicyFiles, schemaName } from './source.ts';

const shipped = readPolicyFiles('policies/access');
const follow =
  'action "application.list", "application.view", "application.attachment" in ["Follow"] appliesTo { principal: [Role], resource: [Record], context: Relation };';

/** The shipped set with `application.view` declared within other groups, and a policy more. */
function withView(groups: string, policy: string, more = '') {
  const files = shipped.map(({ name, text }) => ({
    name,
    text:
      name === schemaName
        ? `${text.replace(follow, `${follow.replace('"application.view", ', '')} ${follow.replace(/action .* in \[.*?\]/, `action "application.view" in ${groups}`)}`)}\n${more}`
        : text,
  }));
  expect(files).not.toEqual(shipped);
  return parsePolicies([...files, { name: 'own.cedar', text: `@id("x") @why("y") ${policy}` }]);
}

test('an act that another belongs to is not taken for its member where a policy names it alone', () => {
  const from = parsePolicies(shipped);
  const to = withView(
    '["Follow", "application.create"]',
    `permit (principal == Role::"auditor", action in Action::"application.create", resource)
     unless { action == Action::"application.create" };`,
  );
  if (from.kind !== 'set' || to.kind !== 'set') throw new Error(JSON.stringify([from, to]));
  const policy = compilePolicies(from.source);
  const { shifts } = differenceOf(from.source, to.source, policy)!;
  policy.release();
  expect(shifts).toContainEqual(
    expect.objectContaining({
      ...{ becomes: 'permitted', by: 'x', where: 'own' },
      ...{ acts: ['application.view'], roles: ['auditor'] },
    }),
  );
});

test('a set with namespaces, through which an act belongs to groups nobody sees, is refused', () => {
  const to = withView(
    '["Follow", Other::Action::"Between"]',
    'forbid (principal, action in Action::"Around", resource) when { context.reach != "own" };',
    'action "Around"; namespace Other { action "Between" in [Action::"Around"]; }',
  );
  expect(to).toEqual({
    kind: 'faults',
    faults: [expect.objectContaining({ file: schemaName, fault: expect.stringMatching(/namespace/) })],
  });
});

describe('a role named only to be left out does not hide for whom something opens', () => {
  test.each([
    'unless { principal == Role::"auditor" }',
    'when { if principal == Role::"auditor" then false else true }',
    'when { (principal == Role::"auditor") == false }',
    'when { [principal == Role::"auditor"].contains(false) }',
    'when { [false].containsAll([principal == Role::"auditor"]) }',
    'when { {one: principal == Role::"auditor"} == {one: false} }',
    'when { context.reach == "own" || principal == Role::"auditor" }',
    'when { principal != Role::"auditor" && context.reach == "own" }',
    'when { !(principal in [Role::"auditor"]) }',
  ])('%s', (but) => {
    const from = parsePolicies(shipped);
    const to = parsePolicies([
      ...shipped,
      {
        name: 'own.cedar',
        text: `@id("x") @why("y") permit (principal, action == Action::"audit.search", resource) ${but};`,
      },
    ]);
    if (from.kind !== 'set' || to.kind !== 'set') throw new Error(JSON.stringify([from, to]));
    const policy = compilePolicies(from.source);
    const { shifts } = differenceOf(from.source, to.source, policy)!;
    policy.release();
    expect(shifts.filter(({ becomes }) => becomes === 'permitted').flatMap(({ roles }) => roles)).toContain(
      'precinct-member',
    );
  });
});
