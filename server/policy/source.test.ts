// What is wrong with policy files is said with file, line, fault and next step; a set with any fault is no set.
import { describe, expect, test } from 'vitest';
import type { PolicyFile } from '#server/contract/policies.ts';
import { parsePolicies, readPolicyFiles } from './source.ts';

const shipped = readPolicyFiles('policies/access');
const permit = (text: string, when = '') => `@id("a-rule") @why("to try")\n${text}${when};`;
const plain = permit('permit (principal == Role::"auditor", action == Action::"voter.view", resource)');
const faultsOf = (own: string, change: (files: PolicyFile[]) => PolicyFile[] = (files) => files) => {
  const parsed = parsePolicies(change([...shipped, { name: 'own.cedar', text: own }]));
  return parsed.kind === 'faults' ? parsed.faults : [];
};

describe('a set of policies', () => {
  test('as shipped has no fault, and one more policy is no fault either', () => {
    expect(parsePolicies(shipped)).toMatchObject({ kind: 'set' });
    expect(faultsOf(plain)).toEqual([]);
  });

  test.each([
    ['no @id', '\n\npermit (principal, action, resource);', 3, /no @id/],
    ['no @why', '@id("x") permit (principal, action, resource);', 1, /no @why/],
    ['an id of other letters', plain.replace('a-rule', 'A rule'), 1, /is no id/],
    ['an id used before', plain.replace('a-rule', 'guard-reach'), 1, /two policies have the id guard-reach/],
    ['an unknown remedy', `@remedy("wait") ${plain}`, 1, /unknown remedy wait/],
    ['no Cedar', '@id("x")\n@why("y")\nallow (principal, action, resource);', 3, /allow/],
    ['a slot', '@id("x") @why("y")\npermit (principal == ?principal, action, resource);', 1, /slot/],
    ['an act nobody knows', plain.replace('voter.view', 'voter.veiw'), 2, /voter\.veiw/],
    ['a role nobody has', plain.replace('"auditor"', '"auditer"'), 1, /role "auditer" would never hold/],
    [
      'a fact nobody states',
      permit('permit (principal, action, resource)', '\nwhen { context.flags.contains("aproved") }'),
      1,
      /fact "aproved" would never hold/,
    ],
    [
      'a word no relation carries',
      permit('permit (principal, action, resource)', '\nwhen { context.reach == "outsid" }'),
      1,
      /reach "outsid" would never hold/,
    ],
    [
      'an attribute there is not',
      permit('permit (principal, action, resource)', '\nwhen { context.colour == "red" }'),
      3,
      /colour/,
    ],
    [
      'facts compared as a whole',
      permit('permit (principal, action, resource)', '\nwhen { context.flags == ["blocked"] }'),
      1,
      /otherwise than by name/,
    ],
    [
      'facts within other facts',
      permit('permit (principal, action, resource)', '\nwhen { ["blocked"].containsAll(context.flags) }'),
      1,
      /otherwise than by name/,
    ],
    [
      'the context taken round a corner',
      permit(
        'permit (principal, action, resource)',
        '\nwhen { (if context.locked then context else context).flags.contains("blocked") }',
      ),
      1,
      /otherwise than by name/,
    ],
  ])('with %s is refused with its line', (_name, text, line, fault) => {
    const [first] = faultsOf(text);
    expect(first).toMatchObject({ file: 'own.cedar', line, fault: expect.stringMatching(fault) });
    expect(first!.next).not.toBe('');
  });

  // Threat: one text nested or chained deeply enough breaks Cedar, and from then on nothing is decided for anybody.
  test.each([
    ['brackets', '('.repeat(500), ')'.repeat(500)],
    ['sets', '['.repeat(500), '].isEmpty()'.repeat(500)],
    ['conditions', 'if context.locked then '.repeat(1000), ' else false'.repeat(1000)],
    ['conjunctions', 'context.locked && '.repeat(1000), ''],
    ['brackets between texts', '('.repeat(500), ` && "\\"" == ";)" // ;\r${')'.repeat(500)}`],
    ['clauses', `true } ${'when { true '.repeat(1000).replaceAll('true w', 'true } w')}} when { `, ''],
  ])('with too many %s is refused before Cedar sees it, and Cedar still decides', (_name, before, after) => {
    const deep = permit('permit (principal, action, resource)', `\nwhen { ${before}true${after} }`);
    expect(faultsOf(deep)[0]).toMatchObject({
      file: 'own.cedar',
      line: 3,
      fault: 'it is nested or chained too deeply',
    });
    expect(parsePolicies(shipped)).toMatchObject({ kind: 'set' });
  });

  test('an act belongs to every group around it', () => {
    const nested = shipped.map(({ name, text }) => ({
      name,
      text: text.replace('action "Find";', 'action "Wide";\naction "Find" in ["Wide"];'),
    }));
    const own = permit('permit (principal == Role::"auditor", action in Action::"Wide", resource)');
    const parsed = parsePolicies([...nested, { name: 'own.cedar', text: own }]);
    if (parsed.kind !== 'set') throw new Error(JSON.stringify(parsed.faults));
    expect(parsed.source.rules.find(({ id }) => id === 'a-rule')!.acts).toContain('voter.view');
  });

  test('without its schema, with a file of another name, or with two of one name is refused', () => {
    expect(faultsOf(plain, (files) => files.filter(({ name }) => name.endsWith('.cedar')))[0]).toMatchObject({
      file: 'kuzot.cedarschema',
      fault: 'the schema is missing',
    });
    const other = { name: '../evil.cedar', text: '' };
    expect(faultsOf(plain, (files) => [...files, other])[0]).toMatchObject({ file: '../evil.cedar' });
    expect(faultsOf(plain, (files) => [...files, files[0]!])[0]!.fault).toBe('two files have this name');
  });

  test('whose schema misses an act, or names one of no catalogue, is refused, unless it is of an earlier release', () => {
    const without = (files: PolicyFile[]) =>
      files.map((file) => ({ ...file, text: file.text.replace('"purpose.list", ', '"purpose.lost", ') }));
    const faults = faultsOf(plain, without).map(({ fault }) => fault);
    expect(faults).toContain('the act purpose.list is missing');
    expect(faults).toContain('purpose.lost is no act of the catalogue');
    expect(parsePolicies(without([...shipped]), false)).toMatchObject({ kind: 'set' });
  });
});
